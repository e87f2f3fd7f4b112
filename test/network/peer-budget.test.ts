import assert from 'node:assert/strict';
import { FLOOD_NOTED_MS, FRAME_UNITS, REQUEST_UNITS } from '../../src/network/limits.ts';
import { PeerBudgets } from '../../src/network/peer-budget.ts';
import { ManualClock } from './manual-clock.ts';

const never = new AbortController().signal;

function setUp() {
  const clock = new ManualClock();
  const floods: string[] = [];
  const throttled = new Set<string>();
  const budgets = new PeerBudgets({
    clock,
    isThrottled: (key) => throttled.has(key),
    onFlood: (key) => floods.push(key),
  });
  const taken = (key: string, frames: number, bytes = 0) => {
    let number = 0;
    for (let n = 0; n < frames; n += 1) if (budgets.takeFrame(key, bytes)) number += 1;
    return number;
  };
  return { clock, floods, throttled, budgets, taken };
}

describe('PeerBudgets', () => {
  it('take a burst of frames, then as many as the rate gives', async () => {
    const { clock, taken } = setUp();
    assert.equal(taken('a', 2 * FRAME_UNITS.burst), FRAME_UNITS.burst);
    await clock.advance(1000);
    assert.equal(taken('a', 2 * FRAME_UNITS.burst), FRAME_UNITS.perSecond);
  });

  it('count bytes too', () => {
    const { taken } = setUp();
    const large = taken('a', FRAME_UNITS.burst, 256 * 1024);
    assert.ok(large > 100 && large < FRAME_UNITS.burst / 50, `${large}`);
  });

  it('leave every other peer its own', () => {
    const { taken } = setUp();
    taken('a', 2 * FRAME_UNITS.burst);
    assert.equal(taken('b', 100), 100);
  });

  it('give a throttled peer a quarter', () => {
    const { throttled, taken } = setUp();
    throttled.add('a');
    assert.equal(taken('a', FRAME_UNITS.burst), FRAME_UNITS.burst / 4);
  });

  it('tell of a flood a few times a second, however many frames it has', async () => {
    const { clock, floods, taken } = setUp();
    taken('a', 3 * FRAME_UNITS.burst);
    assert.deepEqual(floods, ['a']);
    await clock.advance(FLOOD_NOTED_MS);
    taken('a', FRAME_UNITS.burst);
    assert.deepEqual(floods, ['a', 'a']);
  });

  it('let requests beyond the budget wait, for as long as their answers were large', async () => {
    const { clock, budgets } = setUp();
    await budgets.awaitRequest('a', never);
    budgets.spendAnswer('a', 4096 * (REQUEST_UNITS.burst + REQUEST_UNITS.perSecond));
    let answered = false;
    const waits = budgets.awaitRequest('a', never).then(() => {
      answered = true;
    });
    await budgets.awaitRequest('b', never); // nobody else waits
    await clock.advance(900);
    assert.equal(answered, false);
    await clock.advance(200);
    await waits;
    assert.equal(clock.timers, 0);
  });

  it('end a wait when the network stops', async () => {
    const { clock, budgets } = setUp();
    budgets.spendAnswer('a', 4096 * 10 * REQUEST_UNITS.burst);
    const stopping = new AbortController();
    const waits = budgets.awaitRequest('a', stopping.signal);
    stopping.abort();
    await waits;
    assert.equal(clock.timers, 0);
  });
});
