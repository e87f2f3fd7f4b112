import assert from 'node:assert/strict';
import { createInstance, type OwnLeaf, ownLeaf } from '../../src/consensus/state.ts';
import { TICK_MS_MAX, WRITE_RETRY_MS } from '../../src/engine/limits.ts';
import { Outbox } from '../../src/engine/outbox.ts';
import { announcementOf } from '../../src/engine/submission.ts';
import { createAuthenticator } from '../../src/protocol/authenticator.ts';
import { decodeFrame } from '../../src/protocol/frame.ts';
import { hash } from '../../src/protocol/hash.ts';
import {
  BATCH_LEAVES_MAX,
  FETCH_ITEMS_MAX,
  GOSSIP_BYTES_MAX,
  TASK_INLINE_BYTES_MAX,
} from '../../src/protocol/limits.ts';
import type { SignedLeaf } from '../../src/protocol/signed-leaf.ts';
import type { Value } from '../../src/protocol/value.ts';
import { approve, fakeCommittee, idOf, openingOf, Speaker, TASK_ID } from '../consensus/fixture.ts';
import { NotingLogger, signerOf, TestClock, TestNetwork, TestStore, verifiersOf } from './fixture.ts';

const committee = fakeCommittee();

function ownCommit(number: number): OwnLeaf {
  const instance = createInstance(committee, TASK_ID, 0);
  return ownLeaf(instance, { type: 'COMMIT', commitment: hash('commitment', number) }, null);
}

function setUp({ observer = false, firstTick = 1 } = {}) {
  const clock = new TestClock();
  const store = new TestStore(clock);
  const network = new TestNetwork();
  const counted: SignedLeaf[] = [];
  const journaled: number[] = [];
  const outbox = new Outbox(
    {
      committee,
      identity: observer ? null : { index: 0, signer: signerOf(committee, 0) },
      store,
      network,
      clock,
      logger: new NotingLogger(),
      onOwnLeaf: (leaf) => counted.push(leaf),
      onJournaled: (tick) => journaled.push(tick),
    },
    firstTick,
  );
  const say = (number: number) => {
    outbox.record(TASK_ID, { kind: 'judged', opening: openingOf(0, {}, number) });
    outbox.leaf(ownCommit(number));
  };
  return { clock, store, network, counted, journaled, outbox, say };
}

const batchesOf = ({ broadcasts }: TestNetwork) => broadcasts.flatMap((frame) => decodeFrame(frame).batch ?? []);

