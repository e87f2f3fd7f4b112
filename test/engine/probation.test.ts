import assert from 'node:assert/strict';
import { Probation } from '../../src/engine/probation.ts';
import { TestClock } from './fixture.ts';

const DURATION_MS = 1_000;

describe('R29: a probation', () => {
  const start = () => {
    const clock = new TestClock();
    const others = { told: true };
    const probation = new Probation(DURATION_MS, clock, () => others.told);
    let over = 0;
    probation.whenOver(() => {
      over += 1;
    });
    return { clock, probation, others, overs: () => over };
  };

  it('is none before it begins, and ends once', async () => {
    const { clock, probation, overs } = start();
    assert.equal(probation.isRunning, false);
    assert.equal(probation.untilMs, 0);
    probation.prolong();
    assert.equal(probation.isRunning, false, 'what does not run is not prolonged');
    probation.begin();
    assert.equal(probation.untilMs, clock.nowMs() + DURATION_MS);
    await clock.pass(DURATION_MS - 1);
    assert.equal(probation.isRunning, true);
    await clock.pass(1);
    assert.equal(probation.isRunning, false);
    await clock.pass(DURATION_MS);
    assert.equal(overs(), 1);
  });

  it('begins anew with each sign that the key still speaks elsewhere', async () => {
    const { clock, probation, overs } = start();
    probation.begin();
    await clock.pass(DURATION_MS - 1);
    probation.prolong();
    await clock.pass(DURATION_MS - 1);
    assert.equal(probation.isRunning, true);
    assert.equal(overs(), 0);
    await clock.pass(1);
    assert.equal(overs(), 1);
  });

  it('lasts until what others know is known', async () => {
    const { clock, probation, others, overs } = start();
    others.told = false;
    probation.begin();
    await clock.pass(3 * DURATION_MS);
    assert.equal(probation.isRunning, true);
    assert.ok(probation.untilMs > clock.nowMs());
    others.told = true;
    await clock.pass(DURATION_MS);
    assert.equal(overs(), 1);
  });

  it('is not shortened by a clock that jumps ahead', () => {
    let nowMs = 0;
    const clock = { nowMs: () => nowMs, setTimer: () => () => {} };
    const probation = new Probation(DURATION_MS, clock, () => true);
    probation.begin();
    nowMs += 3_600_000;
    assert.equal(probation.isRunning, true);
  });

  it('ends without a word if it is stopped', async () => {
    const { clock, probation, overs } = start();
    probation.begin();
    probation.stop();
    await clock.pass(2 * DURATION_MS);
    assert.equal(overs(), 0);
  });
});
