import { ORDINARY_BAD } from '../../src/models/embedded/code/learned.ts';
import { SIGNS } from '../../src/models/embedded/code/signs.ts';
import { logit, sigmoid } from '../../src/models/embedded/logit.ts';
import { CODE_NAMES, type CodeOpinions, type Prepared } from './code.ts';
import { auc, balancedAccuracy, calibrationError, interval, pairwise } from './metrics.ts';
import { generator } from './random.ts';

/** From this confidence on a verdict counts under a network's default rules, and from so many of four judges. */
const SURE = logit(0.8);
const QUORUM = 3;

const FEATURES: Record<(typeof CODE_NAMES)[number], string> = {
  'code-rules': `which rules fire, and which of ${SIGNS.length} signs of risk or care are held, gained or lost, each by itself, by kind of change, and every two together; hashed into 32,768 buckets, a logistic regression with int8 weights.`,
  'code-flow':
    'the shapes of changed lines and calls, with names replaced by where their values come from, and flows from where values enter to where they do harm; hashed into 65,536 buckets, a logistic regression with int8 weights.',
  'code-tokens':
    'runs of one to three tokens, and the words that names are made of, brought, gained or lost; hashed into 65,536 buckets, a logistic regression with int8 weights.',
  'code-profile': `${SIGNS.length} signs, flows and rules as dense numbers: held, held before and gained; boosted trees.`,
};

/** The part of the model card about code, from opinions that were held out. */
export function codeCard(rows: readonly Prepared[], opinions: readonly CodeOpinions[]): string {
  const sections = CODE_NAMES.map((name) => {
    const scores = opinions.map((opinion) => opinion[name] ?? 0);
    const known = opinions.map((opinion) => opinion[name] !== undefined);
    return `## ${name}\n\n${INTRODUCTION}\n\n**Features**: ${FEATURES[name]}\n\n${FAILURES}\n\n${table(rows, scores, known)}`;
  });
  const panel = `## The panel of the four\n\n${PANEL}\n\n${panelTable(rows, opinions)}\n\n${correlations(rows, opinions)}`;
  return `${HEAD}\n\n${[...sections, panel].join('\n\n')}\n`;
}

const HEAD = `# The embedded code reviewers

Every figure is held out twice: folds are grouped by repository, and a judge of one fold was trained and calibrated on the
others alone. Verdicts are at even odds; an opinion is sure from a confidence of 0.8. The tables show what was learned: a
flow from outside to a place where it does harm, and a credential, reject whatever was learned. Intervals are 95%.

**Prior.** One slope and offset for each kind of change (language, new or changed), which depart from shared ones as far as
held-out rows warrant. Python's and C's training changes are all defects or repairs, half and half, and opinions start from
there; one that shows no sign of risk at all is moved to ${ORDINARY_BAD}. JavaScript's changes are calibrated among ordinary
commits, where one in five is bad: its change row, of pairs alone, is calibrated to fewer bad ones than it holds. Where held-out rows of a kind were ranked hardly better than by chance the judge abstains.

**A leak to know of.** Bad changes are mostly repairs turned round, and repairs mostly add: adding by itself looks good. No
feature counts lines, but the neutral row, of changes that add as many lines as they take, is the one to trust most. A
change that mostly removes code is rejected too often.`;

const INTRODUCTION = `**Data and licences**: SVEN (MIT), the OSSF CVE benchmark (MIT metadata, code under each project's licence), CyberSecEval
(MIT; each row also without the line that makes it bad, as its own counterpart, unless a rule still names the same weakness)
and merged commits of JavaScript projects (silver approvals, code under each project's licence).`;

const FAILURES = `**Known failures**: new C code and new JavaScript files are not told apart: a dash is no opinion. A finding names the line
that weighs most, which need not be the defect. The good rows of the cse slices are made up.`;

const PANEL = `A task is approved, or rejected, where three of four judges say so at 0.8 or more. The last columns are of the mean of the
judges' log-odds as one opinion.`;

const percent = (share: number) => (Number.isFinite(share) ? `${(100 * share).toFixed(0)}%` : '-');
const fixed = (value: number) => (Number.isFinite(value) ? value.toFixed(3) : '-');

function isNeutral({ diff }: Prepared['row']): boolean {
  const count = (sign: RegExp) => diff.match(sign)?.length ?? 0;
  const [added, removed] = [count(/^\+(?!\+\+ )/gm), count(/^-(?!-- )/gm)];
  return removed > 0 && Math.abs(added - removed) <= 1;
}