describe('R27: the outbox', () => {
  it('lets nothing leave before the write that it follows from has ended', async () => {
    const { clock, store, network, counted, outbox, say } = setUp();
    store.held = true;
    let told = 0;
    say(1);
    outbox.afterSync(() => told++);
    await clock.pass(10);
    assert.ok(store.isWriting);
    assert.deepEqual([network.broadcasts.length, counted.length, told], [0, 0, 0]);
    store.settle();
    await clock.pass(0);
    assert.deepEqual([network.broadcasts.length, counted.length, told], [1, 1, 1]);
  });

  it('announces a task before it says anything about it', async () => {
    const { clock, network, outbox, say } = setUp();
    const taskBytes = new Uint8Array([1]);
    say(1);
    outbox.announce(announcementOf(committee, { index: 0, signer: signerOf(committee, 0) }, TASK_ID, taskBytes));
    await clock.pass(10);
    const frames = network.broadcasts.map((frame) => decodeFrame(frame));
    assert.deepEqual([frames[0]!.announcements?.length, frames[1]!.batch !== undefined], [1, true]);
  });

  it('tells of many tasks in one frame, and in more where one would not hold them', async () => {
    const { clock, network, outbox } = setUp();
    const signer = { index: 0, signer: signerOf(committee, 0) };
    const bodies = [...Array(600).fill(10), ...Array(8).fill(TASK_INLINE_BYTES_MAX)];
    for (const [number, size] of bodies.entries())
      outbox.announce(announcementOf(committee, signer, hash('task', number), new Uint8Array(size)));
    await clock.pass(10);
    const frames = network.broadcasts.map((frame) => decodeFrame(frame).announcements.length);
    assert.equal(
      frames.reduce((sum, count) => sum + count, 0),
      bodies.length,
    );
    assert.equal(frames[0], FETCH_ITEMS_MAX);
    assert.ok(frames.length <= 6, `${frames}`);
    for (const frame of network.broadcasts) assert.ok(frame.length <= GOSSIP_BYTES_MAX, `${frame.length} bytes`);
  });

  it('has one write in flight; what comes meanwhile gathers for the next', async () => {
    const { clock, store, network, say } = setUp();
    store.held = true;
    say(1);
    await clock.pass(10);
    say(2);
    say(3);
    await clock.pass(10);
    assert.equal(store.writes.length, 1);
    store.settle();
    await clock.pass(10);
    assert.equal(store.writes.length, 2);
    assert.equal(batchesOf(network).length, 1);
    store.settle();
    await clock.pass(10);
    assert.deepEqual(
      batchesOf(network).map(({ leaves }) => leaves.length),
      [1, 2],
    );
    assert.deepEqual([...store.disk.entries.keys()], [1, 2]);
  });

  it('repeats a failed write as it was, says why, and signs nothing meanwhile', async () => {
    const { clock, store, network, outbox, say } = setUp();
    store.held = true;
    say(1);
    await clock.pass(10);
    store.settle(new Error('no space left'));
    say(2);
    await clock.pass(WRITE_RETRY_MS / 2);
    assert.equal(outbox.fault, 'no space left');
    assert.equal(store.writes.length, 1);
    await clock.pass(WRITE_RETRY_MS);
    assert.equal(store.writes[1], store.writes[0], 'that very write');
    assert.equal(network.broadcasts.length, 0);
    store.settle();
    await clock.pass(10);
    assert.equal(outbox.fault, undefined);
    assert.equal(batchesOf(network)[0]!.leaves.length, 1);
    store.settle();
    await clock.pass(10);
    assert.equal(batchesOf(network).length, 2);
  });

  it('numbers its entries on from those of before', async () => {
    const { clock, store, journaled, say } = setUp({ firstTick: 41 });
    say(1);
    await clock.pass(10);
    assert.deepEqual([...store.disk.entries.keys()], [41]);
    assert.deepEqual(journaled, [41]);
  });

  it('writes nothing for what needs no record', async () => {
    const { clock, store, network, outbox } = setUp();
    outbox.repeat([ownCommit(1)], []);
    await clock.pass(10);
    assert.equal(store.writes.length, 0);
    assert.deepEqual(
      batchesOf(network).map(({ repeat }) => repeat),
      [true],
    );
  });

  it('after a stop signs and sends nothing, refuses who waits, and is drained', async () => {
    const { clock, store, network, outbox, say } = setUp();
    store.held = true;
    say(1);
    await clock.pass(10);
    const waiting = outbox.synced();
    const drained = outbox.drained();
    outbox.stop();
    await assert.rejects(waiting, { code: 'STOPPING' });
    await drained;
    await assert.rejects(outbox.synced(), { code: 'STOPPING' });
    store.settle();
    say(2);
    await clock.pass(10_000);
    assert.deepEqual([network.broadcasts.length, store.writes.length], [0, 1]);
  });

  it('stopped while writes fail, it tries no more', async () => {
    const { clock, store, outbox, say } = setUp();
    store.held = true;
    say(1);
    await clock.pass(10);
    store.settle(new Error('no space left'));
    await clock.pass(10);
    outbox.stop();
    await clock.pass(10 * WRITE_RETRY_MS);
    assert.equal(store.writes.length, 1);
  });

  it('is drained when all is written and sent, and resolves who waits for durability', async () => {
    const { clock, network, outbox, say } = setUp();
    await outbox.drained();
    say(1);
    const synced = outbox.synced();
    const drained = outbox.drained();
    await clock.pass(10);
    await Promise.all([synced, drained]);
    assert.equal(network.broadcasts.length, 1);
  });
});

