import assert from 'node:assert/strict';
import type { Judge, NetworkHandlers } from '../../../src/engine/ports.ts';
import { createMockCodeReviewTask } from '../../../src/models/mock-task.ts';
import { InProcessHub } from '../../../src/node/in-process-network.ts';
import { ValidatorNode } from '../../../src/node/validator-node.ts';
import { createCommittee } from '../../../src/protocol/committee.ts';
import { parseTask } from '../../../src/protocol/task.ts';
import { openLevelStore } from '../../../src/store/level-store.ts';
import { APPROVAL } from '../../engine/fixture.ts';
import { removeFolders, temporaryFolder } from '../../store/folder.ts';
import { genesisOf } from '../result-fixture.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const judge: Judge = { judge: async () => ({ ...APPROVAL, confidence: 0.95 }) };
const seedOf = (index: number) => new Uint8Array(32).fill(index + 1);

describe('explain over a restart', () => {
  after(removeFolders);

  it('still tells how a decided task came about, and what an open one saw before', async () => {
    const genesis = genesisOf(3); // a quorum of all three
    const keys = createCommittee(genesis).validators.map(({ publicKey }) => publicKey);
    const hub = new InProcessHub(keys);
    const folders = await Promise.all(keys.map(() => temporaryFolder()));
    const start = async (index: number) => {
      const store = await openLevelStore({ directory: folders[index]! });
      const connect = async (handlers: NetworkHandlers) => hub.join(keys[index]!, handlers);
      const dependencies = { store, side: store.side, judge, connect, logger: silent };
      return ValidatorNode.start({ genesis, seed: seedOf(index) }, dependencies);
    };
    const stop = async (node: ValidatorNode) => {
      await node.stop();
      await node.store.close();
    };

    const nodes = await Promise.all([0, 1, 2].map(start));
    const { taskId: decided } = await nodes[0]!.decide(parseTask(createMockCodeReviewTask()));
    await stop(nodes[2]!);
    const open = await nodes[0]!.submit(parseTask({ ...createMockCodeReviewTask(), attempt: 1 }));
    const committed = async (node: ValidatorNode) =>
      (await node.explainer.explain(open))?.validators[0]?.committedAfterMs;
    while ((await committed(nodes[0]!)) == null) await new Promise((resolve) => setTimeout(resolve, 5));
    const before = await nodes[0]!.explainer.explain(decided);
    await Promise.all([stop(nodes[0]!), stop(nodes[1]!)]);

    const again = await start(0);
    const after = await again.explainer.explain(decided);
    assert.ok(before!.timeline.length > 10);
    assert.deepEqual(after!.timeline.slice(0, before!.timeline.length), before!.timeline);
    assert.deepEqual(after!.validators[1]!.committedAfterMs, before!.validators[1]!.committedAfterMs);
    const events = (await again.explainer.explain(open))!.timeline.map(({ event }) => event);
    assert.deepEqual([events[0], events.filter((event) => event === 'restarted').length], ['seen', 1]);
    while (again.explainer.participation.of(1).tasks === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(again.explainer.participation.of(1).agreed, 1);
    assert.notEqual(again.explainer.participation.of(1).commitMsP50, null);
    await stop(again);
  });
});
