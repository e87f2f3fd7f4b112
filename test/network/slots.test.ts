import assert from 'node:assert/strict';
import { Slots } from '../../src/network/slots.ts';

const never = new AbortController().signal;

describe('Slots', () => {
  it('admit holders up to their number, then waiters in order, then nobody', async () => {
    const slots = new Slots(2, 2);
    const order: number[] = [];
    assert.deepEqual([await slots.take(never), await slots.take(never)], [true, true]);
    const third = slots.take(never).then((taken) => order.push(taken ? 3 : -3));
    const fourth = slots.take(never).then((taken) => order.push(taken ? 4 : -4));
    assert.equal(await slots.take(never), false);
    assert.deepEqual(order, []);
    slots.release();
    await third;
    slots.release();
    await fourth;
    assert.deepEqual(order, [3, 4]);
    slots.release();
    slots.release();
    assert.equal(await slots.take(never), true);
  });

  it('let a waiter go that gives up, and pass its turn on', async () => {
    const slots = new Slots(1, 2);
    await slots.take(never);
    const patience = new AbortController();
    const impatient = slots.take(patience.signal);
    const patient = slots.take(never);
    patience.abort();
    assert.equal(await impatient, false);
    slots.release();
    assert.equal(await patient, true);
    assert.equal(await slots.take(patience.signal), false);
  });
});
