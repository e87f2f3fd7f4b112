import assert from 'node:assert/strict';
import { OFFENCES, type Offence } from '../../src/engine/ports.ts';
import {
  BAN_MS,
  OBSERVER_BAN_MS_MAX,
  PeerScores,
  SHUT_OUT_SCORE,
  THROTTLE_SCORE,
  VALIDATOR_BAN_MS_MAX,
} from '../../src/network/peer-score.ts';
import { quiet } from './cluster.ts';
import { ManualClock } from './manual-clock.ts';

const MINUTE_MS = 60_000;

function setUp() {
  const clock = new ManualClock();
  const warnings: Record<string, unknown>[] = [];
  const banned: [string, Offence][] = [];
  const scores = new PeerScores({
    clock,
    logger: { ...quiet, warn: (fields) => warnings.push(fields) },
    isValidator: (key) => key.startsWith('validator'),
    onBan: (key, offence) => banned.push([key, offence]),
  });
  /** Offends until the peer is kept out; returns for how long. */
  const offendUntilBanned = (key: string, offence: Offence = 'bad-signature') => {
    for (let n = 0; !scores.isBanned(key); n += 1) {
      assert.ok(n < 200, 'it is never kept out');
      scores.add(key, offence);
    }
    return scores.standings().find((standing) => standing.key === key)!.bannedUntilMs! - clock.nowMs();
  };
  return { clock, scores, warnings, banned, offendUntilBanned };
}

describe('PeerScores', () => {
  it('hold nothing against anybody at first, and sum offences up, each peer for itself', () => {
    const { scores } = setUp();
    assert.equal(scores.score('a'), 0);
    scores.add('a', 'bad-signature');
    assert.ok(scores.score('a') < 0);
    assert.deepEqual([scores.score('b'), scores.isThrottled('b'), scores.isBanned('b')], [0, false, false]);
  });

  for (const offence of OFFENCES) {
    it(`throttle for ${offence}, then keep out, and tell once and why`, () => {
      const { scores, warnings, banned, offendUntilBanned } = setUp();
      let wasThrottled = false;
      while (!scores.isBanned('a')) {
        scores.add('a', offence);
        wasThrottled ||= scores.isThrottled('a') && !scores.isBanned('a');
      }
      assert.ok(wasThrottled);
      offendUntilBanned('a'); // what is still on its way changes nothing
      assert.deepEqual(banned, [['a', offence]]);
      assert.equal(warnings.length, 1);
      assert.ok((warnings[0]!['offences'] as Record<string, number>)[offence]! > 0);
      assert.equal(scores.bans, 1);
    });
  }

  it('let a peer back on probation: throttled, until its debt is paid', async () => {
    const { clock, scores, offendUntilBanned } = setUp();
    assert.equal(offendUntilBanned('a'), BAN_MS);
    await clock.advance(BAN_MS);
    assert.deepEqual([scores.isBanned('a'), scores.score('a')], [false, THROTTLE_SCORE]);
    await clock.advance(MINUTE_MS);
    assert.deepEqual([scores.isThrottled('a'), scores.score('a')], [false, THROTTLE_SCORE / 2]);
  });

  it('keep a stranger out twice as long each time, and a validator never for more than half a minute', async () => {
    const { clock, offendUntilBanned } = setUp();
    const times = { stranger: [] as number[], 'validator 1': [] as number[] };
    for (let n = 0; n < 12; n += 1) {
      const [stranger, validator] = [offendUntilBanned('stranger'), offendUntilBanned('validator 1')];
      times.stranger.push(stranger);
      times['validator 1'].push(validator);
      await clock.advance(Math.max(stranger, validator));
    }
    assert.deepEqual(times.stranger.slice(0, 4), [BAN_MS, 2 * BAN_MS, 4 * BAN_MS, 8 * BAN_MS]);
    assert.equal(times.stranger.at(-1), OBSERVER_BAN_MS_MAX);
    assert.deepEqual(times['validator 1'].slice(0, 3), [BAN_MS, 2 * BAN_MS, VALIDATOR_BAN_MS_MAX]);
    assert.equal(Math.max(...times['validator 1']), VALIDATOR_BAN_MS_MAX);
    await clock.advance(2 * OBSERVER_BAN_MS_MAX);
    assert.equal(offendUntilBanned('stranger'), BAN_MS, 'long ago is forgotten');
  });

  it('are not fooled by a clock that is set back an hour', async () => {
    const { clock, scores, offendUntilBanned } = setUp();
    offendUntilBanned('validator 1');
    clock.sleep(-60 * MINUTE_MS);
    assert.equal(scores.isBanned('validator 1'), false);
  });

  it('never keep anybody out for one offence every ten minutes', async () => {
    const { clock, scores } = setUp();
    for (let n = 0; n < 100; n += 1) {
      for (const [at, offence] of OFFENCES.entries()) if (at === n % OFFENCES.length) scores.add('c', offence);
      assert.ok(scores.score('c') > SHUT_OUT_SCORE / 3);
      await clock.advance(10 * MINUTE_MS);
    }
  });

  it('stay bounded whatever keys connect, and forget the unbanned first', () => {
    const { scores, offendUntilBanned } = setUp();
    offendUntilBanned('worst');
    for (let n = 0; n < 2_500; n += 1) scores.add(`stranger ${n}`, 'malformed-request');
    assert.ok(scores.standings().length <= 2_048);
    assert.ok(scores.isBanned('worst'));
    assert.equal(scores.standings()[0]!.score <= scores.standings()[1]!.score, true);
  });
});
