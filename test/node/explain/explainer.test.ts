import assert from 'node:assert/strict';
import { Registry } from 'prom-client';
import type { Judge } from '../../../src/engine/ports.ts';
import { createMockCodeReviewTask } from '../../../src/models/mock-task.ts';
import { Explainer } from '../../../src/node/explain/explainer.ts';
import { systemClock } from '../../../src/node/system.ts';
import { ValidationNetwork } from '../../../src/node/validation-network.ts';
import { registerValidatorMetrics } from '../../../src/node/validator-metrics.ts';
import type { ValidatorNode } from '../../../src/node/validator-node.ts';
import { encodeTask, parseTask, taskIdOf } from '../../../src/protocol/task.ts';
import type { TaskExplanation } from '../../../src/rpc/api.ts';
import { taskExplanation, validatorPresence } from '../../../src/rpc/explain-views.ts';
import { APPROVAL } from '../../engine/fixture.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const taskOf = (attempt: number) => parseTask({ ...createMockCodeReviewTask(), attempt });
const approving = (family: string): Judge => ({
  judge: async () => ({ ...APPROVAL, confidence: 0.95, model: { id: `test:${family}`, family } }),
});

describe('Explainer', function () {
  this.timeout(20_000);
  const networks: ValidationNetwork[] = [];

  async function start(judges: Judge[]): Promise<ValidatorNode[]> {
    const network = new ValidationNetwork({ judges });
    networks.push(network);
    return network.nodes();
  }
  afterEach(async () => {
    await Promise.all(networks.splice(0).map((network) => network.stop()));
  });

  const explained = async (node: ValidatorNode, taskId: string): Promise<TaskExplanation> => {
    return taskExplanation.parse(await node.explainer.explain(taskId));
  };

  /** Of a task in which everybody was heard in time: on a loaded machine a slow one is left out, which is no fault. */
  const explainedWithAll = async (node: ValidatorNode): Promise<TaskExplanation> => {
    for (let attempt = 40; ; attempt++) {
      const { taskId } = await node.decide(taskOf(attempt));
      const explanation = await explained(node, taskId);
      const left = explanation.validators.some(({ standing }) => standing === 'late' || standing === 'unrevealed');
      if (!left) return explanation;
    }
  };

  it('tells of one of four that went: in explain, health, presence and metrics, in the same words', async () => {
    const nodes = await start(['a', 'b', 'c', 'd'].map(approving));
    const [first, second, , last] = nodes as [ValidatorNode, ValidatorNode, ValidatorNode, ValidatorNode];
    await last.stop();
    const { taskId } = await first.decide(taskOf(1));
    const explanation = await explained(
      second,
      (await second.waitForResult(taskId, 5_000, AbortSignal.timeout(5_000))).taskId,
    );

    const presence = validatorPresence.parse(second.explainer.presenceOf(3));
    const sentence = presence.absence!;
    assert.match(sentence, /^validator 3 \([0-9a-f]{8}…\) is not connected since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.equal(sentence.slice(-20, -1), presence.disconnectedSince!.slice(0, 19));
    const [, , , missing] = explanation.validators;
    assert.deepEqual([missing?.standing, missing?.reason, missing?.words], ['missing', 'not_connected', sentence]);
    assert.ok(explanation.summary.includes(sentence));
    assert.ok(explanation.timeline.some(({ event, note }) => event === 'not_connected' && note === sentence));
    const health = await second.health.checkHealth();
    assert.deepEqual(health.validators, { healthy: true, reasons: [sentence] });

    const registry = new Registry();
    registerValidatorMetrics(registry, second);
    const metrics = await registry.metrics();
    const seconds = Date.parse(presence.disconnectedSince!.replace(/\.\d+Z$/, 'Z')) / 1000;
    const labels = `{validator="3",key="${second.committee.validators[3]!.publicKey.slice(0, 8)}"}`;
    assert.ok(metrics.includes(`pheme_validator_disconnected_timestamp_seconds${labels} ${seconds}\n`), metrics);
    assert.ok(metrics.includes(`pheme_validator_connected${labels} 0\n`));
    assert.ok(metrics.includes('pheme_validator_window_tasks{validator="3",standing="missing"} 1\n'));
    assert.deepEqual([explanation.families, explanation.effectiveFamilies], [3, null]);
    assert.ok(explanation.validators.slice(0, 3).every(({ standing, signed }) => standing === 'agreed' && signed));
  });

  it('says what an open task waits for, and nothing of a judgement that is not revealed', async () => {
    const never: Judge = { judge: () => new Promise(() => {}) };
    const [first] = (await start([approving('secret-family'), never, never, never])) as [ValidatorNode];
    const taskId = await first.submit(taskOf(2));
    let explanation = await explained(first, taskId);
    while (explanation.validators[0]?.committedAfterMs === null) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      explanation = await explained(first, taskId);
    }
    assert.equal(explanation.state, 'open');
    assert.match(explanation.waitingFor!, /^the commitments of validator 1 .*, validator 2 .* and validator 3 /);
    assert.ok(explanation.validators.every(({ standing }) => standing === 'waiting'));
    assert.match(explanation.validators[0]!.words, /has committed to a judgement$/);
    const text = JSON.stringify(explanation);
    for (const secret of ['secret-family', 'approve', '0.95', 'confidence', 'vote"'])
      assert.ok(!text.includes(secret), `${secret} in ${text}`);
  });

  it('names those who must come back where less than a quorum is connected', async () => {
    const nodes = await start(['a', 'b', 'c', 'd'].map(approving));
    const [first] = nodes as [ValidatorNode];
    await Promise.all([nodes[2]!.stop(), nodes[3]!.stop()]);
    const explanation = await explained(first, await first.submit(taskOf(3)));
    assert.match(explanation.waitingFor!, /^a quorum: validator 2 \(.*\) and validator 3 \(.*\) must come back$/);
    assert.equal(explanation.validators[3]?.reason, 'not_connected');
    const { healthy, reasons } = (await first.health.checkHealth()).validators;
    assert.equal(healthy, false);
    assert.match(reasons[0]!, /^validators of weight 2 of 4 are connected, a decision needs 3$/);
    assert.equal(reasons.length, 3);
  });

  it('gives the words of an abstention, of a dissenter, and of an outcome without a verdict', async () => {
    const rejecting: Judge = { judge: async () => ({ ...APPROVAL, confidence: 0.95, vote: 'reject' }) };
    const failing: Judge = { judge: () => Promise.reject(new Error('no model')) };
    const nodes = await start([approving('a'), approving('b'), rejecting, failing]);
    const { outcome, reason, summary, validators } = await explainedWithAll(nodes[0]!);
    assert.deepEqual([outcome, reason], ['INCONCLUSIVE', 'split']);
    assert.deepEqual(
      validators.map(({ standing }) => standing),
      ['voted', 'voted', 'voted', 'abstained'],
    );
    assert.equal(validators[3]!.reason, 'abstained_model_error');
    assert.match(summary[0]!, /^INCONCLUSIVE: the validators disagree/);
    assert.ok(summary.some((line) => /^validator 3 .* abstained: its model or its endpoint failed$/.test(line)));
    assert.ok(summary.some((line) => line.startsWith('what to do: ')));
  });

  it('counts the tasks of the runs before from the stored results', async () => {
    const nodes = await start(['a', 'b', 'c', 'd'].map(approving));
    for (const attempt of [5, 6, 7]) await nodes[0]!.decide(taskOf(attempt));
    const { committee, store, engine } = nodes[0]!;
    const again = new Explainer({ committee, self: 0, store, clock: systemClock, logger: silent });
    again.attach(engine);
    while (again.participation.of(2).tasks < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    await again.stop();
    assert.equal(again.participation.of(2).tasks, 3);
    assert.equal(again.participation.of(2).revealed, 3);
  });

  it('knows nothing of a task that the node does not know', async () => {
    const [first] = (await start(['a', 'b', 'c', 'd'].map(approving))) as [ValidatorNode];
    const { networkId, epoch } = first.committee;
    assert.equal(await first.explainer.explain(taskIdOf(networkId, epoch, encodeTask(taskOf(9)))), null);
  });
});
