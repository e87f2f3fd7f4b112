import assert from 'node:assert/strict';
import { createBackground } from '../../src/engine/background.ts';
import { Certificates } from '../../src/engine/certificates.ts';
import { LateVotes } from '../../src/engine/late-votes.ts';
import { LATE_VOTES_WRITE_MS } from '../../src/engine/limits.ts';
import { encodeCert } from '../../src/engine/outbox.ts';
import type { Cert } from '../../src/protocol/bundle.ts';
import { type Authentic, asAuthentic, type SignedLeaf } from '../../src/protocol/signed-leaf.ts';
import { createMemoryStore } from '../../src/store/memory-store.ts';
import { fakeCommittee, Speaker } from '../consensus/fixture.ts';
import { authenticatorOf, certOf, leavesFrame, NotingLogger, startNode, TestClock, taskOf } from './fixture.ts';
import { startNetwork } from './network.ts';

const committee = fakeCommittee();
const whole = certOf(committee, taskOf(1));
/** As it was when a bare quorum had signed. */
const bare: Cert = { ...whole, votes: whole.votes.slice(0, 3) };
const late = asAuthentic(whole.votes[3]! as SignedLeaf);

async function setUp() {
  const clock = new TestClock();
  const logger = new NotingLogger();
  const store = createMemoryStore({ clock });
  await store.write({ results: [{ taskId: bare.taskId, certBytes: encodeCert(bare) }] });
  const certificates = new Certificates(committee, authenticatorOf(committee), store);
  const credited: number[] = [];
  const votes = new LateVotes({
    certificates,
    side: store.side,
    clock,
    logger,
    background: createBackground(logger),
    onCredited: (_taskId, index) => void credited.push(index),
  });
  const take = async (leaf: Authentic<SignedLeaf>) => {
    votes.take(leaf);
    await clock.pass(LATE_VOTES_WRITE_MS);
  };
  return { clock, store, certificates, credited, votes, take };
}

const signersOf = (cert: Cert) => cert.votes.map(({ signer }) => signer);

describe('R35: a precommit after the decision', () => {
  it('is added to the certificate, in memory and in the store; core and place stay as they were', async () => {
    const { store, certificates, credited, take } = await setUp();
    const before = await store.result(bare.taskId);
    await take(late);
    assert.deepEqual(signersOf((await certificates.get(bare.taskId))!), [0, 1, 2, 3]);
    const after = await store.result(bare.taskId);
    const read = certificates.open(after!.certBytes); // checks every signature
    assert.deepEqual(signersOf(read), [0, 1, 2, 3]);
    assert.deepEqual(Buffer.from(read.coreBytes), Buffer.from(bare.coreBytes));
    assert.deepEqual([after!.sequence, after!.storedAtMs], [before!.sequence, before!.storedAtMs]);
    assert.deepEqual(credited, [3]);
  });

  it('counts once, however often it comes', async () => {
    const { certificates, credited, take } = await setUp();
    await take(late);
    await take(late);
    assert.equal((await certificates.get(bare.taskId))!.votes.length, 4);
    assert.deepEqual(credited, [3]);
  });

  it('is left alone where it says another thing than the certificate, or is of no decided task', async () => {
    const { certificates, credited, take, votes, clock } = await setUp();
    const speaker = new Speaker(committee, bare.taskId);
    const valueId = bare.votes[0]!.leaf.valueId;
    await take(speaker.precommit(3, 1, valueId)); // another round
    await take(speaker.precommit(3, 0, null));
    await take(speaker.precommit(3, 0, 'f'.repeat(64)));
    await take(speaker.prevote(3, 0, valueId));
    await take(new Speaker(committee, 'e'.repeat(64)).precommit(3, 0, valueId));
    assert.deepEqual(signersOf((await certificates.get(bare.taskId))!), [0, 1, 2]);
    assert.deepEqual(credited, []);
    votes.stop();
    await take(late);
    assert.deepEqual(credited, []);
    assert.equal(clock.runNext(Number.POSITIVE_INFINITY), false);
  });

  it('reaches the certificate of a node by the network, repeated or not', async () => {
    const node = await startNode({ committee });
    await node.store.write({ results: [{ taskId: bare.taskId, certBytes: encodeCert(bare) }] });
    const statement = { leaf: late.leaf, attachment: null } as never;
    node.engine.onFrame(leavesFrame(committee, 3, [statement]), committee.validators[3]!.publicKey);
    await node.clock.pass(LATE_VOTES_WRITE_MS);
    assert.deepEqual(signersOf((await node.engine.certificate(bare.taskId))!), [0, 1, 2, 3]);
    node.engine.stop();
  });

  it('is credited to every validator of a network that is up, at every node', async () => {
    const { engines, clock } = await startNetwork(committee);
    const submitted = engines[0]!.submit(taskOf(5));
    await clock.pass(10_000);
    const taskId = await submitted;
    for (const engine of engines) {
      assert.deepEqual(signersOf((await engine.certificate(taskId))!).sort(), [0, 1, 2, 3]);
      engine.stop();
    }
  });
});
