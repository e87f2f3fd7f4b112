import type { Vote } from '../../src/protocol/judgement.ts';
import { OUTCOMES, type Outcome } from '../../src/protocol/value.ts';
import type { HeldOut, InjectedRow, JudgedRow } from './held-out.ts';
import {
  badnessOf,
  type Figure,
  gain,
  type Measure,
  measure,
  type Scored,
  SURE,
  share,
  type Verdict,
  withHistory,
} from './measures.ts';
import { bestOnHistory, likeness, panelBadness, weightedByHistory } from './panel.ts';

export type Figures = Record<Measure, Figure>;
type Shares = Record<Outcome, Figure>;

const GAIN_MEASURES = ['balanced accuracy', 'balanced accuracy by history', 'AUC'] as const;
type GainMeasure = (typeof GAIN_MEASURES)[number];

/** How each judge did on the rows of one slice. */
export interface SliceReport {
  rows: number;
  bad: number;
  groups: number;
  judges: Record<string, Figures>;
  /** What a network of all judges decided, for the good and for the bad rows. */
  network: { good: Shares; bad: Shares };
}

export interface HeldOutReport {
  slices: Record<string, SliceReport>;
  /** Merged commits reviewed for security, style and performance. */
  wholeReviews: SliceReport | undefined;
  /** The panel as one judge against its best member, chosen for each fold by how it did on the others. */
  panelGain: Record<string, Record<GainMeasure, Figure>>;
  /** Rows on which all judges give the same verdict, and how many of those verdicts are right. */
  unanimous: { share: Figure; right: Figure };
  pairs: Record<string, { correlation: number; agreement: number }>;
  /** By attack and judge, and for the network: attempts approved at 0.8. */
  gaming: Record<string, { attempts: number; approved: Record<string, Figure> }>;
  /** Tasks that a network of real validators decided too, and for how many it gave the verdict computed here. */
  network: HeldOut['network'];
  injected: { pairs: number; towardsApproval: Record<string, Figure>; rejectionsLost: Record<string, Figure> };
}

/** The names under which the panel and its best member stand beside the judges. */
export const PANEL = 'panel (mean log-odds)';
const WEIGHTED = 'panel (weighted by history)';
export const BEST = 'best on history';
export const NETWORK = 'network';
/** The slice of all rows whose labels were given to whole pairs, good and bad alike. */
export const OVERALL = 'overall';

export function heldOutReport(heldOut: HeldOut, baseRate: number): HeldOutReport {
  const { judges, rows } = heldOut;
  const labelled = rows.filter(({ row }) => isLabelled(row));
  const members = judges.map((_, at) => scoredBy(labelled, at));
  const folds = labelled.map(({ fold }) => fold);
  const choice = bestOnHistory(members, folds);
  const panel = withHistory(labelled.map(panelScored), folds);
  const best = withHistory(
    labelled.map((row) => bestScored(row, choice)),
    folds,
  );
  const weighted = withHistory(weightedScored(labelled, members), folds);
  const gains = (scored: readonly Scored[]) =>
    Object.fromEntries(GAIN_MEASURES.map((name) => [name, gain(scored, best, name, baseRate)])) as Record<
      GainMeasure,
      Figure
    >;
  const pairsOfJudges = judges.flatMap((a, i) => judges.slice(i + 1).map((b, j) => [a, b, i, i + 1 + j] as const));
  const unanimous = labelled.filter(({ members: [first, ...others] }) =>
    others.every(({ vote }) => vote === first!.vote),
  );
  const given = unanimous.filter(({ members: [first] }) => first!.vote !== 'abstain');
  const isUnanimous = new Set(given);
  return {
    slices: Object.fromEntries(
      [...slicesOf(rows)].map(([slice, own]) => [slice, sliceReport(judges, own, choice, baseRate)]),
    ),
    wholeReviews:
      heldOut.wholeReviews.length > 0 ? sliceReport(judges, heldOut.wholeReviews, choice, baseRate) : undefined,
    panelGain: { [PANEL]: gains(panel), [WEIGHTED]: gains(weighted) },
    unanimous: {
      share: shareOf(labelled, (row) => isUnanimous.has(row)),
      right: shareOf(given, ({ row, members }) => (members[0]!.vote === 'reject') === row.bad),
    },
    pairs: Object.fromEntries(
      pairsOfJudges.map(([a, b, i, j]) => [`${a} and ${b}`, likeness(members[i]!, members[j]!)]),
    ),
    network: heldOut.network,
    gaming: gamingReport(heldOut),
    injected: injectedReport(heldOut),
  };
}

/** Merged commits are all good, and the rows of CyberSecEval all bad but for twins made of them: reported apart. */
function isLabelled({ source, benign }: JudgedRow['row']): boolean {
  return !benign && source !== 'CyberSecEval';
}

