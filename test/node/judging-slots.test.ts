import assert from 'node:assert/strict';
import { JudgingSlots, type SlotOptions } from '../../src/node/judging-slots.ts';

const never = new AbortController().signal;
const NEVER_MS = 3_600_000;
const create = (options: Partial<SlotOptions> = {}) =>
  new JudgingSlots({ max: 5, usual: 5, patienceMs: NEVER_MS, hungMs: NEVER_MS, ...options });
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

describe('JudgingSlots', () => {
  it('gives turns in the order of arrival, one at a time', async () => {
    const slots = create();
    const turns: number[] = [];
    const takers = [0, 1, 2].map(async (index) => {
      const release = await slots.take(never);
      turns.push(index);
      return release;
    });
    for (const [index, taker] of takers.entries()) {
      const release = await taker;
      assert.deepEqual([turns.length, slots.active, slots.waiting], [index + 1, 1, 2 - index]);
      release();
    }
    assert.deepEqual([turns, slots.active, slots.waiting], [[0, 1, 2], 0, 0]);
  });

  it('widens for tasks that have waited, as far as is usual', async () => {
    const slots = create({ usual: 3, patienceMs: 5 });
    const takers = Array.from({ length: 4 }, () => slots.take(never));
    const [release] = await Promise.all(takers.slice(0, 3));
    await pause(30);
    assert.deepEqual([slots.active, slots.waiting], [3, 1]);
    release!();
    await takers[3];
    assert.equal(slots.active, 3);
  });

  it('does not widen for a line that is never empty but moves on', async () => {
    const slots = create({ patienceMs: 300 });
    let release = await slots.take(never);
    let waiting = slots.take(never);
    for (let step = 0; step < 40; step++) {
      await pause(10);
      const next = slots.take(never);
      release();
      release = await waiting;
      assert.deepEqual([slots.active, slots.waiting], [1, 1]);
      waiting = next;
    }
  });

  it('lets another pass each one that hangs, up to its most, and takes that back when they end', async () => {
    const slots = create({ max: 3, usual: 1, hungMs: 20 });
    const takers = Array.from({ length: 5 }, () => slots.take(never));
    const held = await Promise.all(takers.slice(0, 3));
    await pause(60);
    assert.deepEqual([slots.active, slots.waiting], [3, 2]);
    for (const release of held) release();
    assert.deepEqual([slots.active, slots.waiting], [1, 1]);
    (await takers[3]!)();
    (await takers[4]!)();
    assert.deepEqual([slots.active, slots.waiting], [0, 0]);
  });

  it('forgets who no longer waits', async () => {
    const slots = create();
    const release = await slots.take(never);
    const leaving = new AbortController();
    const waiting = slots.take(leaving.signal);
    leaving.abort(new Error('gone'));
    await assert.rejects(waiting, /gone/);
    release();
    assert.deepEqual([slots.active, slots.waiting], [0, 0]);
  });

  it('narrows to what is in use, and widens again only for who has waited', async () => {
    const slots = create({ patienceMs: 5 });
    const held = await Promise.all(Array.from({ length: 3 }, () => slots.take(never)));
    slots.narrow(3);
    for (const release of held) release();
    slots.narrow(0);
    const again = [slots.take(never), slots.take(never)];
    assert.deepEqual([slots.active, slots.waiting], [1, 1]);
    await Promise.all(again);
    assert.equal(slots.active, 2);
  });
});
