import assert from 'node:assert/strict';
import type { Store } from '../../src/engine/ports.ts';
import { toHex } from '../../src/protocol/bytes.ts';
import { sha256 } from '../../src/protocol/sha256.ts';

/** A digest that stands for a small number. */
export function digestOf(number: number): string {
  return toHex(sha256(Buffer.from(`digest ${number}`)));
}

export const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

/** What every store promises; `open` gives an empty one, dated by `nowMs`. */
export function describeStore(name: string, open: (clock: { nowMs(): number }) => Promise<Store>): void {
  describe(`${name} as a Store`, () => {
    let store: Store;
    let nowMs = 0;
    const resultOf = (number: number, text = `cert ${number}`) => ({
      taskId: digestOf(number),
      certBytes: bytesOf(text),
    });

    beforeEach(async () => {
      nowMs = 1_000;
      store = await open({ nowMs: () => nowMs });
    });
    afterEach(() => store.close());

    it('is empty at first', async () => {
      assert.deepEqual(await store.journal(), []);
      assert.equal(await store.task(digestOf(1)), undefined);
      assert.equal(await store.report(digestOf(1)), undefined);
      assert.equal(await store.result(digestOf(1)), undefined);
      assert.equal(await store.hasResult(digestOf(1)), false);
      assert.deepEqual(await store.results({ limit: 10, order: 'newest' }), []);
      assert.deepEqual(await store.resultIds(0, 10), []);
      assert.deepEqual(await store.evidence(10), []);
      assert.equal(store.resultCount(), 0);
      assert.equal(store.damagedCount(), 0);
      assert.ok(store.storeId.length > 0);
    });

    it('takes a write that holds nothing', async () => {
      await store.write({});
      assert.equal(store.resultCount(), 0);
    });

    it('keeps a task as it was first seen', async () => {
      const task = { taskId: digestOf(1), taskBytes: bytesOf('task'), firstSeenMs: 5.25 };
      await store.write({ tasks: [task, { ...task, firstSeenMs: 6 }] });
      await store.write({ tasks: [{ ...task, firstSeenMs: 7 }] });
      assert.deepEqual(plain(await store.task(task.taskId)), plain(task));
    });

    it('keeps values of no bytes and of 4 MiB', async () => {
      const large = new Uint8Array(4 * 1024 * 1024).fill(7);
      await store.write({
        reports: [
          { digest: digestOf(1), reportBytes: new Uint8Array(0) },
          { digest: digestOf(2), reportBytes: large },
        ],
      });
      assert.equal((await store.report(digestOf(1)))?.length, 0);
      assert.ok(Buffer.from(large).equals((await store.report(digestOf(2)))!));
    });

    it('does not notice what becomes of the bytes that it was given', async () => {
      const bytes = bytesOf('before');
      await store.write({ reports: [{ digest: digestOf(1), reportBytes: bytes }], journal: { tick: 1, bytes } });
      bytes.fill(0);
      assert.equal(textOf((await store.report(digestOf(1)))!), 'before');
      assert.equal(textOf((await store.journal())[0]!.bytes), 'before');
    });

    it('gives the journal by ascending tick, without the entries dropped', async () => {
      for (const tick of [256, 1, 255, 2 ** 40, 3])
        await store.write({ journal: { tick, bytes: bytesOf(`tick ${tick}`) } });
      await store.write({ journal: { tick: 300, bytes: bytesOf('tick 300') }, dropJournal: [255, 3, 999] });
      const entries = (await store.journal()).map(({ tick, bytes }) => [tick, textOf(bytes)]);
      assert.deepEqual(
        entries,
        [1, 256, 300, 2 ** 40].map((tick) => [tick, `tick ${tick}`]),
      );
    });

    it('numbers results from 1 in the order of writing', async () => {
      await store.write({ results: [resultOf(1), resultOf(2)] });
      nowMs = 2_000;
      await store.write({ results: [resultOf(3)] });
      const listed = await store.results({ limit: 10, order: 'oldest' });
      assert.deepEqual(
        listed.map((result) => [result.taskId, result.sequence, result.storedAtMs, textOf(result.certBytes)]),
        [
          [digestOf(1), 1, 1_000, 'cert 1'],
          [digestOf(2), 2, 1_000, 'cert 2'],
          [digestOf(3), 3, 2_000, 'cert 3'],
        ],
      );
      assert.deepEqual(plain(await store.result(digestOf(3))), plain(listed[2]!));
      assert.equal(await store.hasResult(digestOf(3)), true);
      assert.equal(store.resultCount(), 3);
    });

    it('keeps the first of two results of one task', async () => {
      await store.write({ results: [resultOf(1, 'first'), resultOf(1, 'same write')] });
      await store.write({ results: [resultOf(1, 'second'), resultOf(2)] });
      const listed = await store.results({ limit: 10, order: 'oldest' });
      assert.deepEqual(
        listed.map(({ sequence, certBytes }) => [sequence, textOf(certBytes)]),
        [
          [1, 'first'],
          [2, 'cert 2'],
        ],
      );
      assert.equal(store.resultCount(), 2);
    });

    it('pages through results from either end', async () => {
      await store.write({ results: Array.from({ length: 150 }, (_, index) => resultOf(index + 1)) });
      const sequences = async (query: Parameters<Store['results']>[0]) =>
        (await store.results(query)).map(({ sequence }) => sequence);
      assert.deepEqual(await sequences({ limit: 2, order: 'newest' }), [150, 149]);
      assert.deepEqual(await sequences({ cursor: 149, limit: 2, order: 'newest' }), [148, 147]);
      assert.deepEqual(await sequences({ cursor: 1, limit: 2, order: 'newest' }), []);
      assert.deepEqual(await sequences({ cursor: 148, limit: 5, order: 'oldest' }), [149, 150]);
      assert.deepEqual(await sequences({ cursor: 150, limit: 5, order: 'oldest' }), []);
      assert.deepEqual(await sequences({ limit: 0, order: 'oldest' }), []);
      const all = Array.from({ length: 150 }, (_, index) => index + 1);
      assert.deepEqual(await sequences({ limit: 1000, order: 'newest' }), all.toReversed());
      assert.deepEqual(
        await store.resultIds(148, 10),
        [149, 150].map((n) => ({ sequence: n, taskId: digestOf(n) })),
      );
      assert.equal((await store.resultIds(0, 3)).length, 3);
    });

    it('keeps the first evidence of a slot', async () => {
      const evidence = { taskId: digestOf(1), validatorIndex: 2, slot: 'PREVOTE/10', evidenceBytes: bytesOf('first') };
      await store.write({
        evidence: [evidence, { ...evidence, validatorIndex: 3 }, { ...evidence, slot: 'PREVOTE/1' }],
      });
      await store.write({ evidence: [{ ...evidence, evidenceBytes: bytesOf('second') }] });
      const kept = await store.evidence(10);
      assert.deepEqual(kept.map((item) => [item.validatorIndex, item.slot, textOf(item.evidenceBytes)]).sort(), [
        [2, 'PREVOTE/1', 'first'],
        [2, 'PREVOTE/10', 'first'],
        [3, 'PREVOTE/10', 'first'],
      ]);
      assert.equal((await store.evidence(2)).length, 2);
    });

    it('writes all of a write or nothing', async () => {
      const write = { results: [resultOf(1)], journal: { tick: -1, bytes: bytesOf('no such tick') } };
      await assert.rejects(store.write(write), RangeError);
      assert.equal(await store.hasResult(digestOf(1)), false);
      await store.write({ ...write, journal: { tick: 1, bytes: bytesOf('tick') } });
      assert.equal((await store.result(digestOf(1)))?.sequence, 1);
    });

    it('refuses a second write before the first is done', async () => {
      const first = store.write({ results: [resultOf(1)] });
      await assert.rejects(store.write({ results: [resultOf(2)] }), { code: 'WRITE_IN_FLIGHT' });
      await first;
      await store.write({ results: [resultOf(2)] });
      assert.equal((await store.result(digestOf(2)))?.sequence, 2);
    });

    it('finishes a write before it closes, and is closed then', async () => {
      const write = store.write({ results: [resultOf(1)] });
      await Promise.all([store.close(), store.close()]);
      await write;
      await assert.rejects(store.write({}), { code: 'DATA_CLOSED' });
      await assert.rejects(async () => store.result(digestOf(1)), { code: 'DATA_CLOSED' });
    });
  });
}

/** Bytes as hex, so that a Buffer equals a Uint8Array of the same bytes. */
export function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, item) => {
      if (item?.type === 'Buffer') return toHex(Uint8Array.from(item.data));
      return item instanceof Uint8Array ? toHex(item) : item;
    }) ?? 'null',
  );
}
