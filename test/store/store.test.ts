import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Store, StoreWrite } from '../../src/engine/ports.ts';
import type { Backend } from '../../src/store/backend.ts';
import { DamageLog } from '../../src/store/damage-log.ts';
import { openLevelStore } from '../../src/store/level-store.ts';
import { createMemoryBackend } from '../../src/store/memory-backend.ts';
import { createMemoryStore } from '../../src/store/memory-store.ts';
import { TableStore } from '../../src/store/store.ts';
import { createTables } from '../../src/store/tables.ts';
import { bytesOf, digestOf, plain } from '../contract/store.ts';
import { removeFolders, temporaryFolder } from './folder.ts';

const clock = { nowMs: () => 1_000 };
const KEYS = 5;

const digest = fc.integer({ min: 1, max: KEYS }).map(digestOf);
const bytes = fc.uint8Array({ maxLength: 5 });
const few = <T>(item: fc.Arbitrary<T>) => fc.array(item, { maxLength: 3 });
const anyWrite: fc.Arbitrary<StoreWrite> = fc.record(
  {
    tasks: few(fc.record({ taskId: digest, taskBytes: bytes, firstSeenMs: fc.nat(9) })),
    journal: fc.record({ tick: fc.nat(KEYS), bytes }),
    reports: few(fc.record({ digest, reportBytes: bytes })),
    results: few(fc.record({ taskId: digest, certBytes: bytes })),
    evidence: few(
      fc.record({
        taskId: digest,
        validatorIndex: fc.nat(1),
        slot: fc.constantFrom('CLOSE/0', 'PREVOTE/1'),
        evidenceBytes: bytes,
      }),
    ),
    dropJournal: few(fc.nat(KEYS)),
  },
  { requiredKeys: [] },
);

/** All that a store answers to, as text. */
async function everythingOf(store: Store): Promise<unknown> {
  const ids = Array.from({ length: KEYS }, (_, index) => digestOf(index + 1));
  const byId = ids.map(async (id) => [
    await store.task(id),
    await store.report(id),
    await store.result(id),
    await store.hasResult(id),
  ]);
  const lists = [
    await store.journal(),
    await store.results({ limit: 3, order: 'newest' }),
    await store.results({ limit: 9, order: 'oldest', cursor: 1 }),
    await store.resultIds(0, 2),
    await store.evidence(99),
  ];
  return plain([await Promise.all(byId), lists, store.resultCount(), store.damagedCount()]);
}

/** What the port's words come to, with nothing but maps. */
function expectedOf(writes: readonly StoreWrite[]): unknown {
  const [tasks, reports, evidence] = [new Map(), new Map(), new Map()];
  const results = new Map<string, { taskId: string; sequence: number; storedAtMs: number; certBytes: Uint8Array }>();
  const journal = new Map<number, Uint8Array>();
  const keep = <T>(map: Map<string, T>, key: string, value: T) => map.set(key, map.get(key) ?? value);
  for (const write of writes) {
    for (const task of write.tasks ?? []) keep(tasks, task.taskId, task);
    for (const report of write.reports ?? []) keep(reports, report.digest, report.reportBytes);
    for (const item of write.evidence ?? []) keep(evidence, `${item.taskId}${item.validatorIndex}${item.slot}`, item);
    for (const result of write.results ?? [])
      keep(results, result.taskId, { ...result, sequence: results.size + 1, storedAtMs: 1_000 });
    for (const tick of write.dropJournal ?? []) journal.delete(tick);
    if (write.journal) journal.set(write.journal.tick, write.journal.bytes);
  }
  const ids = Array.from({ length: KEYS }, (_, index) => digestOf(index + 1));
  const inOrder = [...results.values()].sort((a, b) => a.sequence - b.sequence);
  const lists = [
    [...journal].sort(([a], [b]) => a - b).map(([tick, entry]) => ({ tick, bytes: entry })),
    inOrder.toReversed().slice(0, 3),
    inOrder.slice(1),
    inOrder.slice(0, 2).map(({ sequence, taskId }) => ({ sequence, taskId })),
    [...evidence.keys()].sort().map((key) => evidence.get(key)),
  ];
  return plain([
    ids.map((id) => [tasks.get(id), reports.get(id), results.get(id), results.has(id)]),
    lists,
    results.size,
    0,
  ]);
}

describe('stores', function () {
  this.timeout(20_000);
  after(removeFolders);

  it('of LevelDB and of memory agree with the plain meaning of any writes, also over restarts', async () => {
    const steps = fc.array(fc.tuple(anyWrite, fc.boolean()), { maxLength: 8 });
    const property = fc.asyncProperty(steps, async (list) => {
      const directory = await temporaryFolder();
      const memory = createMemoryStore({ clock });
      let level = await openLevelStore({ directory, clock });
      for (const [write, restart] of list) {
        await level.write(write);
        await memory.write(write);
        if (!restart) continue;
        await level.close();
        level = await openLevelStore({ directory, clock });
      }
      const expected = sorted(expectedOf(list.map(([write]) => write)));
      assert.deepEqual(sorted(await everythingOf(memory)), expected);
      assert.deepEqual(sorted(await everythingOf(level)), expected);
      await level.close();
    });
    await fc.assert(property, { numRuns: 60 });
  });

  it('may repeat a write that failed, whether it took place or not', async () => {
    const results = (n: number) => [{ taskId: digestOf(n), certBytes: bytesOf(`cert ${n}`) }];
    for (const tookPlace of [false, true]) {
      const { store, failNext } = unreliableStore();
      await store.write({ results: results(1) });
      failNext(tookPlace);
      await assert.rejects(
        store.write({ results: results(2), journal: { tick: 1, bytes: bytesOf('tick') } }),
        /disk full/,
      );
      await store.write({ results: results(2), journal: { tick: 1, bytes: bytesOf('tick') } });
      await store.write({ results: results(3) });
      const listed = await store.results({ limit: 9, order: 'oldest' });
      assert.deepEqual(
        listed.map(({ taskId, sequence }) => [taskId, sequence]),
        [1, 2, 3].map((n) => [digestOf(n), n]),
      );
      assert.equal(store.resultCount(), 3);
      assert.equal((await store.journal()).length, 1);
    }
  });
});

/** Orders the keys of objects, so that texts of equal values are equal. */
function sorted(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, item) =>
      item !== null && typeof item === 'object' && !Array.isArray(item)
        ? Object.fromEntries(Object.entries(item).sort())
        : item,
    ),
  );
}

/** A store whose next write can be made to fail, before or after it took place. */
function unreliableStore() {
  const memory = createMemoryBackend();
  let failure: { tookPlace: boolean } | undefined;
  const apply: Backend['apply'] = async (changes) => {
    const now = failure;
    failure = undefined;
    if (now === undefined || now.tookPlace) await memory.apply(changes);
    if (now !== undefined) throw new Error('disk full');
  };
  const backend = { ...memory, apply };
  const damage = new DamageLog();
  const store = new TableStore({ storeId: 'x', backend, tables: createTables(backend, damage), damage, clock });
  const failNext = (tookPlace: boolean) => {
    failure = { tookPlace };
  };
  return { store, failNext };
}
