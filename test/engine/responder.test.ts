import assert from 'node:assert/strict';
import { TICK_MS_MAX } from '../../src/engine/limits.ts';
import { sealJudgement } from '../../src/engine/seal.ts';
import { hash } from '../../src/protocol/hash.ts';
import { leafSlot } from '../../src/protocol/leaf.ts';
import { FETCH_ITEMS_MAX } from '../../src/protocol/limits.ts';
import { encodeTask, taskIdOf } from '../../src/protocol/task.ts';
import { approve, fakeCommittee, Speaker } from '../consensus/fixture.ts';
import { APPROVAL, certOf, frameOf, leavesFrame, startNode, taskOf } from './fixture.ts';

const committee = fakeCommittee();
const task = taskOf(1);
const taskBytes = encodeTask(task);
const taskId = taskIdOf(committee.networkId, committee.epoch, taskBytes);
const speaker = new Speaker(committee, taskId);
const statement = (leaf: ReturnType<Speaker['commit']>['leaf']) => ({ leaf, attachment: null });

/** A validator with one open task, to which it and another have committed. */
async function openNode() {
  const node = await startNode({ committee });
  const submitted = node.engine.submit(task);
  await node.clock.pass(TICK_MS_MAX);
  await submitted;
  node.engine.onFrame(leavesFrame(committee, 1, [statement(speaker.commit(1, approve(1)).leaf)]), 'p');
  await node.clock.pass(TICK_MS_MAX);
  const ask = (request: Parameters<typeof node.engine.onRequest>[0]) => node.engine.onRequest(request, 'p');
  return { ...node, ask };
}

describe('a peer that asks', () => {
  it('gets bodies of open and of stored tasks, and null for others', async () => {
    const { engine, store, ask } = await openNode();
    assert.deepEqual(await ask({ kind: 'task', taskId }), { kind: 'task', taskBytes });
    assert.deepEqual(await ask({ kind: 'task', taskId: hash('x') }), { kind: 'task', taskBytes: null });
    store.disk.apply({ tasks: [{ taskId: hash('stored'), taskBytes: Uint8Array.of(1), firstSeenMs: 0 }] }, 0);
    assert.deepEqual(await ask({ kind: 'task', taskId: hash('stored') }), {
      kind: 'task',
      taskBytes: Uint8Array.of(1),
    });
    engine.stop();
  });

  it('gets all leaves of an open task, own ones too, or those it names', async () => {
    const { engine, ask } = await openNode();
    const all = await ask({ kind: 'leaves', taskId, digests: null });
    assert.ok(all.kind === 'leaves');
    assert.deepEqual(
      all.leaves.map(({ signer, leaf }) => `${signer} ${leafSlot(leaf)}`),
      ['0 COMMIT/0', '1 COMMIT/0'],
    );
    const one = await ask({ kind: 'leaves', taskId, digests: [speaker.commit(1, approve(1)).digest, hash('x')] });
    assert.deepEqual(one.kind === 'leaves' && one.leaves.map(({ signer }) => signer), [1]);
    const none = await ask({ kind: 'leaves', taskId: hash('x'), digests: null });
    assert.deepEqual(none, { kind: 'leaves', leaves: [], bundles: [] });
    engine.stop();
  });

  it('gets at most so many leaves at once', async () => {
    const { engine, ask } = await openNode();
    for (let round = 0; round < 15; round++) {
      for (const index of [1, 2, 3]) {
        for (const value of [null, hash('a')]) {
          const votes = [speaker.prevote(index, round, value), speaker.precommit(index, round, value)];
          engine.onFrame(
            leavesFrame(
              committee,
              index,
              votes.map(({ leaf }) => ({ leaf, attachment: null })),
            ),
            'p',
          );
        }
      }
    }
    const answer = await ask({ kind: 'leaves', taskId, digests: null });
    assert.ok(answer.kind === 'leaves' && answer.leaves.length > 150 && answer.leaves.length <= FETCH_ITEMS_MAX);
    engine.stop();
  });

  it('gets the certificate in place of the leaves of a decided task', async () => {
    const { engine, clock, ask } = await openNode();
    engine.onFrame(frameOf({ bundles: [certOf(committee, task)] }), 'p');
    await clock.pass(TICK_MS_MAX);
    const answer = await ask({ kind: 'leaves', taskId, digests: null });
    assert.deepEqual(answer.kind === 'leaves' && answer.bundles.map(({ kind }) => kind), ['CERT']);
    const result = await ask({ kind: 'result', taskId });
    assert.ok(result.kind === 'result' && result.cert?.taskId === taskId);
    assert.deepEqual(await ask({ kind: 'result', taskId: hash('x') }), { kind: 'result', cert: null });
    const page = await ask({ kind: 'results', cursor: 0 });
    assert.deepEqual(page, { kind: 'results', storeId: 'test', next: 1, taskIds: [taskId] });
    assert.deepEqual(await ask({ kind: 'results', cursor: 1 }), {
      kind: 'results',
      storeId: 'test',
      next: 1,
      taskIds: [],
    });
    assert.deepEqual(await ask({ kind: 'open' }), { kind: 'open', taskIds: [] });
    engine.stop();
  });

  it('R5: gets nothing of a judgement before its reveal, and its report after the decision', async () => {
    const { engine, clock, ask } = await openNode();
    const { opening } = engine.openTasks.get(taskId)!.instance;
    const digest = opening!.result.reportDigest;
    assert.deepEqual(await ask({ kind: 'reports', digests: [digest] }), { kind: 'reports', reports: [null] });
    const leaves = await ask({ kind: 'leaves', taskId, digests: null });
    assert.ok(leaves.kind === 'leaves' && leaves.leaves.every(({ leaf }) => leaf.type !== 'REVEAL'));
    engine.onFrame(frameOf({ bundles: [certOf(committee, task)] }), 'p');
    await clock.pass(TICK_MS_MAX);
    const { reportBytes } = sealJudgement(APPROVAL, 0);
    assert.deepEqual(await ask({ kind: 'reports', digests: [digest, hash('x')] }), {
      kind: 'reports',
      reports: [reportBytes, null],
    });
    engine.stop();
  });

  it('gets the ids of open tasks', async () => {
    const { engine, ask } = await openNode();
    assert.deepEqual(await ask({ kind: 'open' }), { kind: 'open', taskIds: [taskId] });
    engine.stop();
  });

  it('gets no answer here to what the network itself answers', async () => {
    const { engine, ask } = await openNode();
    await assert.rejects(ask({ kind: 'addresses' }), /answered by the network itself/);
    engine.stop();
  });
});