describe('R32: batches', () => {
  it('hold the leaves of a tick under one signature that opens', async () => {
    const { clock, network, counted, say } = setUp();
    for (let i = 0; i < 5; i++) say(i);
    await clock.pass(10);
    const [batch, ...more] = batchesOf(network);
    assert.deepEqual(more, []);
    const opened = createAuthenticator(committee, verifiersOf(committee)).openBatch(batch!);
    assert.deepEqual(
      opened.leaves.map(({ digest }) => digest),
      counted.map(({ digest }) => digest),
    );
    assert.deepEqual(counted[3]!.proof().leafIndex, 3);
  });

  it('leave at once at rest; under load leaves gather, never for longer than a tick', async () => {
    const { clock, network, say } = setUp();
    say(0);
    await clock.pass(0);
    assert.equal(batchesOf(network).length, 1);
    for (let i = 0; i < 1_000; i++) say(i);
    await clock.pass(0);
    assert.equal(batchesOf(network).length, 2);
    say(1);
    await clock.pass(TICK_MS_MAX / 2);
    assert.equal(batchesOf(network).length, 2, 'the last tick was full: this one waits');
    await clock.pass(TICK_MS_MAX);
    assert.equal(batchesOf(network).length, 3);
  });

  it('are split where one signature or one message would hold too much', async () => {
    const { clock, network, counted, outbox, say } = setUp();
    for (let i = 0; i < BATCH_LEAVES_MAX + 1; i++) say(i);
    for (let round = 0; round < 40; round++) outbox.leaf(bigProposal(round));
    await clock.pass(TICK_MS_MAX);
    assert.ok(network.broadcasts.every((frame) => frame.length <= GOSSIP_BYTES_MAX));
    const sizes = batchesOf(network).map(({ leaves }) => leaves.length);
    assert.ok(sizes.length > 3 && sizes.every((size) => size <= BATCH_LEAVES_MAX), sizes.join());
    assert.equal(
      sizes.reduce((sum, size) => sum + size, 0),
      counted.length,
    );
    const authenticator = createAuthenticator(committee, verifiersOf(committee));
    for (const batch of batchesOf(network)) assert.equal(authenticator.openBatch(batch).skipped, 0);
  });

  it('never hold a repeat together with what is new', async () => {
    const { clock, network, outbox, say } = setUp();
    say(1);
    outbox.repeat([ownCommit(2)], []);
    await clock.pass(10);
    assert.deepEqual(
      batchesOf(network).map(({ repeat, leaves }) => [repeat, leaves.length]),
      [
        [false, 1],
        [true, 1],
      ],
    );
  });

  it('come in frames that differ though they say the same', async () => {
    const { clock, network, outbox } = setUp();
    for (let i = 0; i < 3; i++) {
      outbox.repeat([ownCommit(1)], []);
      await clock.pass(10);
    }
    assert.equal(new Set(network.broadcasts.map((frame) => Buffer.from(frame).toString('hex'))).size, 3);
  });

  it('are none of a node without a key', async () => {
    const { clock, network, outbox } = setUp({ observer: true });
    outbox.record(TASK_ID, { kind: 'closed', set: [] });
    await clock.pass(10);
    assert.equal(network.broadcasts.length, 0);
  });
});

/** A proposal whose value weighs about 20 KB. */
function bigProposal(round: number): OwnLeaf {
  const big = fakeCommittee({ weights: Array(60).fill(1) });
  const speaker = new Speaker(big);
  const openings = big.validators.map(
    (_, index) => [index, { ...approve(index), salt: hash('salt', round, index) }] as const,
  );
  const value: Value = speaker.valueWith(
    speaker.collection(openings, [0, 1, 2, 3].concat(Array.from({ length: 50 }, (_, i) => i + 4))),
  );
  return ownLeaf(
    createInstance(big, TASK_ID, 0),
    { type: 'PROPOSAL', round, validRound: -1, valueId: idOf(value) },
    value,
  );
}
