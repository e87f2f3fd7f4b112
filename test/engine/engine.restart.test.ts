import assert from 'node:assert/strict';
import { decodeRecords, type EngineRecord, encodeRecords, type TaskRecord } from '../../src/engine/journal.ts';
import { createAuthenticator } from '../../src/protocol/authenticator.ts';
import { bundleFromCbor } from '../../src/protocol/bundle.ts';
import { toHex } from '../../src/protocol/bytes.ts';
import { decodeCanonical } from '../../src/protocol/cbor.ts';
import { decodeFrame } from '../../src/protocol/frame.ts';
import { decodeLeaf, leafSlot } from '../../src/protocol/leaf.ts';
import { valueIdOf } from '../../src/protocol/value.ts';
import { fakeCommittee } from '../consensus/fixture.ts';
import { SeededRandom } from '../sim/random.ts';
import { SimDisk } from '../sim/sim-disk.ts';
import type { LinkFaults } from '../sim/sim-network.ts';
import { APPROVAL, startNode, TestClock, TestNetwork, taskOf, verifiersOf } from './fixture.ts';
import { startNetwork, type TestNetworkOfNodes } from './network.ts';

const committee = fakeCommittee();
const authenticator = createAuthenticator(committee, verifiersOf(committee));

/** What a node said, by task and slot; two different bytes for one slot fail at once. */
function saidIn(frames: readonly Uint8Array[]): Map<string, string> {
  const said = new Map<string, string>();
  for (const frame of frames) {
    for (const { leafBytes } of decodeFrame(frame).batch?.leaves ?? []) {
      const leaf = decodeLeaf(leafBytes);
      const key = `${leaf.taskId}/${leafSlot(leaf)}`;
      const before = said.get(key);
      if (before !== undefined) assert.equal(toHex(leafBytes), before, key);
      said.set(key, toHex(leafBytes));
    }
  }
  return said;
}

function coresOf(disk: SimDisk): string[] {
  const cores = [...disk.results.values()].map(
    ({ certBytes }) => bundleFromCbor(decodeCanonical(certBytes)).coreBytes!,
  );
  return cores.map(valueIdOf).sort();
}

const ANSWERS = [{ vote: 'approve' }, { vote: 'approve' }, { vote: 'reject' }, { vote: 'approve' }] as const;
const QUIET_KINDS = ['opened', 'judged', 'closed', 'proposed', 'prevoted', 'precommitted'] as const;

describe('R27, R28: the engine restarted after every record of a quiet journal', () => {
  restartEverywhere({ loss: 0, duplication: 0, delayMsMax: 10, stragglerMs: 10 }, QUIET_KINDS);
});

describe('R27, R28: the engine restarted after every record of a journal of several rounds', () => {
  restartEverywhere({ loss: 0.5, duplication: 0.2, delayMsMax: 400, stragglerMs: 2_000 }, [...QUIET_KINDS, 'round']);
});

