/**
 * Runs a command with what this repository pins: `node scripts/run.mjs [--caller-folder] COMMAND [ARGUMENT...]`.
 *
 * Installs the npm packages when they are missing or older than the lock file, builds dist/ when a source is newer,
 * then starts the command with the repository's own Node.js first on the PATH. Standard input, arguments, signals and
 * the exit code pass through; whatever this guard itself has to say goes to standard error.
 *
 * It is the entry of `npm test` and the like on a fresh clone, so it must run on any Node.js from 18 on, without packages.
 * One process spawns everything: a shell would remember where it found `node` before the installation.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = resolve(fileURLToPath(import.meta.url), '../..');
const MODULES = join(ROOT, 'node_modules');
const BINARIES = join(MODULES, '.bin');
/** npm writes this file last: without it an installation was cut short. */
const INSTALLED = join(MODULES, '.package-lock.json');
/** Outside dist/, so that it is never packed; written only after a build without errors. */
const BUILT = join(MODULES, '.cache', 'pheme', 'built');
/** What the build reads. */
const BUILD_INPUTS = ['src', 'tsconfig.json', 'package.json'];
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

const args = process.argv.slice(2);
const inCallerFolder = args[0] === '--caller-folder';
const [command, ...rest] = inCallerFolder ? args.slice(1) : args;

if (command === undefined) {
  fail('usage: node scripts/run.mjs [--caller-folder] COMMAND [ARGUMENT...]', 2);
} else {
  await install();
  await build();
  await finish();
}

async function install() {
  const reason = staleReason(INSTALLED, ['package-lock.json'], 'node_modules');
  if (reason === undefined) return;
  say(`${reason}: installing with npm ci`);
  // npm_execpath is the npm that runs this script; development packages bring Node.js and the compiler.
  const npm = process.env.npm_execpath;
  // Without the warnings that the installing Node.js is older than the one being installed.
  const ci = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const code = npm?.endsWith('.js') ? await run(process.execPath, [npm, ...ci]) : await run('npm', ci);
  if (code !== 0) {
    fail(
      `npm ci failed (exit ${code}): is the package registry reachable? See npm's message above; \`npm config get registry\` names the registry`,
      2,
    );
  }
  if (!existsSync(join(BINARIES, 'node'))) {
    fail(
      'npm ci left out the pinned Node.js (package "node"): allow its install script, e.g. `npm config delete ignore-scripts`',
      2,
    );
  }
}

async function build() {
  const reason =
    staleReason(BUILT, BUILD_INPUTS, 'dist') ?? (existsSync(join(ROOT, 'dist')) ? undefined : 'dist is missing');
  if (reason === undefined) return;
  say(`${reason}: building with tsc and vite`);
  const startedAt = new Date();
  const dashboard = ['build', '--config', join(ROOT, 'src', 'dashboard', 'vite.config.ts')];
  await make([join(MODULES, 'typescript', 'bin', 'tsc'), '-p', ROOT]);
  await make([join(MODULES, 'vite', 'bin', 'vite.js'), ...dashboard]);
  mkdirSync(join(BUILT, '..'), { recursive: true });
  writeFileSync(BUILT, '');
  utimesSync(BUILT, startedAt, startedAt); // a source saved during the build is newer than it
}

async function make(programAndArgs) {
  const code = await run(join(BINARIES, 'node'), programAndArgs);
  if (code !== 0) fail(`the build failed (exit ${code}); the compiler's messages are above`, 1);
}

async function finish() {
  const cwd = inCallerFolder ? (process.env.INIT_CWD ?? process.cwd()) : ROOT;
  const given = inCallerFolder ? rest.map(rooted) : rest;
  process.exitCode = await run(command, given, ['inherit', 'inherit', 'inherit'], cwd);
}

/** The repository's own script stays itself when the command runs in another folder. */
function rooted(argument, position) {
  return position === 0 && /^(?:dist|scripts)\//.test(argument) ? join(ROOT, argument) : argument;
}

/** Why `product` must be made anew from `inputs`, or undefined. */
function staleReason(product, inputs, name) {
  if (!existsSync(product)) return `${name} is missing`;
  const madeAt = statSync(product).mtimeMs;
  const newer = inputs.find((input) => newestMs(join(ROOT, input)) > madeAt);
  return newer === undefined ? undefined : `${newer} is newer than ${name}`;
}

/** Latest modification under a path, in Unix milliseconds; folders count, since a deleted file shows only there. */
function newestMs(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return readdirSync(path).reduce((newest, entry) => Math.max(newest, newestMs(join(path, entry))), stat.mtimeMs);
}

/** Runs a program to its end and gives its exit code; by default its output goes to standard error. */
function run(program, programArgs, stdio = ['ignore', 2, 2], cwd = ROOT) {
  const env = { ...process.env, PATH: `${BINARIES}${delimiter}${process.env.PATH ?? ''}` };
  return new Promise((done) => {
    const child = spawn(program, programArgs, { cwd, env, stdio });
    const forward = (signal) => child.kill(signal);
    for (const signal of SIGNALS) process.on(signal, forward);
    const end = (code) => {
      for (const signal of SIGNALS) process.off(signal, forward);
      done(code);
    };
    child.once('error', (error) => {
      say(`cannot run ${program}: ${error.message}`);
      end(127);
    });
    // A shell's convention for a command that a signal ended.
    child.once('exit', (code, signal) => end(code ?? 128 + (constants.signals[signal] ?? 0)));
  });
}

function say(text) {
  process.stderr.write(`pheme: ${text}\n`);
}

function fail(text, code) {
  say(text);
  process.exit(code);
}