/** Slices that are reported apart, and those across them. */
function slicesOf(rows: readonly Prepared[]): Map<string, number[]> {
  const all = [...rows.keys()];
  const own = Map.groupBy(all, (i) => rows[i]!.row.slice);
  const pairs = all.filter((i) => rows[i]!.row.pair !== undefined);
  const across: [string, number[]][] = [
    ['all pairs', pairs],
    ['neutral changes', pairs.filter((i) => rows[i]!.row.slice.endsWith('change') && isNeutral(rows[i]!.row))],
  ];
  return new Map([...across, ...[...own].sort(([a], [b]) => (a < b ? -1 : 1))]);
}

function shareOf(own: readonly number[], rows: readonly Prepared[], bad: boolean, hit: (i: number) => boolean): number {
  const some = own.filter((i) => rows[i]!.row.bad === bad);
  return some.filter(hit).length / some.length;
}

function figuresOf(own: readonly number[], rows: readonly Prepared[], scores: readonly number[]): string[] {
  const [s, bad] = [own.map((i) => scores[i]!), own.map((i) => rows[i]!.row.bad)];
  if (!bad.includes(true) || !bad.includes(false)) return ['-', '-', '-', '-'];
  const at = (drawn: readonly number[]) =>
    balancedAccuracy(
      drawn.map((i) => s[i]!),
      drawn.map((i) => bad[i]!),
      0,
    );
  const [low, high] = interval(s.length, at, generator(3));
  const pairs = own.map((i) => rows[i]!.row.pair);
  return [
    `${fixed(at([...s.keys()]))} (${fixed(low)} to ${fixed(high)})`,
    fixed(auc(s, bad)),
    fixed(pairwise(s, bad, pairs)),
    fixed(calibrationError(s.map(sigmoid), bad)),
  ];
}

function table(rows: readonly Prepared[], scores: readonly number[], known: readonly boolean[]): string {
  const lines = [
    '| slice | rows | with an opinion | balanced accuracy | AUC | pairwise | ECE | good rejected | sure approvals: good / bad |',
    '|---|---|---|---|---|---|---|---|---|',
  ];
  for (const [slice, all] of slicesOf(rows)) {
    const own = all.filter((i) => known[i]);
    const figures = figuresOf(own, rows, scores).join(' | ');
    const rejected = percent(shareOf(all, rows, false, (i) => known[i]! && scores[i]! > 0));
    const sure = [false, true].map((bad) => percent(shareOf(all, rows, bad, (i) => known[i]! && scores[i]! <= -SURE)));
    lines.push(
      `| ${slice} | ${all.length} | ${percent(own.length / all.length)} | ${figures} | ${rejected} | ${sure.join(' / ')} |`,
    );
  }
  return lines.join('\n');
}

function panelTable(rows: readonly Prepared[], opinions: readonly CodeOpinions[]): string {
  const votes = (i: number, says: (logOdds: number) => boolean) =>
    CODE_NAMES.filter((name) => says(opinions[i]![name] ?? 0)).length >= QUORUM;
  const means = opinions.map((own) => CODE_NAMES.reduce((sum, name) => sum + (own[name] ?? 0), 0) / CODE_NAMES.length);
  const lines = [
    '| slice | APPROVED: good / bad | REJECTED: good / bad | balanced accuracy | AUC | pairwise | ECE |',
    '|---|---|---|---|---|---|---|',
  ];
  for (const [slice, all] of slicesOf(rows)) {
    const shares = (says: (logOdds: number) => boolean) =>
      [false, true].map((bad) => percent(shareOf(all, rows, bad, (i) => votes(i, says)))).join(' / ');
    const known = all.filter((i) => CODE_NAMES.some((name) => opinions[i]![name] !== undefined));
    lines.push(
      `| ${slice} | ${shares((odds) => odds <= -SURE)} | ${shares((odds) => odds >= SURE)} | ${figuresOf(known, rows, means).join(' | ')} |`,
    );
  }
  return lines.join('\n');
}

/** How alike the judges err: the correlation of being wrong, over pairs on which both have an opinion. */
function correlations(rows: readonly Prepared[], opinions: readonly CodeOpinions[]): string {
  const lines = CODE_NAMES.flatMap((a, at) =>
    CODE_NAMES.slice(at + 1).map((b) => {
      const both = [...rows.keys()].filter(
        (i) => rows[i]!.row.pair !== undefined && opinions[i]![a] !== undefined && opinions[i]![b] !== undefined,
      );
      const wrong = (name: typeof a) => both.map((i) => Number(opinions[i]![name]! > 0 !== rows[i]!.row.bad));
      return `${a} and ${b} ${correlation(wrong(a), wrong(b)).toFixed(2)}`;
    }),
  );
  return `Correlation of errors over the pairs: ${lines.join(', ')}.`;
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  const covariance = mean(a.map((value, i) => (value - meanA) * (b[i]! - meanB)));
  return (
    covariance / Math.sqrt(mean(a.map((value) => (value - meanA) ** 2)) * mean(b.map((value) => (value - meanB) ** 2)))
  );
}
