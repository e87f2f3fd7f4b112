import assert from 'node:assert/strict';
import { LocalDevnet } from '../../scripts/local-devnet.ts';
import { isAlive, pheme, until } from '../../scripts/processes.ts';
import type { ConsensusResult } from '../../src/protocol/consensus-result.ts';
import { processesMentioning } from './processes.ts';
import { numberedTask } from './tasks.ts';

describe('a devnet that loses nodes', function () {
  this.timeout(90_000);
  let devnet: LocalDevnet;

  before(async () => {
    devnet = await LocalDevnet.start();
  });

  after(() => devnet?.stop());

  const submit = async (index: number, number: number, args: string[] = []) => {
    return devnet.pheme(index, ['submit', '-', ...args], { input: JSON.stringify(await numberedTask(number)) });
  };
  const coresOf = async (taskId: string) => {
    const results = await Promise.all(
      [0, 1, 2, 3].map((index) => devnet.call<ConsensusResult | null>(index, 'pheme_getResult', { taskId })),
    );
    return results.map((result) => result?.core);
  };
  let pending = '';

  it('decides with one of four killed, and starts none again by itself', async () => {
    await devnet.kill(3);
    const { code, stdout, stderr } = await submit(0, 1, ['--wait']);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /is not in the result/);
    assert.ok(isAlive(devnet.supervisor.pid!));
    assert.equal(isAlive(devnet.validators[3]!.pid), false);
  });

  it('says unavailable with two killed, exit code 3, and decides nothing', async () => {
    await devnet.kill(2);
    await until(async () => (await devnet.call<{ connectedWeight: number }>(0, 'pheme_status')).connectedWeight === 2);
    const { code, stdout, stderr } = await submit(0, 2, ['--wait', '--timeout', '3s', '--json']);
    assert.equal(code, 3, stdout + stderr);
    const { error } = JSON.parse(stdout) as { error: { code: string; details: { taskId: string } } };
    assert.equal(error.code, 'UNAVAILABLE');
    pending = error.details.taskId;
    for (const index of [0, 1]) assert.equal(await devnet.call(index, 'pheme_getResult', { taskId: pending }), null);
  });

  it('decides the pending task once they are back, with the verdict of an undisturbed run', async () => {
    await Promise.all([devnet.revive(2), devnet.revive(3)]);
    await Promise.all(
      [0, 1, 2, 3].map((index) => devnet.call(index, 'pheme_waitForResult', { taskId: pending, timeoutMs: 40_000 })),
    );
    const result = await devnet.call<ConsensusResult>(1, 'pheme_getResult', { taskId: pending });
    assert.equal(result.outcome, 'APPROVED');
  });

  it('the restarted nodes hold every result, the same bytes', async () => {
    const { results } = await devnet.call<{ results: { taskId: string }[] }>(0, 'pheme_listResults', { limit: 100 });
    assert.equal(results.length, 2);
    for (const { taskId } of results) {
      await until(async () => (await coresOf(taskId)).every((core) => core !== undefined), 20_000);
      assert.equal(new Set(await coresOf(taskId)).size, 1);
    }
  });

  it('refuses a second node on the same home with exit code 4', async () => {
    const { code, stderr } = await pheme(['start', '--until-eof', '--home', devnet.validators[0]!.home]);
    assert.equal(code, 4, stderr);
    assert.match(stderr, /in use by another node/);
  });

  it('is gone when its supervisor is killed with kill -9, except the nodes revived by hand', async () => {
    const supervised = [0, 1].map((index) => devnet.pidOf(index));
    process.kill(devnet.supervisor.pid!, 'SIGKILL');
    await until(() => !supervised.some(isAlive), 20_000);
    assert.equal([2, 3].map((index) => devnet.pidOf(index)).every(isAlive), true);
    await devnet.stop();
    assert.deepEqual(await processesMentioning(devnet.directory), []);
  });
});
