import assert from 'node:assert/strict';
import { FETCH_PAUSE_MS, TICK_MS_MAX } from '../../src/engine/limits.ts';
import { createAuthenticator } from '../../src/protocol/authenticator.ts';
import type { FetchAnswer, FetchRequest } from '../../src/protocol/fetch.ts';
import { decodeFrame } from '../../src/protocol/frame.ts';
import type { Statement } from '../../src/protocol/signed-leaf.ts';
import { encodeTask, taskIdOf } from '../../src/protocol/task.ts';
import { fakeCommittee, openingOf, Speaker } from '../consensus/fixture.ts';
import { leavesFrame, startNode, taskOf, verifiersOf } from './fixture.ts';

const committee = fakeCommittee();
const task = taskOf(1);
const taskId = taskIdOf(committee.networkId, committee.epoch, encodeTask(task));
const speaker = new Speaker(committee, taskId);
const keyOf = (index: number) => committee.validators[index]!.publicKey;
const authenticator = createAuthenticator(committee, verifiersOf(committee));

/** What the others said of a task: everything that leads to the proposal of another validator. */
const self = [0, 1, 2, 3].find((index) => index !== speaker.proposer(0))!;
const others = [0, 1, 2, 3].filter((index) => index !== self);
const answers = others.map((index) => [index, openingOf(index)] as const);
const leaves = speaker.collection(answers, others);
const value = speaker.valueWith(leaves);
const statements = (signed: readonly { signer: number; leaf: unknown; attachment: unknown }[], index: number) =>
  signed.filter(({ signer }) => signer === index) as unknown as Statement[];

/** A node that knows the task, but of the others only some. */
async function nodeHearing(heard: typeof leaves) {
  const node = await startNode({ committee, self, judge: () => new Promise(() => {}) });
  const submitted = node.engine.submit(task);
  await node.clock.pass(TICK_MS_MAX);
  await submitted;
  for (const index of others) {
    const said = statements(heard, index);
    if (said.length > 0) node.engine.onFrame(leavesFrame(committee, index, said), 'p');
  }
  return node;
}

/** Answers as a holder of these leaves; each goes with a proof of its own. */
function holderOf(held: typeof leaves) {
  const signed = others.flatMap((index) => {
    const said = statements(held, index);
    if (said.length === 0) return [];
    const { batch } = decodeFrame(leavesFrame(committee, index, said));
    return authenticator.openBatch(batch!).leaves;
  });
  return (request: FetchRequest): FetchAnswer => {
    if (request.kind !== 'leaves') return { kind: 'push' };
    const { digests } = request;
    const wanted = signed.filter(({ digest }) => digests === null || digests.includes(digest));
    return { kind: 'leaves', leaves: wanted, bundles: [] };
  };
}

