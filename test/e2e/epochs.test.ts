import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LocalDevnet } from '../../scripts/local-devnet.ts';
import { cleanEnvironment, exitCodeOf, freeBasePort, PHEME, pheme } from '../../scripts/processes.ts';
import type { ConsensusResult } from '../../src/protocol/consensus-result.ts';
import { createRpcClient, type RpcClient } from '../../src/rpc/client.ts';
import { numberedTask } from './tasks.ts';

const DECIDED_MS = 60_000;

describe('a network of processes whose validators change', function () {
  this.timeout(150_000);
  let devnet: LocalDevnet;
  let change = '';
  let home = '';
  let rpc: RpcClient;
  let fifth: ChildProcess | undefined;
  const decided: string[] = [];
  let open = '';

  before(async () => {
    devnet = await LocalDevnet.start();
    change = join(devnet.directory, 'change.json');
    home = join(devnet.directory, 'validator-4');
  });
  after(async () => {
    fifth?.kill('SIGTERM');
    if (fifth !== undefined) await exitCodeOf(fifth);
    await devnet?.stop();
  });

  const submit = async (index: number, number: number, args: string[] = []) => {
    const ended = await devnet.pheme(index, ['submit', '-', '--json', ...args], {
      input: JSON.stringify(await numberedTask(number)),
    });
    assert.equal(ended.code, 0, ended.stderr);
    return JSON.parse(ended.stdout) as { taskId: string };
  };
  const succeeds = async (args: string[]) => {
    const ended = await pheme(args);
    assert.equal(ended.code, 0, ended.stderr);
    return ended;
  };
  /** The result that each of the five holds; its core is the same at all of them. */
  const agreed = async (taskId: string) => {
    const asked = { taskId, timeoutMs: DECIDED_MS };
    const results = await Promise.all([
      ...[0, 1, 2, 3].map((index) => devnet.call<ConsensusResult>(index, 'pheme_waitForResult', asked)),
      rpc.call('pheme_waitForResult', asked, { timeoutMs: 2 * DECIDED_MS }) as Promise<ConsensusResult>,
    ]);
    assert.equal(new Set(results.map(({ core }) => core)).size, 1);
    return results.at(-1)!;
  };

  it('decides with four, and has a task that two of them cannot decide', async () => {
    for (const number of [1, 2, 3]) decided.push((await submit(0, number, ['--wait'])).taskId);
    for (const index of [2, 3]) await devnet.kill(index);
    open = (await submit(0, 4)).taskId;
    assert.equal(await devnet.call(0, 'pheme_getResult', { taskId: open }), null);
  });

  it('has a fifth validator proposed, signed for by a quorum on their own machines, and installed by all', async () => {
    const port = await freeBasePort(2);
    const [{ p2p }] = devnet.validators as unknown as [{ p2p: string }];
    await succeeds(
      ['init', '--home', home, '--network', devnet.genesis, '--peer', p2p].concat([
        '--p2p-port',
        `${port}`,
        '--rpc-port',
        `${port + 1}`,
      ]),
    );
    const token = (await readFile(join(home, 'api-token'), 'utf8')).trim();
    rpc = createRpcClient({ url: `http://127.0.0.1:${port + 1}`, token });
    const { publicKey } = JSON.parse((await succeeds(['keys', 'show', '--json', '--home', home])).stdout);
    assert.equal((await devnet.pheme(0, ['epoch', 'propose', '--add', publicKey, '--out', change])).code, 0);
    for (const index of [0, 1]) assert.equal((await devnet.pheme(index, ['epoch', 'sign', change, '--yes'])).code, 0);
    const early = await devnet.pheme(0, ['epoch', 'apply', change]);
    assert.notEqual(early.code, 0);
    assert.match(early.stderr, /signed by weight 2, but needs 3 of the 4 of epoch 0/);
    assert.equal((await devnet.pheme(2, ['epoch', 'sign', change, '--yes'])).code, 0);
    for (const index of [0, 1, 2, 3]) assert.equal((await devnet.pheme(index, ['epoch', 'apply', change])).code, 0);
    assert.match((await succeeds(['epoch', 'apply', change, '--home', home])).stderr, /validator 4 of it/);
  });

  it('is restarted one by one, and goes on with five', async () => {
    fifth = spawn(process.execPath, [PHEME, 'start', '--home', home, '--until-eof'], {
      env: cleanEnvironment(),
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    fifth.stdin?.on('error', () => undefined);
    for (const index of [0, 1]) await devnet.terminate(index);
    for (const index of [0, 1, 2, 3]) await devnet.revive(index, { ready: false });
    for (const index of [0, 1, 2, 3]) await devnet.untilReady(index);
    const status = await devnet.call<{ epoch: number; quorum: number }>(3, 'pheme_status');
    assert.deepEqual([status.epoch, status.quorum], [1, 4]);
  });

  it('R37: ended the open task with the four that it belongs to, and lost none', async () => {
    const { judgements = [], epochs } = await agreed(open);
    const four = devnet.validators.map(({ publicKey }) => publicKey);
    assert.equal(epochs, undefined);
    // Who is not back yet when the others have committed is not waited for.
    assert.ok(judgements.length >= 3, `${judgements.length} of the four judged it`);
    assert.ok(judgements.every(({ validator }) => four.includes(validator)));
    for (const taskId of decided) assert.equal((await agreed(taskId)).taskId, taskId);
  });

  it('R36: decides with five what comes now, and everything verifies offline by the first genesis alone', async () => {
    const { taskId } = await submit(2, 5, ['--wait']);
    const fresh = await agreed(taskId);
    assert.equal(fresh.judgements?.length, 5);
    for (const [name, result] of Object.entries({ fresh, old: await agreed(decided[0]!) })) {
      const file = join(devnet.directory, `${name}.json`);
      await writeFile(file, JSON.stringify(result));
      const { code, stdout, stderr } = await pheme(['verify', file, '--network', devnet.genesis]);
      assert.equal(code, 0, stdout + stderr);
      assert.equal(/epoch 1: each change/.test(stdout), name === 'fresh', stdout);
    }
    const forged = join(devnet.directory, 'forged.json');
    await writeFile(forged, JSON.stringify({ ...fresh, epochs: undefined }));
    assert.notEqual((await pheme(['verify', forged, '--network', devnet.genesis])).code, 0);
  });
});
