import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { LocalDevnet } from '../../scripts/local-devnet.ts';
import { cleanEnvironment, exitCodeOf, PHEME, pheme, textOf } from '../../scripts/processes.ts';
import type { ConsensusResult } from '../../src/protocol/consensus-result.ts';
import { systemProgram } from '../system-programs.ts';

const SAFE = [
  '/** Formats cents as an amount with two decimals. */',
  'function formatMoney(cents) {',
  '  return (cents / 100).toFixed(2);',
  '}',
  '',
  'module.exports = { formatMoney };',
  '',
].join('\n');
const TIDY = SAFE.replace(
  '(cents) {',
  "(cents) {\n  if (!Number.isInteger(cents)) throw new TypeError('whole cents only');",
);
const PLANTED = [
  "const { exec } = require('node:child_process');",
  '',
  'module.exports = (app) => {',
  "  app.get('/ping', (req, res) => {",
  "    exec('ping -c 1 ' + req.query.host, (error, stdout) => res.send(stdout));",
  '  });',
  '};',
  '',
].join('\n');

describe('a merge gate in a git repository', function () {
  this.timeout(90_000);
  let devnet: LocalDevnet;
  let folder: string;
  let work: string;

  before(async function () {
    systemProgram(this, 'git');
    devnet = await LocalDevnet.start();
    folder = await mkdtemp(join(tmpdir(), 'pheme-gate-'));
    work = join(folder, 'work');
    await mkdir(join(folder, 'bin'));
    await writeFile(join(folder, 'bin', 'pheme'), `#!/bin/sh\nexec '${process.execPath}' '${PHEME}' "$@"\n`);
    await chmod(join(folder, 'bin', 'pheme'), 0o755);
    await promisify(execFile)('git', ['init', '--quiet', '--bare', join(folder, 'remote.git')]);
    await promisify(execFile)('git', ['init', '--quiet', '--initial-branch=main', work]);
    await git('remote', 'add', 'origin', join(folder, 'remote.git'));
    await commit('src/money.js', SAFE);
    await git('push', '--quiet', 'origin', 'main'); // the state before the gate
    const hooked = await pheme(['hook', 'install', work]);
    assert.equal(hooked.code, 0, hooked.stderr);
  });
  after(async () => {
    await devnet?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  async function run(args: readonly string[], env: Record<string, string> = {}) {
    const { home } = devnet.validators[0]!;
    const identity = ['-c', 'user.name=test', '-c', 'user.email=test@example.org'];
    const child = spawn('git', [...identity, ...args], {
      cwd: work,
      env: {
        ...cleanEnvironment(),
        GIT_CONFIG_GLOBAL: '/dev/null',
        PATH: `${join(folder, 'bin')}:${process.env['PATH']}`,
        PHEME_HOME: home,
        ...env,
      },
    });
    child.stdin.end();
    const [stdout, stderr, code] = await Promise.all([textOf(child.stdout), textOf(child.stderr), exitCodeOf(child)]);
    return { code, stdout: stdout.trim(), stderr };
  }

  async function git(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await run(args);
    assert.equal(code, 0, stderr);
    return stdout;
  }

  async function commit(path: string, text: string): Promise<string> {
    await mkdir(join(work, path, '..'), { recursive: true });
    await writeFile(join(work, path), text);
    await git('add', path);
    await git('commit', '--quiet', '-m', `change ${path}`);
    return git('rev-parse', 'HEAD');
  }

  const remoteHead = async () => (await git('ls-remote', 'origin', 'refs/heads/main')).slice(0, 40);

  it('stops the push of a planted vulnerability, and lets its fix pass', async () => {
    const start = await remoteHead();
    await commit('src/ping.js', PLANTED);
    const stopped = await run(['push', 'origin', 'main']);
    assert.equal(stopped.code, 1, stopped.stderr);
    assert.match(stopped.stderr, /src\/ping\.js:5 {2}error/);
    assert.match(stopped.stderr, /is stopped \(exit code 1\)/);
    assert.equal(await remoteHead(), start);

    await git('rm', '--quiet', 'src/ping.js');
    const fixed = await commit('src/money.js', TIDY);
    const passed = await run(['push', 'origin', 'main']);
    assert.equal(passed.code, 0, passed.stderr);
    assert.match(passed.stderr, /agreed {4}APPROVED/);
    assert.equal(await remoteHead(), fixed);
  });

  it('stops what could not be judged, unless told to let it pass', async () => {
    await commit('notes.txt', `${Date.now()}\n`);
    const nobody = { VALIDATOR_ENDPOINT: 'http://127.0.0.1:9' };
    const stopped = await run(['push', 'origin', 'main'], nobody);
    assert.equal(stopped.code, 1, stopped.stderr);
    assert.match(stopped.stderr, /is stopped \(exit code 3\)/);
    const allowed = await run(['push', 'origin', 'main'], { ...nobody, PHEME_HOOK_ALLOW_INCONCLUSIVE: '1' });
    assert.equal(allowed.code, 0, allowed.stderr);
    assert.match(allowed.stderr, /was NOT judged/);
  });

  it('binds a result to its commit, and refuses it for another', async () => {
    const [head, before] = [await git('rev-parse', 'HEAD~1'), await git('rev-parse', 'HEAD~3')];
    const diff = join(folder, 'change.diff');
    await writeFile(diff, `${await git('diff', before, head)}\n`);
    const reviewed = await devnet.pheme(0, ['review', diff, '--head-sha', head, '--json']);
    const { approved } = JSON.parse(reviewed.stdout) as ConsensusResult;
    assert.equal(approved, true, reviewed.stderr);
    const check = (sha: string) =>
      pheme(['verify', '-', '--network', devnet.genesis, '--diff', diff, '--head-sha', sha, '--require', 'approved'], {
        input: reviewed.stdout,
      });
    assert.equal((await check(head)).code, 0);
    assert.equal((await check(before)).code, 1);
    const other = await devnet.pheme(0, ['review', '--git', `${before}..${head}`, '--head-sha', before], { cwd: work });
    assert.equal(other.code, 2);
    assert.match(other.stderr, /--head-sha says/);
  });

  it('escalates a decided task as a new one', async () => {
    const head = await git('rev-parse', 'HEAD~1');
    const first = await devnet.pheme(0, ['review', '--git', `HEAD~3..${head}`, '--json'], { cwd: work });
    assert.equal(first.code, 0, first.stderr);
    const { taskId } = JSON.parse(first.stdout) as ConsensusResult;
    const again = await devnet.pheme(1, ['escalate', taskId, '--reason', 'a second look', '--json']);
    assert.equal(again.code, first.code, again.stderr);
    const second = JSON.parse(again.stdout) as ConsensusResult;
    assert.notEqual(second.taskId, taskId);
    const held = await devnet.call<{ task: { escalates: unknown } }>(1, 'pheme_getTask', { taskId: second.taskId });
    assert.deepEqual(held.task.escalates, { taskId, reason: 'a second look' });
    const [forth, back] = [await devnet.pheme(2, ['result', second.taskId]), await devnet.pheme(2, ['result', taskId])];
    assert.match(forth.stdout, new RegExp(`^linked {4}escalates task ${taskId}: a second look`, 'm'));
    assert.match(back.stdout, new RegExp(`^linked {4}was asked again by task ${second.taskId}`, 'm'));
    const told = await devnet.pheme(3, ['explain', taskId]);
    assert.match(told.stdout, new RegExp(`was asked again by task ${second.taskId}`));
  });

  it('writes the attestation of a review as export does', async () => {
    const args = ['review', '--git', 'HEAD~3..HEAD~1', '--style', '--format', 'dsse'];
    const reviewed = await devnet.pheme(0, args, { cwd: work });
    assert.equal(reviewed.code, 0, reviewed.stderr);
    const envelope = JSON.parse(reviewed.stdout) as { payload: string; signatures: unknown[] };
    assert.ok(envelope.signatures.length >= 3);
    const result = await devnet.pheme(0, [...args.slice(0, -2), '--json'], { cwd: work });
    const { taskId } = JSON.parse(result.stdout) as ConsensusResult;
    const exported = await devnet.pheme(1, ['export', taskId, '--format', 'dsse']);
    assert.equal((JSON.parse(exported.stdout) as { payload: string }).payload, envelope.payload);
  });

  it('leaves files out only where told to, and says so', async () => {
    const ran = await devnet.pheme(0, ['review', '--git', 'HEAD~3..HEAD', '--exclude', '*.txt', '--format', 'sarif'], {
      cwd: work,
    });
    assert.match(ran.stderr, /not covered by the verdict: 1 files: notes\.txt/);
    assert.match(ran.stdout, /"version":"2\.1\.0"/);
    const nothing = await devnet.pheme(0, ['review', '--git', 'HEAD~3..HEAD', '--include', 'no/such'], { cwd: work });
    assert.equal(nothing.code, 3, nothing.stderr);
  });
});
