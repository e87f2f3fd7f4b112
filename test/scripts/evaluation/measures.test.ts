import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  badnessOf,
  balanceOf,
  gain,
  type Measure,
  measure,
  type Scored,
  share,
  withHistory,
} from '../../../scripts/evaluation/measures.ts';

type Entry = [bad: boolean, badness: number, pair?: string];

function scored(entries: readonly Entry[]): Scored[] {
  return entries.map(([bad, badness, pair], i) => ({ row: { bad, group: `g${i}`, pair, benign: false }, badness }));
}

function figure(entries: readonly Entry[], name: Measure, baseRate = 0.5): number {
  return Number(measure(scored(entries), baseRate)[name].value.toFixed(6));
}

const MIXED: Entry[] = [
  [true, 0.9],
  [true, 0.4],
  [false, 0.1],
  [false, 0.6],
];

describe('measures of judges', () => {
  it('read a verdict as the probability that the task is bad', () => {
    const verdict = { confidence: 0.9, complete: true };
    assert.equal(badnessOf({ ...verdict, vote: 'reject' }), 0.9);
    assert.equal(badnessOf({ ...verdict, vote: 'approve' }).toFixed(6), '0.100000');
    assert.equal(badnessOf({ ...verdict, vote: 'abstain' }), 0.5);
    assert.equal(badnessOf({ ...verdict, vote: 'approve', complete: false }), 0.5);
    assert.equal(badnessOf({ ...verdict, vote: 'reject', complete: false }), 0.9);
  });

  it('count an abstention as half right', () => {
    assert.equal(figure(MIXED, 'balanced accuracy'), 0.5);
    assert.equal(figure([...MIXED.slice(0, 3), [false, 0.5]], 'balanced accuracy'), 0.625);
  });

  it('weigh both sides alike, however many rows each has', () => {
    assert.equal(
      figure([[true, 0.1], ...Array.from({ length: 9 }, (): Entry => [false, 0.1])], 'balanced accuracy'),
      0.5,
    );
  });

  it('give AUC with ties at half, as counting pairs does', () => {
    const entry = fc.tuple(
      fc.boolean(),
      fc.integer({ min: 0, max: 5 }).map((n) => n / 5),
    );
    fc.assert(
      fc.property(fc.array(entry, { minLength: 2, maxLength: 30 }), (entries) => {
        const [bad, good] = [true, false].map((side) => entries.filter(([isBad]) => isBad === side));
        fc.pre(bad!.length > 0 && good!.length > 0);
        const wins = bad!.flatMap(([, b]) => good!.map(([, g]) => (b > g ? 1 : b === g ? 0.5 : 0)));
        const expected = wins.reduce<number>((sum, win) => sum + win, 0) / wins.length;
        assert.ok(Math.abs(figure(entries, 'AUC') - expected) < 1e-5);
      }),
    );
  });

  it('compare the two sides of a pair', () => {
    const pairs: Entry[] = [
      [true, 0.3, 'a'],
      [false, 0.2, 'a'],
      [true, 0.4, 'b'],
      [false, 0.4, 'b'],
      [true, 0.9, 'alone'],
    ];
    assert.equal(figure(pairs, 'pairwise'), 0.75);
    assert.ok(Number.isNaN(figure(MIXED, 'pairwise')));
  });

  it('tell conclusive verdicts from right ones', () => {
    const entries: Entry[] = [
      [true, 0.85],
      [true, 0.1],
      [false, 0.05],
      [false, 0.5],
    ];
    assert.equal(figure(entries, 'conclusive at 0.8'), 0.75);
    assert.equal(figure(entries, 'right of those'), 0.666667);
    assert.equal(figure(entries, 'bad: approved at 0.8'), 0.5);
    assert.equal(figure(entries, 'good: rejected at 0.8'), 0);
  });

  it('find no calibration error in claims that hold, and the distance in those that do not', () => {
    const claims = (right: number, of: number): Entry[] =>
      Array.from({ length: of }, (_, i) => [i < right, 0.8] as Entry);
    assert.equal(figure(claims(8, 10), 'calibration error'), 0);
    assert.equal(figure(claims(4, 10), 'calibration error'), 0.4);
    assert.ok(Number.isNaN(figure([[true, 0.5]], 'calibration error')), 'abstentions claim nothing');
  });

  it('reweigh half-bad labels to the base rate that verdicts are meant for', () => {
    // Of approvals at 0.8, half are right on these labels; where one in five is bad, four in five are.
    const entries: Entry[] = [
      [true, 0.2],
      [false, 0.2],
    ];
    assert.equal(figure(entries, 'calibration error', 0.2), 0.3);
    assert.equal(figure(entries, 'calibration error at base rate', 0.2), 0);
  });

  it('count rejected benign changes only as false positives', () => {
    const rows = scored([
      [false, 0.9],
      [false, 0.1],
      [false, 0.9],
    ]).map((entry, i) => ({ ...entry, row: { ...entry.row, benign: i < 2 } }));
    assert.equal(measure(rows, 0.5)['benign false positives'].value, 0.5);
  });

  it('draw whole groups: a hundred rows of one repository are one piece of evidence', () => {
    const rows = Array.from({ length: 100 }, (_, i) => ({ group: i < 50 ? 'a' : 'b', hit: i < 50 }));
    const { value, low, high } = share(rows);
    assert.deepEqual([value, low, high], [0.5, 0, 1]);
    const apart = share(rows.map((row, i) => ({ ...row, group: `${i}` })));
    assert.ok(apart.low > 0.35 && apart.high < 0.65);
  });

  it('claim no certainty where no group is an exception', () => {
    const none = Array.from({ length: 60 }, (_, i) => ({ group: `${i % 30}`, hit: false }));
    const { value, low, high } = share(none);
    assert.deepEqual([value, low, Number(high.toFixed(3))], [0, 0, 0.095]);
    assert.equal(share(none.map((row) => ({ ...row, hit: true }))).low.toFixed(3), '0.905');
  });

  it('give the same intervals at every run, around the value', () => {
    const entries = Array.from(
      { length: 60 },
      (_, i): Entry => [i % 2 === 0, i % 5 === 0 ? 0.1 : i % 2 === 0 ? 0.8 : 0.2],
    );
    const [first, second] = [measure(scored(entries), 0.5), measure(scored(entries), 0.5)];
    assert.deepEqual(first, second);
    const { value, low, high } = first['balanced accuracy'];
    assert.ok(low < value && value < high && high - low < 0.4);
  });

  it('split by the threshold that the other folds would choose, never by the fold itself', () => {
    const low: Entry[] = [
      [false, 0.1],
      [true, 0.3],
    ];
    const rows = [
      ...scored(low),
      ...scored(low),
      ...scored([
        [false, 0.7],
        [true, 0.9],
      ]),
    ];
    const folds = [0, 0, 1, 1, 2, 2];
    const thresholds = withHistory(rows, folds).map(({ threshold }) => threshold);
    assert.deepEqual(thresholds.slice(4), [0.2, 0.2]);
    assert.equal(balanceOf(rows), 0.5);
    assert.equal(
      measure(withHistory(rows.slice(0, 4), folds.slice(0, 4)), 0.5)['balanced accuracy by history'].value,
      1,
    );
  });

  it('give the gain of one judge over another on the same draws', () => {
    const [worse, better] = [MIXED, MIXED.map(([bad]): Entry => [bad, bad ? 0.9 : 0.1])].map(scored) as [
      Scored[],
      Scored[],
    ];
    assert.equal(gain(better, worse, 'balanced accuracy', 0.5).value, 0.5);
    const none = gain(worse, worse, 'balanced accuracy', 0.5);
    assert.deepEqual([none.value, none.low, none.high], [0, 0, 0]);
  });
});
