import assert from 'node:assert/strict';
import { GRAYLIST_SCORE, PeerScores } from '../../src/network/peer-score.ts';
import { quiet } from './cluster.ts';
import { ManualClock } from './manual-clock.ts';

const MINUTE_MS = 60_000;

describe('PeerScores', () => {
  const clock = new ManualClock();
  const warnings: unknown[] = [];
  const scores = new PeerScores(clock, { ...quiet, warn: (fields) => warnings.push(fields) });

  it('hold nothing against anybody at first', () => {
    assert.equal(scores.score('a'), 0);
  });

  it('sum up faults, each peer for itself', () => {
    for (let n = 0; n < 20; n += 1) scores.add('a', n % 2 === 0 ? 'rejected-push' : 'malformed-request');
    assert.ok(scores.score('a') <= GRAYLIST_SCORE);
    assert.equal(scores.score('b'), 0);
  });

  it('tell once, with the reasons, when a peer is shut out', () => {
    assert.deepEqual(warnings, [{ peer: 'a', reasons: { 'rejected-push': 9, 'malformed-request': 8 } }]);
  });

  it('forget by half in a minute, and altogether in the end', async () => {
    const before = scores.score('a');
    await clock.advance(MINUTE_MS);
    assert.equal(scores.score('a'), before / 2);
    await clock.advance(30 * MINUTE_MS);
    scores.add('b', 'malformed-response');
    assert.equal(scores.score('a'), 0);
  });

  it('never reach the graylist by one fault every ten minutes', async () => {
    for (let n = 0; n < 100; n += 1) {
      scores.add('c', 'malformed-response');
      await clock.advance(10 * MINUTE_MS);
      assert.ok(scores.score('c') > GRAYLIST_SCORE / 10);
    }
  });
});