describe('what is missing', () => {
  const proposal = speaker.proposal(speaker.proposer(0), 0, value);
  const missing = leaves.filter(({ leaf }) => leaf.type === 'REVEAL');

  it('is asked of the proposer, by name, and taken in', async () => {
    const node = await nodeHearing(leaves.filter((leaf) => !missing.includes(leaf)));
    for (const index of others) node.network.connect(keyOf(index), index, holderOf(leaves));
    node.engine.onFrame(leavesFrame(committee, speaker.proposer(0), [proposal as unknown as Statement]), 'p');
    await node.clock.pass(TICK_MS_MAX);
    const [first] = node.network.requests;
    assert.equal(first?.peer, keyOf(speaker.proposer(0)));
    assert.ok(first.request.kind === 'leaves');
    assert.deepEqual([...first.request.digests!].sort(), missing.map(({ digest }) => digest).sort());
    const { instance } = node.engine.openTasks.get(taskId)!;
    assert.equal(instance.reveals.size, 3);
    assert.equal(instance.step, 'prevote');
    node.engine.stop();
  });

  it('is asked of a peer again only after a pause, however much it answers without it', async () => {
    const node = await nodeHearing(leaves.filter((leaf) => !missing.includes(leaf)));
    const junk = leaves.filter(({ leaf }) => leaf.type === 'COMMIT');
    const proposer = speaker.proposer(0);
    node.network.connect(keyOf(proposer), proposer, (request) => {
      return holderOf(junk)(request.kind === 'leaves' ? { ...request, digests: null } : request);
    });
    node.engine.onFrame(leavesFrame(committee, proposer, [proposal as unknown as Statement]), 'p');
    await node.clock.pass(10 * FETCH_PAUSE_MS);
    const asked = node.network.asked('leaves').length;
    assert.ok(asked >= 5 && asked <= 12, `${asked} requests in ten pauses`);
    node.engine.stop();
  });

  it('is asked of anybody connected where the proposer is not', async () => {
    const node = await nodeHearing(leaves.filter((leaf) => !missing.includes(leaf)));
    const other = others.find((index) => index !== speaker.proposer(0))!;
    node.network.connect(keyOf(other), other, holderOf(leaves));
    node.engine.onFrame(leavesFrame(committee, speaker.proposer(0), [proposal as unknown as Statement]), 'p');
    await node.clock.pass(TICK_MS_MAX);
    assert.equal(node.network.asked('leaves')[0], keyOf(other));
    assert.equal(node.engine.openTasks.get(taskId)!.instance.step, 'prevote');
    node.engine.stop();
  });

  it('with a lie in it is refused from the lie on, and the node lives', async () => {
    const node = await nodeHearing(leaves.filter((leaf) => !missing.includes(leaf)));
    const stranger = new Speaker(fakeCommittee({ weights: [2, 2, 2, 2] }), taskId);
    const lies = others.map((index) => stranger.reveal(index, openingOf(index)));
    const proposer = speaker.proposer(0);
    node.network.connect(keyOf(proposer), proposer, () => ({ kind: 'leaves', leaves: lies, bundles: [] }));
    node.engine.onFrame(leavesFrame(committee, proposer, [proposal as unknown as Statement]), 'p');
    await node.clock.pass(TICK_MS_MAX);
    assert.equal(node.engine.openTasks.get(taskId)!.instance.reveals.size, 0);
    node.engine.stop();
  });
});

describe('R24: an undecided node', () => {
  it('says its leaves again when nothing comes of them, marked as a repeat, ever more rarely', async () => {
    const node = await startNode({ committee, self });
    const submitted = node.engine.submit(task);
    await node.clock.pass(TICK_MS_MAX);
    await submitted;
    const atMs: number[] = [];
    const { broadcast } = node.network;
    node.network.broadcast = (frame) => {
      if (decodeFrame(frame).batch?.repeat === true) atMs.push(node.clock.nowMs());
      broadcast.call(node.network, frame);
    };
    await node.clock.pass(120_000);
    const gaps = atMs.slice(1).map((at, index) => at - atMs[index]!);
    assert.ok(gaps.length > 4 && gaps.length < 40, `${gaps.length} repeats`);
    assert.ok(gaps.at(-1)! > gaps[0]!, gaps.join());
    assert.ok(Math.max(...gaps) <= 21_000);
    node.engine.stop();
  });

  it('says them again soon after a peer came back, and asks it what it knows', async () => {
    const node = await startNode({ committee, self });
    const submitted = node.engine.submit(task);
    await node.clock.pass(60_000);
    await submitted;
    const before = node.network.broadcasts.length;
    node.network.connect(keyOf(others[0]!), others[0]!, () => ({ kind: 'open', taskIds: [] }));
    node.engine.onPeer(keyOf(others[0]!), true);
    await node.clock.pass(500);
    assert.ok(node.network.broadcasts.slice(before).some((frame) => decodeFrame(frame).batch?.repeat));
    assert.ok(node.network.asked('open').length > 0);
    node.engine.stop();
  });
});
