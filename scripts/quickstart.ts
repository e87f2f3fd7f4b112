/**
 * `npm run quickstart [-- my.diff]`: four validator processes on loopback judge a real diff and agree on one signed
 * verdict, which is then verified with the network stopped. The diff is the given file, else what is piped in, else a sample.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createReviewTask } from '../src/node/review-task.ts';
import { pipedInput } from './piped-input.ts';
import { cleanEnvironment, exitCodeOf, freeBasePort, PHEME, textOf, untilPrints } from './processes.ts';

const VALIDATORS = 4;
const SAMPLE = fileURLToPath(new URL('samples/sql-injection.diff', import.meta.url));

/** Ends the run with an exit code; what went wrong has been said. */
class Stopped extends Error {
  readonly code: number;
  constructor(code: number) {
    super(`exit code ${code}`);
    this.code = code;
  }
}

const children = new Set<ChildProcess>();
let interruptedBy: NodeJS.Signals | undefined;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    interruptedBy ??= signal;
    for (const child of children) child.kill(signal);
  });
}

const { values, positionals } = parseArgs({ options: { model: { type: 'string' } }, allowPositionals: true });
const startedMs = performance.now();
const directory = await mkdtemp(join(tmpdir(), 'pheme-quickstart-'));
try {
  await quickstart(positionals[0], values.model);
} catch (error) {
  if (!(error instanceof Stopped)) throw error;
  process.exitCode = error.code;
} finally {
  await rm(directory, { recursive: true, force: true });
}
if (interruptedBy !== undefined) process.exitCode = 128 + constants.signals[interruptedBy];

async function quickstart(file: string | undefined, model: string | undefined): Promise<void> {
  const diff = await chooseDiff(file);
  await assertJudgeable(diff);
  const resultPath = join(directory, 'result.json');
  const genesisPath = join(directory, 'net', 'genesis.json');
  const stopNetwork = await startNetwork(model);
  try {
    await judge(diff, resultPath);
  } finally {
    await stopNetwork();
  }
  title('The network is stopped. Anybody can verify its result with the genesis file alone:');
  await show(['verify', resultPath, '--network', genesisPath, '--diff', diff], [0]);
  console.log(`\nverified offline, ${((performance.now() - startedMs) / 1000).toFixed(1)} s in all`);
}

async function chooseDiff(file: string | undefined): Promise<string> {
  // npm runs scripts in the package's folder and tells where it was called.
  if (file !== undefined && file !== '-') return resolve(process.env['INIT_CWD'] ?? '.', file);
  const piped = await pipedInput();
  if (piped === undefined) {
    console.log(`Reviewing the sample ${SAMPLE}; give your own: npm run quickstart -- my.diff`);
    return SAMPLE;
  }
  const path = join(directory, 'input.diff');
  await writeFile(path, piped);
  return path;
}

/** Says what is wrong with a diff before anything is started. */
async function assertJudgeable(path: string): Promise<void> {
  try {
    createReviewTask({ diff: await readFile(path, 'utf8') });
  } catch (error) {
    console.error(`cannot review ${path}: ${(error as Error).message}`);
    throw new Stopped(2);
  }
}

/** Starts the validators; the returned function stops them and resolves when no process is left. */
async function startNetwork(model: string | undefined): Promise<() => Promise<void>> {
  title(`${VALIDATORS} validators, each a process with a model of its own:`);
  const basePort = await freeBasePort(2 * VALIDATORS);
  const args = [
    'devnet',
    '--home',
    join(directory, 'net'),
    '--validators',
    String(VALIDATORS),
    '--base-port',
    String(basePort),
    '--until-eof',
  ];
  const network = start(
    model === undefined ? args : [...args, '--model', model],
    ['pipe', 'pipe', 'inherit'],
    model !== undefined,
  );
  const stop = async () => {
    network.kill('SIGTERM');
    await exitCodeOf(network);
  };
  network.stdout?.pipe(process.stdout, { end: false });
  const ready = await untilPrints(network, 'ready');
  if (!ready || interruptedBy !== undefined) {
    await stop();
    throw new Stopped(network.exitCode || 3);
  }
  return stop;
}

/** Has the network review the diff, shows what it says, and keeps its result in a file. */
async function judge(diff: string, resultPath: string): Promise<void> {
  const home = ['--home', join(directory, 'net', 'validator-0')];
  title('Every validator judges the diff on its own, commits, reveals, and votes:');
  await show(['review', diff, ...home], [0, 1, 3]);
  const listed = await output(['results', '--limit', '1', '--json', ...home]);
  const { results } = JSON.parse(listed) as { results: { taskId: string }[] };
  if (results[0] === undefined) throw new Stopped(3);
  await writeFile(resultPath, await output(['result', results[0].taskId, '--json', ...home]));
}

/** Runs a command that prints to this terminal. */
async function show(args: string[], expected: readonly number[]): Promise<void> {
  const code = await exitCodeOf(start(args, ['ignore', 'inherit', 'inherit']));
  if (!expected.includes(code) || interruptedBy !== undefined) throw new Stopped(code);
}

/** Runs a command and gives its standard output. */
async function output(args: string[]): Promise<string> {
  const child = start(args, ['ignore', 'pipe', 'inherit']);
  const [text, code] = await Promise.all([textOf(child.stdout!), exitCodeOf(child)]);
  if (text === '') throw new Stopped(code);
  return text;
}

/** A key in the environment is used only where a model is named. */
function start(args: string[], stdio: ('ignore' | 'inherit' | 'pipe')[], withModelAccess = false): ChildProcess {
  const env = withModelAccess ? process.env : cleanEnvironment();
  const child = spawn(process.execPath, [PHEME, ...args], { env, stdio });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

function title(text: string): void {
  console.log(`\n${text}\n`);
}
