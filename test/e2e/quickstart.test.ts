import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { cleanEnvironment, exitCodeOf, textOf, until } from '../../scripts/processes.ts';
import { processesMentioning } from './processes.ts';
import { sample } from './tasks.ts';

const SCRIPT = fileURLToPath(new URL('../../scripts/quickstart.ts', import.meta.url));

describe('quickstart', function () {
  this.timeout(60_000);
  let child: ChildProcess | undefined;

  function start(args: string[], input: string | undefined): ChildProcess {
    const env = { ...cleanEnvironment(), OPENAI_API_KEY: 'sk-not-used', INIT_CWD: process.cwd() };
    child = spawn(process.execPath, [SCRIPT, ...args], {
      env,
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    child.stdin?.end(input);
    return child;
  }

  async function finished(run: ChildProcess) {
    const [stdout, stderr, code] = await Promise.all([textOf(run.stdout!), textOf(run.stderr!), exitCodeOf(run)]);
    return { stdout, stderr, code };
  }

  afterEach(() => {
    if (child?.exitCode === null) child.kill('SIGKILL');
  });

  it('judges the diff that is piped in, shows every judgement, verifies offline and leaves nothing behind', async () => {
    const { code, stdout, stderr } = await finished(start([], await sample('tidy-fix.diff')));
    assert.equal(code, 0, stdout + stderr);
    const judged = stdout.match(/^validator \d \(\w+\) {2}embedded:(?:rules|flow|tokens|profile) {2}approves/gm) ?? [];
    // On a busy machine the network does not wait for the slowest.
    assert.ok(judged.length >= 3 && new Set(judged).size === judged.length, stdout);
    assert.match(stdout, /^agreed {4}APPROVED/m);
    assert.match(stdout, /^authentic\n\nverified offline, /m);
    const directory = /\S*pheme-quickstart-\w+/.exec(stdout)![0];
    assert.deepEqual(await processesMentioning(directory), []);
  });

  it('says what is wrong with a diff before it starts anything', async () => {
    const { code, stdout, stderr } = await finished(start([], 'this is no diff\n'));
    assert.equal(code, 2);
    assert.match(stderr, /no hunk with a changed line found/);
    assert.ok(!stdout.includes('validators, each a process'));
  });

  it('stops everything when it is interrupted', async () => {
    const run = start([], undefined);
    let shown = '';
    run.stdout?.on('data', (text: Buffer) => {
      shown += text.toString('utf8');
    });
    run.stderr?.resume();
    await until(() => /^validator 3 {2}http/m.test(shown) || run.exitCode !== null);
    const directory = /\S*pheme-quickstart-\w+/.exec(shown)![0];
    assert.ok((await processesMentioning(directory)).length > 0);
    run.kill('SIGINT');
    assert.equal(await exitCodeOf(run), 130);
    assert.deepEqual(await processesMentioning(directory), []);
  });
});
