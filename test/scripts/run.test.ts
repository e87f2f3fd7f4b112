import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, realpath, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exitCodeOf, textOf } from '../../scripts/processes.ts';

const GUARD = fileURLToPath(new URL('../../scripts/run.mjs', import.meta.url));

/** Stands in for npm: installs a Node.js and a compiler that say when they are used. */
const FAKE_NPM = `
const { appendFileSync, chmodSync, mkdirSync, symlinkSync, writeFileSync } = require('node:fs');
appendFileSync('calls', 'npm ' + process.argv.slice(2).join(' ') + '\\n');
console.log('noise of npm');
if (process.env.REGISTRY_DOWN) process.exit(1);
mkdirSync('node_modules/.bin', { recursive: true });
mkdirSync('node_modules/typescript/bin', { recursive: true });
symlinkSync(process.execPath, 'node_modules/.bin/node');
const tsc = "require('node:fs').appendFileSync('calls', 'tsc\\\\n'); require('node:fs').mkdirSync('dist', { recursive: true });"
  + "if (process.env.TYPE_ERROR) process.exit(2);";
writeFileSync('node_modules/typescript/bin/tsc', tsc);
mkdirSync('node_modules/vite/bin', { recursive: true });
writeFileSync('node_modules/vite/bin/vite.js', "require('node:fs').appendFileSync('calls', 'vite\\\\n');");
writeFileSync('node_modules/.package-lock.json', '{}');
`;

describe('the guard of npm scripts', function () {
  this.timeout(20_000);
  let root: string;

  beforeEach(async () => {
    root = await realpath(await mkdtemp(join(tmpdir(), 'pheme-run-')));
    for (const folder of ['scripts', 'src', 'elsewhere']) await mkdir(join(root, folder));
    await copyFile(GUARD, join(root, 'scripts', 'run.mjs'));
    await writeFile(join(root, 'npm.js'), FAKE_NPM);
    for (const file of ['package.json', 'package-lock.json', 'tsconfig.json', 'src/a.ts'])
      await writeFile(join(root, file), '{}');
  });

  afterEach(() => rm(root, { recursive: true }));

  function start(args: string[], env: Record<string, string> = {}): ChildProcess {
    const settings = { ...process.env, npm_execpath: join(root, 'npm.js'), INIT_CWD: join(root, 'elsewhere'), ...env };
    return spawn(process.execPath, [join(root, 'scripts', 'run.mjs'), ...args], {
      cwd: root,
      env: settings,
      stdio: 'pipe',
    });
  }

  async function run(args: string[], env: Record<string, string> = {}, input = '') {
    const child = start(args, env);
    child.stdin?.end(input);
    const [stdout, stderr, code] = await Promise.all([textOf(child.stdout!), textOf(child.stderr!), exitCodeOf(child)]);
    return { stdout, stderr, code };
  }

  const calls = () => readFile(join(root, 'calls'), 'utf8').catch(() => '');
  const touch = (file: string, seconds: number) =>
    utimes(join(root, file), Date.now() / 1000 + seconds, Date.now() / 1000 + seconds);

  it('installs and builds on a fresh clone, says so on standard error, and only then runs', async () => {
    const { stdout, stderr, code } = await run(['node', '-p', '6 * 7']);
    assert.deepEqual([stdout, code], ['42\n', 0]);
    assert.equal(await calls(), 'npm ci --include=dev --no-audit --no-fund --loglevel=error\ntsc\nvite\n');
    assert.match(
      stderr,
      /node_modules is missing: installing with npm ci\nnoise of npm\npheme: dist is missing: building/,
    );
  });

  it('does neither the second time, and each again when its inputs are newer', async () => {
    await run(['true']);
    await run(['true']);
    assert.equal((await calls()).split('\n').length, 4);
    await touch('src/a.ts', 60);
    assert.match((await run(['true'])).stderr, /src is newer than dist/);
    await touch('package-lock.json', 60);
    assert.match((await run(['true'])).stderr, /package-lock\.json is newer than node_modules/);
  });

  it('builds again when a source was removed', async () => {
    await writeFile(join(root, 'src', 'b.ts'), '');
    await run(['true']);
    await rm(join(root, 'src', 'b.ts'));
    await touch('src', 60);
    assert.match((await run(['true'])).stderr, /src is newer than dist/);
  });

  it('runs the repository’s own Node.js first on the PATH', async () => {
    const { stdout } = await run(['sh', '-c', 'command -v node']);
    assert.equal(stdout.trim(), join(root, 'node_modules', '.bin', 'node'));
  });

  it('says that the registry failed, exits 2 and runs nothing', async () => {
    const { stdout, stderr, code } = await run(['echo', 'ran'], { REGISTRY_DOWN: '1' });
    assert.deepEqual([stdout, code], ['', 2]);
    assert.match(stderr, /npm ci failed \(exit 1\): is the package registry reachable\?/);
  });

  it('does not take a build with errors for one', async () => {
    assert.equal((await run(['true'], { TYPE_ERROR: '1' })).code, 1);
    assert.match((await run(['true'])).stderr, /building with tsc/);
  });

  it('passes arguments, standard input and the exit code through', async () => {
    const { stdout, code } = await run(
      ['sh', '-c', 'cat; printf "[%s]" "$@"; exit 7', 'sh', 'a b', '', '$x'],
      {},
      'piped ',
    );
    assert.deepEqual([stdout, code], ['piped [a b][][$x]', 7]);
  });

  it('runs in the repository, or in the caller’s folder with the repository’s script', async () => {
    await writeFile(join(root, 'scripts', 'where.js'), 'console.log(process.cwd())');
    assert.equal((await run(['pwd'])).stdout.trim(), root);
    assert.equal((await run(['--caller-folder', 'node', 'scripts/where.js'])).stdout.trim(), join(root, 'elsewhere'));
  });

  it('hands signals on and ends as the command ends', async () => {
    await run(['true']);
    await writeFile(
      join(root, 'wait.js'),
      "process.on('SIGTERM', () => process.exit(9)); setInterval(() => {}, 1000); console.log('up');",
    );
    const child = start(['node', 'wait.js']);
    await new Promise((done) => child.stdout?.once('data', done));
    child.kill('SIGTERM');
    assert.equal(await exitCodeOf(child), 9);
  });

  it('says what it cannot run', async () => {
    const { stderr, code } = await run(['no-such-command']);
    assert.equal(code, 127);
    assert.match(stderr, /cannot run no-such-command/);
  });

  it('asks for usage without a command', async () => {
    assert.equal((await run([])).code, 2);
  });
});