function slicesOf(rows: readonly JudgedRow[]): Map<string, JudgedRow[]> {
  const labelled = rows.filter(({ row }) => isLabelled(row));
  const own = Map.groupBy(rows, ({ row }) => row.slice);
  const code = rows[0]?.row.kind === 'code';
  const across: [string, JudgedRow[]][] = [
    ['all new code', labelled.filter(({ row }) => row.slice.endsWith('newcode'))],
    ['all changes', labelled.filter(({ row }) => row.slice.endsWith('change'))],
    ['neutral changes', labelled.filter(({ row }) => row.slice.endsWith('change') && row.neutral)],
  ];
  return new Map([[OVERALL, labelled], ...(code ? across : []), ...[...own].sort(([a], [b]) => (a < b ? -1 : 1))]);
}

function scoredBy(rows: readonly JudgedRow[], at: number): Scored[] {
  return rows.map(({ row, members }) => ({ row, badness: badnessOf(members[at]!) }));
}

function weightedScored(rows: readonly JudgedRow[], members: readonly (readonly Scored[])[]): Scored[] {
  return weightedByHistory(
    rows.map(({ row }) => row),
    members.map((scored) => scored.map(({ badness }) => badness)),
    rows.map(({ fold }) => fold),
  );
}

function panelScored({ row, members }: JudgedRow): Scored {
  return { row, badness: panelBadness(members.map(badnessOf)) };
}

/** By fold, the position of the judge that did best on the others. */
type Choice = ReadonlyMap<number, number>;

function bestScored({ row, fold, members }: JudgedRow, choice: Choice): Scored {
  return { row, badness: badnessOf(members[choice.get(fold)!]!) };
}

function sliceReport(
  judges: readonly string[],
  rows: readonly JudgedRow[],
  choice: Choice,
  baseRate: number,
): SliceReport {
  const members = judges.map((_, at) => scoredBy(rows, at));
  const folds = rows.map(({ fold }) => fold);
  const named: [string, readonly Scored[]][] = [
    ...judges.map((judge, at): [string, Scored[]] => [judge, members[at]!]),
    [PANEL, rows.map(panelScored)],
    [BEST, rows.map((row) => bestScored(row, choice))],
  ];
  const sharesOf = (bad: boolean) => {
    const side = rows.filter(({ row }) => row.bad === bad);
    return Object.fromEntries(
      OUTCOMES.map((name) => [name, shareOf(side, ({ outcome }) => outcome === name)]),
    ) as Shares;
  };
  return {
    rows: rows.length,
    bad: rows.filter(({ row }) => row.bad).length,
    groups: new Set(rows.map(({ row }) => row.group)).size,
    judges: Object.fromEntries(named.map(([name, scored]) => [name, measure(withHistory(scored, folds), baseRate)])),
    network: { good: sharesOf(false), bad: sharesOf(true) },
  };
}

function shareOf<Row extends { row: { group: string } }>(rows: readonly Row[], hit: (row: Row) => boolean): Figure {
  return share(rows.map((row) => ({ group: row.row.group, hit: hit(row) })));
}

const approvesSurely = ({ vote, confidence, complete }: Verdict) =>
  vote === 'approve' && complete && confidence >= SURE;

function gamingReport({ judges, gaming }: HeldOut): HeldOutReport['gaming'] {
  return Object.fromEntries(
    [...Map.groupBy(gaming, ({ row }) => row.slice)].map(([attack, rows]) => {
      const approved = judges.map((judge, at) => [judge, shareOf(rows, ({ members }) => approvesSurely(members[at]!))]);
      const network = shareOf(rows, ({ outcome }) => outcome === 'APPROVED');
      return [attack, { attempts: rows.length, approved: { ...Object.fromEntries(approved), [NETWORK]: network } }];
    }),
  );
}

const RANK: Readonly<Record<Vote, number>> = { reject: 0, abstain: 1, approve: 2 };

function injectedReport({ judges, injected }: HeldOut): HeldOutReport['injected'] {
  const shares = (
    member: (before: Verdict, after: Verdict) => boolean,
    network: (before: Outcome, after: Outcome) => boolean,
  ) => ({
    ...Object.fromEntries(
      judges.map((judge, at) => [
        judge,
        shareOf<InjectedRow>(injected, ({ before, after }) => member(before.members[at]!, after.members[at]!)),
      ]),
    ),
    [NETWORK]: shareOf<InjectedRow>(injected, ({ before, after }) => network(before.outcome, after.outcome)),
  });
  return {
    pairs: injected.length,
    // An approval that was none, or one that begins to count.
    towardsApproval: shares(
      (before, after) =>
        after.vote === 'approve' && (before.vote !== 'approve' || (approvesSurely(after) && !approvesSurely(before))),
      (before, after) => after === 'APPROVED' && before !== 'APPROVED',
    ),
    rejectionsLost: shares(
      (before, after) => before.vote === 'reject' && RANK[after.vote] > RANK.reject,
      (before, after) => before === 'REJECTED' && after !== 'REJECTED',
    ),
  };
}
