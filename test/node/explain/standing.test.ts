import assert from 'node:assert/strict';
import type { TimelineEntry } from '../../../src/engine/ports.ts';
import { standingsOf } from '../../../src/node/explain/standing.ts';
import { wordsOf } from '../../../src/node/explain/words.ts';
import { absenceSentence } from '../../../src/protocol/explanation.ts';
import type { Vote } from '../../../src/protocol/judgement.ts';
import type { ValidationResult } from '../../../src/protocol/validation-result.ts';
import type { Core } from '../../../src/protocol/value.ts';
import { makeResult } from '../result-fixture.ts';

const SEEN: TimelineEntry = { event: 'seen', atMs: 1_000 };

/** A core in which the last validator's result is as given, or missing. */
function coreOf(votes: Vote[], change: Partial<Core> = {}, last?: Partial<ValidationResult>): Core {
  const { core } = makeResult({ votes });
  const reveals = core.reveals.map((reveal) =>
    reveal.index === 3 && last !== undefined ? { ...reveal, result: { ...reveal.result, ...last } } : reveal,
  );
  return { ...core, reveals, ...change };
}

const { committee } = makeResult();
const AGREED: Vote[] = ['approve', 'approve', 'approve', 'approve'];

function lastOf(core: Core, timeline: TimelineEntry[] = [SEEN], signers = [0, 1, 2]) {
  const found = standingsOf({ committee, core, timeline, signers: new Set(signers) })[3]!;
  return { standing: found.standing, reason: found.reason, words: wordsOf(committee, found, timeline) };
}

describe('how a validator stands to a decided task', () => {
  const without = (core: Core) => ({ ...core, reveals: core.reveals.filter(({ index }) => index !== 3) });
  const entry = (event: TimelineEntry['event'], more: Partial<TimelineEntry> = {}): TimelineEntry => {
    return { event, atMs: 1_250, validatorIndex: 3, ...more };
  };
  const missing = without(coreOf(AGREED));
  const sentence = absenceSentence(3, committee.validators[3]!.publicKey, 500);

  const CASES: [string, Core, TimelineEntry[], number[], string, string | undefined, RegExp][] = [
    ['agreed', coreOf(AGREED), [SEEN], [0, 1, 2], 'agreed', undefined, /approved with 90 % confidence$/],
    [
      'dissented',
      coreOf(['approve', 'approve', 'approve', 'reject']),
      [SEEN],
      [0],
      'dissented',
      undefined,
      /dissented: it rejected/,
    ],
    ['voted', coreOf(['approve', 'approve', 'reject', 'reject']), [SEEN], [0], 'voted', undefined, /rejected with/],
    [
      'abstained',
      coreOf(['approve', 'approve', 'approve', 'abstain']),
      [SEEN],
      [0],
      'abstained',
      'abstained_timeout',
      /no answer within/,
    ],
    [
      'below the minimum',
      coreOf(AGREED, {}, { confidencePpm: 700_000 }),
      [SEEN],
      [0],
      'abstained',
      'below_min_confidence',
      /minimum confidence/,
    ],
    ['a part', coreOf(AGREED, {}, { complete: false }), [SEEN], [0], 'abstained', 'partial_approval', /only a part/],
    [
      'away',
      missing,
      [SEEN, entry('not_connected', { note: sentence })],
      [0],
      'missing',
      'not_connected',
      /is not connected since/,
    ],
    ['connected and silent', missing, [SEEN], [0], 'missing', 'no_commitment_in_time', /committed to no judgement/],
    ['not seen', missing, [], [0], 'missing', undefined, /nothing of it is in the result/],
    [
      'late with its commitment',
      missing,
      [SEEN, entry('committed')],
      [0],
      'late',
      'commitment_late',
      /after the lists had closed/,
    ],
    ['late, yet signing', missing, [SEEN], [0, 3], 'late', 'no_commitment_in_time', /committed to no judgement/],
    [
      'withheld',
      { ...missing, unrevealed: [3] },
      [SEEN, entry('committed')],
      [0],
      'unrevealed',
      'reveal_withheld',
      /never revealed/,
    ],
    [
      'revealing late',
      { ...missing, unrevealed: [3] },
      [SEEN, entry('revealed')],
      [0],
      'unrevealed',
      'reveal_late',
      /too late/,
    ],
  ];
  for (const [name, core, timeline, signers, standing, reason, words] of CASES) {
    it(`is ${standing}: ${name}`, () => {
      const found = lastOf(core, timeline, signers);
      assert.deepEqual([found.standing, found.reason], [standing, reason]);
      assert.match(found.words, words);
      assert.match(found.words, /^validator 3 \([0-9a-f]{8}…\)/);
    });
  }

  it('tells of an absence in the one sentence for it', () => {
    assert.equal(lastOf(missing, [SEEN, entry('not_connected', { note: sentence })]).words, sentence);
  });

  it('has the moments at which this node heard it, after it first saw the task', () => {
    const timeline = [SEEN, entry('committed'), entry('revealed', { atMs: 1_900 })];
    const [first, , , last] = standingsOf({ committee, core: coreOf(AGREED), timeline, signers: new Set() });
    assert.deepEqual([last!.committedAfterMs, last!.revealedAfterMs], [250, 900]);
    assert.deepEqual([first!.committedAfterMs, first!.revealedAfterMs], [null, null]);
  });
});