function restartEverywhere(faults: LinkFaults, kindsWanted: readonly EngineRecord['kind'][]): void {
  let world: TestNetworkOfNodes;
  let records: TaskRecord[];
  let victim: number;
  let taskIds: string[];

  before(async () => {
    world = await startNetwork(committee, ANSWERS, faults);
    for (const disk of world.disks) disk.entries.delete = () => false; // keep what is dropped after the decision
    taskIds = await Promise.all(
      [1, 2].map((number) => waitFor(world.clock, world.engines[number]!.submit(taskOf(number)))),
    );
    await world.clock.pass(120_000);
    for (const engine of world.engines) engine.stop();
    const decoded = world.disks.map(({ entries }) =>
      [...entries.values()].flatMap((bytes) => decodeRecords(bytes, authenticator)),
    );
    victim = decoded.reduce((best, each, index) => (each.length > decoded[best]!.length ? index : best), 0);
    records = decoded[victim]!;
  });

  it('is tested on a network that decided', () => {
    assert.ok(world.disks.every((disk) => disk.results.size === 2));
    assert.equal(new Set(world.disks.map((disk) => coresOf(disk).join())).size, 1);
    const kinds = new Set(records.map(({ record }) => record.kind));
    for (const kind of kindsWanted) assert.ok(kinds.has(kind), kind);
  });

  it('says what it said before, asks no model again, and comes to the same decision', async () => {
    const before = saidIn(world.frames.filter(({ from }) => from === victim).map(({ frame }) => frame));
    for (let count = 0; count <= records.length; count++) {
      const prefix = records.slice(0, count);
      const { said, judged, disk } = await restart(prefix, count);
      const fixed = prefix
        .filter(({ record }) => record.kind === 'judged' || record.kind === 'closed')
        .map(({ taskId }) => taskId);
      assert.deepEqual(
        judged.filter((taskId) => fixed.includes(taskId)),
        [],
        `prefix ${count}: a model was asked again`,
      );
      for (const [key, bytes] of restored(prefix))
        assert.equal(said.get(key) ?? bytes, bytes, `prefix ${count}: ${key}`);
      for (const key of restored(prefix).keys()) assert.equal(before.get(key), restored(prefix).get(key), key);
      assert.deepEqual(coresOf(disk), coresOf(world.disks[victim]!), `prefix ${count}`);
    }
  });

  /** Slots whose leaves stand in these records, with their bytes as the network heard them. */
  function restored(prefix: readonly TaskRecord[]): Map<string, string> {
    const heard = saidIn(world.frames.filter(({ from }) => from === victim).map(({ frame }) => frame));
    const slots = prefix.flatMap(({ taskId, record }) => {
      if (record.kind === 'judged') return [`${taskId}/COMMIT/0`];
      if (record.kind === 'closed') return [`${taskId}/CLOSE/0`];
      return 'leaf' in record ? [`${taskId}/${leafSlot(record.leaf)}`] : [];
    });
    return new Map(slots.map((slot) => [slot, heard.get(slot)!]));
  }

  async function restart(prefix: readonly TaskRecord[], seed: number) {
    const disk = new SimDisk('restarted');
    if (prefix.length > 0) disk.entries.set(5, encodeRecords(prefix));
    const opened = new Set(prefix.map(({ taskId }) => taskId));
    for (const stored of world.disks[victim]!.tasks.values())
      if (opened.has(stored.taskId)) disk.tasks.set(stored.taskId, stored);
    const clock = new TestClock();
    const judge = async () => ({ ...APPROVAL, confidence: 0.81, summary: 'another answer' });
    const network = new TestNetwork();
    for (const [index, { publicKey }] of committee.validators.entries()) {
      if (index !== victim)
        network.connect(publicKey, index, (request) => world.engines[index]!.onRequest(request, ''));
    }
    const node = await startNode({ committee, self: victim, clock, disk, judge, network });
    const random = new SeededRandom(seed);
    const others = world.frames
      .filter(({ from }) => from !== victim)
      .map(({ frame }) => ({ frame, key: random.fraction() }));
    for (const { frame } of others.sort((a, b) => a.key - b.key)) {
      node.engine.onFrame(frame, 'peer');
      await clock.pass(random.integer(0, 40));
    }
    await clock.pass(5_000);
    // A task that this node heard of only after the decision is caught up by its certificate.
    for (const { frame } of others) node.engine.onFrame(frame, 'peer');
    await clock.pass(5_000);
    node.engine.stop();
    const judged = node.judged.map(
      (task) => taskIds[[1, 2].findIndex((number) => JSON.stringify(taskOf(number)) === JSON.stringify(task))]!,
    );
    return { said: saidIn(node.network.broadcasts), judged, disk };
  }
}

async function waitFor<T>(clock: TestClock, promise: Promise<T>): Promise<T> {
  await clock.pass(50);
  return promise;
}
