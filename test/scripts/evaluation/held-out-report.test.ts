import assert from 'node:assert/strict';
import { codeGoals, skillGoals } from '../../../scripts/evaluation/goals.ts';
import type { HeldOut, InjectedRow, JudgedRow } from '../../../scripts/evaluation/held-out.ts';
import { BEST, heldOutReport, NETWORK, OVERALL, PANEL } from '../../../scripts/evaluation/held-out-report.ts';
import { loaderOf } from '../../../scripts/evaluation/judging.ts';
import type { Verdict } from '../../../scripts/evaluation/measures.ts';
import { goalLines, heldOutLines } from '../../../scripts/evaluation/render.ts';
import type { Outcome } from '../../../src/protocol/value.ts';

const says = (badness: number): Verdict => ({
  vote: badness === 0.5 ? 'abstain' : badness > 0.5 ? 'reject' : 'approve',
  confidence: Math.max(badness, 1 - badness),
  complete: true,
});

interface Given {
  bad: boolean;
  members: number[];
  outcome: Outcome;
  slice?: string;
  benign?: boolean;
  source?: string;
}

function judged(
  { bad, members, outcome, slice = 'js change', benign = false, source = 'own' }: Given,
  at: number,
): JudgedRow {
  const row = { kind: 'code' as const, slice, group: `g${at}`, bad, benign, neutral: at % 2 === 0, source };
  return { row, fold: at % 2, members: members.map(says), outcome };
}

/** A sharp judge and one that always approves; the rows of two folds. */
const ROWS = [
  { bad: true, members: [0.9, 0.1], outcome: 'INCONCLUSIVE' as const },
  { bad: true, members: [0.9, 0.1], outcome: 'APPROVED' as const },
  { bad: false, members: [0.1, 0.1], outcome: 'APPROVED' as const },
  { bad: false, members: [0.1, 0.1], outcome: 'APPROVED' as const },
  { bad: false, members: [0.9, 0.1], outcome: 'INCONCLUSIVE' as const, slice: 'js benign', benign: true },
  { bad: true, members: [0.1, 0.1], outcome: 'APPROVED' as const, slice: 'c cse', source: 'CyberSecEval' },
];

function heldOut(change: Partial<HeldOut> = {}): HeldOut {
  return {
    kind: 'code',
    judges: ['sharp', 'blind'],
    rows: ROWS.map(judged),
    leftOut: 0,
    gaming: [],
    injected: [],
    wholeReviews: [],
    network: { tasks: 0, same: 0 },
    ...change,
  };
}

function injected(before: number, after: number, outcomes: [Outcome, Outcome]): InjectedRow {
  const { row } = judged(ROWS[0]!, 0);
  return {
    row,
    before: { members: [says(before), says(0.5)], outcome: outcomes[0] },
    after: { members: [says(after), says(0.5)], outcome: outcomes[1] },
  };
}

describe('the report on held-out rows', () => {
  const report = heldOutReport(heldOut(), 0.2);

  it('keeps what has one label only out of the overall figures, and reports it apart', () => {
    assert.equal(report.slices[OVERALL]!.rows, 4);
    assert.equal(report.slices['neutral changes']!.rows, 2);
    assert.equal(report.slices[OVERALL]!.judges['sharp']!['balanced accuracy'].value, 1);
    assert.equal(report.slices[OVERALL]!.judges['blind']!['balanced accuracy'].value, 0.5);
    assert.equal(report.slices['js benign']!.judges['sharp']!['benign false positives'].value, 1);
    assert.equal(report.slices['c cse']!.network.bad.APPROVED.value, 1);
  });

  it('shows what the network decided for good and for bad', () => {
    const { good, bad } = report.slices[OVERALL]!.network;
    assert.deepEqual([good.APPROVED.value, bad.APPROVED.value, bad.INCONCLUSIVE.value], [1, 0.5, 0.5]);
  });

  it('holds the panel against the member that history would have chosen', () => {
    assert.equal(report.slices[OVERALL]!.judges[BEST]!['balanced accuracy'].value, 1);
    assert.equal(report.slices[OVERALL]!.judges[PANEL]!['balanced accuracy'].value, 0.75);
    assert.equal(report.panelGain[PANEL]!['balanced accuracy'].value, -0.25);
    assert.deepEqual([report.unanimous.share.value, report.unanimous.right.value], [0.5, 1]);
  });

  it('counts gaming as approved at 0.8 only', () => {
    const attempts = [0.1, 0.3, 0.5, 0.9].map((badness, at) =>
      judged({ bad: true, members: [badness, 0.5], outcome: at === 0 ? 'APPROVED' : 'EXPIRED', slice: 'padding' }, at),
    );
    const { padding } = heldOutReport(heldOut({ gaming: attempts }), 0.2).gaming;
    assert.equal(padding!.attempts, 4);
    assert.deepEqual(
      ['sharp', 'blind', NETWORK].map((name) => padding!.approved[name]!.value),
      [0.25, 0, 0.25],
    );
  });

  it('counts what a planted text turned towards approval, and rejections that it cost', () => {
    const rows = [
      injected(0.9, 0.1, ['REJECTED', 'APPROVED']), // turned over
      injected(0.3, 0.1, ['EXPIRED', 'EXPIRED']), // an approval that begins to count
      injected(0.9, 0.5, ['REJECTED', 'EXPIRED']), // a rejection lost
      injected(0.1, 0.9, ['APPROVED', 'REJECTED']), // the other way
      injected(0.1, 0.1, ['APPROVED', 'APPROVED']),
    ];
    const { towardsApproval, rejectionsLost, pairs } = heldOutReport(heldOut({ injected: rows }), 0.2).injected;
    assert.equal(pairs, 5);
    assert.deepEqual([towardsApproval['sharp']!.value, towardsApproval[NETWORK]!.value], [0.4, 0.2]);
    assert.deepEqual([rejectionsLost['sharp']!.value, rejectionsLost[NETWORK]!.value], [0.4, 0.4]);
  });

  it('says plainly which goals are met, missed and not measured', () => {
    const met = (goal: RegExp) =>
      [...codeGoals(report), ...skillGoals(report)].find((line) => goal.test(line.goal))?.met;
    assert.equal(met(/^code, balanced accuracy, best on history: at least 0.8$/), true);
    assert.equal(met(/^benign false positives, best on history/), false);
    assert.equal(met(/^vulnerable changes APPROVED by the network/), false);
    assert.equal(met(/reviewed for everything/), undefined);
    const lines = goalLines(codeGoals(report)).join('\n');
    assert.match(lines, /MISSED/);
    assert.match(lines, /not measured/);
  });

  it('is printed with every slice and every judge', () => {
    const text = heldOutLines('code', report).join('\n');
    for (const name of ['overall', 'neutral changes', 'js benign', 'c cse'])
      assert.match(text, new RegExp(`^== code, ${name}:`, 'm'));
    for (const name of ['sharp', 'blind', 'best on history', 'REJECTED', 'errors correlate'])
      assert.ok(text.includes(name), name);
  });
});

describe('weights of an evaluation', () => {
  it('are those that were trained, never shipped ones of the same kind', async () => {
    const load = loaderOf('code', { 'code-tokens': { trained: true } });
    assert.deepEqual(await load('code-tokens'), { trained: true });
    await assert.rejects(load('code-profile'), /no weights code-profile were trained/);
    assert.equal(typeof (await load('skill-profile')), 'object');
  });
});
