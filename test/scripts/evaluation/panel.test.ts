import assert from 'node:assert/strict';
import type { Scored } from '../../../scripts/evaluation/measures.ts';
import {
  bestOnHistory,
  defaultCommittee,
  likeness,
  outcomeOf,
  panelBadness,
  weightedByHistory,
} from '../../../scripts/evaluation/panel.ts';
import type { Judgement } from '../../../src/protocol/judgement.ts';

function judgement(vote: Judgement['vote'], confidence: number): Judgement {
  const coverage = { filesTotal: 1, filesJudged: 1, linesTotal: 1, linesJudged: 1, omitted: [] };
  const model = { id: 'm', family: 'f' };
  return { vote, confidence, complete: true, summary: '', findings: [], coverage, model };
}

const row = (bad: boolean) => ({ bad, group: 'g', pair: undefined, benign: false });
const scored = (...entries: [bad: boolean, badness: number][]): Scored[] =>
  entries.map(([bad, badness]) => ({ row: row(bad), badness }));

describe('the panel of an evaluation', () => {
  const committee = defaultCommittee(4);
  const decide = (...confidences: number[]) =>
    outcomeOf(
      committee,
      confidences.map((badness) => judgement(badness > 0.5 ? 'reject' : 'approve', Math.max(badness, 1 - badness))),
    );

  it('is decided by the default rules of a network', () => {
    assert.equal(decide(0.1, 0.1, 0.15, 0.9), 'APPROVED');
    assert.equal(decide(0.9, 0.9, 0.85, 0.1), 'REJECTED');
    assert.equal(decide(0.1, 0.1, 0.9, 0.9), 'INCONCLUSIVE');
    assert.equal(decide(0.1, 0.1, 0.3, 0.3), 'INCONCLUSIVE');
    assert.equal(decide(0.1, 0.3, 0.3, 0.3), 'EXPIRED');
  });

  it('takes the mean of log-odds, to which an abstention adds nothing', () => {
    assert.equal(panelBadness([0.5, 0.5]), 0.5);
    assert.ok(Math.abs(panelBadness([0.9, 0.1]) - 0.5) < 1e-9);
    assert.ok(panelBadness([0.9, 0.5]) > 0.7 && panelBadness([0.9, 0.5]) < 0.9);
    assert.ok(panelBadness([1, 1, 0.02]) < 1, 'nobody is certain');
  });

  it('has its best member chosen without the fold that it is judged on', () => {
    const good = scored([true, 0.9], [false, 0.1], [true, 0.1], [false, 0.9]);
    const bad = scored([true, 0.1], [false, 0.9], [true, 0.9], [false, 0.1]);
    assert.deepEqual(
      [...bestOnHistory([good, bad], [0, 0, 1, 1])],
      [
        [0, 1],
        [1, 0],
      ],
    );
  });

  it('learns from the other folds whom to trust', () => {
    const rows = Array.from({ length: 80 }, (_, i) => row(i % 2 === 0));
    const knows = rows.map(({ bad }) => (bad ? 0.8 : 0.2));
    const opposes = rows.map(({ bad }) => (bad ? 0.1 : 0.9));
    const folds = rows.map((_, i) => (i >> 1) % 4);
    const weighted = weightedByHistory(rows, [knows, opposes], folds);
    assert.ok(weighted.every(({ row: { bad }, badness }) => badness > 0.5 === bad));
    assert.ok(rows.every(({ bad }, i) => panelBadness([knows[i]!, opposes[i]!]) > 0.5 !== bad));
  });

  it('tells judges that err together from those that do not', () => {
    const a = scored([true, 0.9], [true, 0.1], [false, 0.1], [false, 0.9]);
    const other = scored([true, 0.1], [true, 0.9], [false, 0.9], [false, 0.1]);
    assert.deepEqual(likeness(a, a), { correlation: 1, agreement: 1 });
    assert.deepEqual(likeness(a, other), { correlation: -1, agreement: 0 });
  });
});
