import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { HOSTILE_TEXTS, isInertLine } from './hostile-texts.ts';
import { run } from './run.ts';

describe('the command line', () => {
  it('shows its commands, flags and exit codes', async () => {
    const { code, stdout } = await run(['--help']);
    assert.equal(code, 0);
    for (const word of [
      'init',
      'testnet',
      'devnet',
      'keys',
      'config',
      'verify',
      '--home',
      '--rpc',
      '--token-file',
      '--json',
      'Exit codes',
    ]) {
      assert.ok(stdout.includes(word), word);
    }
  });

  it('shows examples in the help of a command', async () => {
    const { code, stdout } = await run(['devnet', '--help']);
    assert.equal(code, 0);
    assert.match(stdout, /Examples:\n {2}pheme devnet/);
  });

  it('shows examples in the help of every command', async () => {
    const lines = (await run(['completion', 'bash'])).stdout.split('\n');
    const commands = lines.find((line) => /^ {6}'review'\|/.test(line))!.match(/'[^']+'/g)!;
    assert.ok(commands.length > 25);
    for (const command of commands) {
      const words = command.slice(1, -1).split(' ');
      const { stdout } = await run([...words, '--help']);
      assert.match(stdout, /Examples:\n {2}\S/, words.join(' '));
    }
  });

  const WRONG: [name: string, args: string[], message: RegExp][] = [
    ['no command', [], /Usage: pheme/],
    ['a mistyped command', ['verfy', 'x'], /unknown command 'verfy'[\s\S]*Did you mean verify\?/],
    ['a mistyped flag', ['version', '--jsn'], /unknown option '--jsn'[\s\S]*Did you mean --json\?/],
    ['a missing argument', ['verify'], /missing required argument 'result'/],
    ['too many arguments', ['version', 'x'], /too many arguments/],
    ['a wrong number', ['devnet', '--validators', 'four'], /Give a whole number from 1 to 256/],
    ['a port out of range', ['devnet', '--base-port', '70000'], /Give a whole number from 1 to 65535/],
    ['a wrong choice', ['verify', 'x', '--require', 'anything'], /Allowed choices are approved/],
    ['flags that exclude each other', ['verify', 'x', '--task', 'a', '--diff', 'b'], /cannot be used with/],
    ['an unknown log level', ['version', '--log-level', 'loud'], /Allowed choices are/],
    ['a mistyped choice', ['version', '--log-level', 'wran'], /Allowed choices are .*\. Did you mean warn\?/],
    ['a diff behind a list of files', ['review', '--files', 'a', 'b', 'my.diff'], /too many arguments/],
  ];
  for (const [name, args, message] of WRONG) {
    it(`refuses ${name} with exit code 2`, async () => {
      const { code, stdout, stderr } = await run(args);
      assert.equal(code, 2);
      assert.match(stderr, message);
      assert.equal(stdout, '');
    });
  }

  it('shows a hostile argument inert', async () => {
    for (const text of Object.values(HOSTILE_TEXTS)) {
      const { stderr } = await run([`x${text}`]);
      for (const line of stderr.split('\n')) assert.ok(isInertLine(line), JSON.stringify(line));
    }
  });

  it('gives versions as text and as JSON', async () => {
    assert.match((await run(['version'])).stdout, /^pheme \d+\.\d+\.\d+ \(protocol \d+, Node\.js \d+/);
    const versions = JSON.parse((await run(['version', '--json'])).stdout) as Record<string, unknown>;
    assert.deepEqual(Object.keys(versions), ['pheme', 'protocol', 'node']);
  });

  it('gives an error as JSON where JSON is asked for', async () => {
    const { code, stdout } = await run(['config', 'check', '--json', '--home', '/nonexistent']);
    assert.equal(code, 2);
    assert.equal((JSON.parse(stdout) as { error: { code: string } }).error.code, 'NO_GENESIS');
  });
});

describe('the entry', () => {
  it('says in one line that Node.js is too old, before it imports anything', async () => {
    const entry = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
    const pretend = `Object.defineProperty(process.versions, 'node', { value: '20.20.2' });`;
    const args = ['--import', `data:text/javascript,${encodeURIComponent(pretend)}`, entry, 'version'];
    const error = await promisify(execFile)(process.execPath, args).then(
      () => assert.fail('it ran'),
      (failure: { code: number; stdout: string; stderr: string }) => failure,
    );
    assert.equal(error.code, 2);
    assert.match(error.stderr, /^pheme needs Node\.js 22\.12 or newer, this is 20\.20\.2: .*\n$/);
    assert.equal(error.stdout, '');
  });
});

describe('a hostile working directory', () => {
  let folder: string;
  const original = process.cwd();

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pheme-hostile-'));
    const settings =
      'PHEME_RPC_PORT=6666\nPHEME_HOME=./evil\nVALIDATOR_ENDPOINT=http://127.0.0.1:6666\nOPENAI_API_KEY=sk-evil\n';
    await writeFile(join(folder, '.env'), settings);
    for (const name of ['validator.yml', 'worker.yml', '.pheme.yml'])
      await writeFile(join(folder, name), 'rpc: { port: 6666 }\n');
    await writeFile(join(folder, '.phemerc'), '{"rpc": {"port": 6666}}');
    await writeFile(join(folder, 'package.json'), '{"pheme": {"rpc": {"port": 6666}}}');
    await mkdir(join(folder, '.pheme'));
    await writeFile(join(folder, '.pheme', 'validator.yml'), 'rpc: { port: 6666 }\n');
    await writeFile(join(folder, 'genesis.json'), '{}');
    process.chdir(folder);
  });

  after(async () => {
    process.chdir(original);
    await rm(folder, { recursive: true });
  });

  it('sets nothing', async () => {
    const { code, stdout } = await run(['config', 'show', '--json'], { env: { PHEME_HOME: join(folder, 'empty') } });
    assert.equal(code, 0);
    assert.ok(!stdout.includes('6666') && !stdout.includes('sk-evil'), stdout);
    const { origins } = JSON.parse(stdout) as { origins: Record<string, { source: string }> };
    assert.deepEqual([...new Set(Object.values(origins).map(({ source }) => source))], ['default']);
  });

  it('gives no genesis to verify against', async () => {
    await writeFile('result.json', '{}');
    const { code, stderr } = await run(['verify', 'result.json'], { env: { PHEME_HOME: join(folder, 'empty') } });
    assert.equal(code, 2);
    assert.match(stderr, /--network FILE/);
  });
});
