import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LocalDevnet } from '../../scripts/local-devnet.ts';
import { until } from '../../scripts/processes.ts';
import type { HealthReport, NodeStatus, Readiness, TaskExplanation, ValidatorView } from '../../src/rpc/api.ts';
import { numberedTask } from './tasks.ts';

const STOPPED = 2;
const OTHER = 0;

describe('one of four validators that is stopped', function () {
  this.timeout(120_000);
  let devnet: LocalDevnet;
  let sentence = '';
  let since = '';
  let taskId = '';

  before(async () => {
    devnet = await LocalDevnet.start();
    process.kill(devnet.pidOf(STOPPED), 'SIGSTOP');
    const isLost = async () => (await views())[STOPPED]?.connected === false;
    await until(isLost, 60_000);
    const { absence, disconnectedSince } = (await views())[STOPPED]!;
    sentence = absence!;
    since = disconnectedSince!;
    const task = JSON.stringify(await numberedTask(1));
    const { stdout, code } = await devnet.pheme(OTHER, ['submit', '-', '--wait', '--json'], { input: task });
    assert.equal(code, 0, stdout);
    taskId = (JSON.parse(stdout) as { taskId: string }).taskId;
  });

  after(async () => {
    if (devnet === undefined) return;
    process.kill(devnet.pidOf(STOPPED), 'SIGCONT');
    await devnet.stop();
  });

  const views = () => devnet.call<ValidatorView[]>(OTHER, 'pheme_validators');
  const get = async (path: string) => {
    const { rpc, home } = devnet.validators[OTHER]!;
    const token = (await readFile(join(home, 'api-token'), 'utf8')).trim();
    return fetch(new URL(path, rpc), { headers: { authorization: `Bearer ${token}` } });
  };
  const printed = async (...args: string[]) =>
    (await devnet.pheme(OTHER, args)).stdout.split('\n').map((line) => line.trim());

  it('is named with its key and the second of its loss', () => {
    const key = devnet.validators[STOPPED]!.publicKey.slice(0, 8);
    assert.equal(sentence, `validator ${STOPPED} (${key}…) is not connected since ${since.slice(0, 19)}Z`);
  });

  it('stands in status, readiness and health, in those words', async () => {
    assert.ok((await devnet.call<NodeStatus>(OTHER, 'pheme_status')).reasons.includes(sentence));
    const ready = await get('/readyz');
    assert.equal(ready.status, 200);
    const { reasons } = (await ready.json()) as Readiness;
    assert.ok(reasons.includes(sentence), reasons.join());
    const { validators } = await devnet.call<HealthReport>(OTHER, 'pheme_health');
    assert.deepEqual([validators.healthy, validators.reasons], [true, [sentence]]);
  });

  it('stands in explain of a task that was decided without it', async () => {
    const { validators, summary } = await devnet.call<TaskExplanation>(OTHER, 'pheme_explain', { taskId });
    assert.deepEqual([validators[STOPPED]!.standing, validators[STOPPED]!.words], ['missing', sentence]);
    assert.ok(summary.includes(sentence));
  });

  it('is printed by status, validators and explain', async () => {
    assert.ok((await printed('status')).includes(sentence));
    assert.ok((await printed('validators')).includes(sentence));
    assert.ok((await printed('explain', taskId)).includes(sentence));
  });

  it('is a time in the metrics, which a template turns into the same words', async () => {
    const metrics = await (await get('/metrics')).text();
    const key = devnet.validators[STOPPED]!.publicKey.slice(0, 8);
    const [, seconds] =
      metrics.match(
        new RegExp(
          `^pheme_validator_disconnected_timestamp_seconds\\{validator="${STOPPED}",key="${key}"\\} (\\d+)$`,
          'm',
        ),
      ) ?? [];
    assert.equal(new Date(Number(seconds) * 1000).toISOString().slice(0, 19), since.slice(0, 19));
  });

  it('is connected again once it goes on, and nothing speaks of it', async () => {
    process.kill(devnet.pidOf(STOPPED), 'SIGCONT');
    await until(async () => (await views())[STOPPED]?.connected === true, 60_000);
    await until(async () => (await devnet.call<NodeStatus>(OTHER, 'pheme_status')).reasons.length === 0);
    assert.equal((await views())[STOPPED]!.absence, undefined);
  });
});
