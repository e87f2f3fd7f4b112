import assert from 'node:assert/strict';
import { EpochIndex } from '../../../src/engine/epoch-index.ts';
import { Epochs } from '../../../src/engine/epochs.ts';
import { Explainer } from '../../../src/node/explain/explainer.ts';
import { encodeTask, taskIdOf } from '../../../src/protocol/task.ts';
import { taskExplanation } from '../../../src/rpc/explain-views.ts';
import { fakeCommittee } from '../../consensus/fixture.ts';
import { NotingLogger, startNode, taskOf } from '../../engine/fixture.ts';

const TTL_MS = 60_000;

describe('explain of a task that was given up', () => {
  it('says so, what was seen of it, and what to do', async () => {
    const committee = fakeCommittee();
    const { engine, clock, store } = await startNode({ committee, options: { limits: { taskTtlMs: TTL_MS } } });
    const explainer = new Explainer({ committee, self: 0, store, clock, logger: new NotingLogger() });
    explainer.attach(new Epochs([committee], new EpochIndex([committee], store), [engine]));
    const submitted = engine.submit(taskOf(1));
    await clock.pass(2 * TTL_MS);
    const taskId = await submitted;
    assert.equal(taskId, taskIdOf(committee.networkId, committee.epoch, encodeTask(taskOf(1))));
    const explanation = taskExplanation.parse(await explainer.explain(taskId));
    assert.equal(explanation.state, 'open');
    assert.match(explanation.summary[0]!, /gave the task up undecided/);
    assert.match(explanation.summary.at(-1)!, /^what to do: .*--retry/);
    assert.deepEqual(
      explanation.validators.map(({ reason }) => reason),
      Array(4).fill('given_up'),
    );
    assert.match(explanation.validators[0]!.words, /had committed/);
    assert.match(explanation.validators[1]!.words, /had not committed/);
    assert.equal(explanation.timeline[0]?.event, 'seen');
    await explainer.stop();
    engine.stop();
  });
});
