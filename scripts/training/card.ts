import type { Calibration } from '../../src/models/embedded/code/classifiers.ts';
import { PROFILE_FEATURES } from '../../src/models/embedded/code/profile-features.ts';
import { PRIOR_BAD } from '../../src/models/embedded/code/verdict.ts';
import { logit, sigmoid } from '../../src/models/embedded/logit.ts';
import { SKILL_FEATURES } from '../../src/models/embedded/skill/features.ts';
import type { Prepared } from './code.ts';
import { auc, balancedAccuracy, calibrationError, interval, pairwise } from './metrics.ts';
import { generator } from './random.ts';
import type { PreparedAnswer } from './skill.ts';

const percent = (share: number) => `${(100 * share).toFixed(0)}%`;

function accuracyText(scores: readonly number[], positive: readonly boolean[]): string {
  const at = (rows: readonly number[]) =>
    balancedAccuracy(
      rows.map((i) => scores[i]!),
      rows.map((i) => positive[i]!),
      0,
    );
  const [low, high] = interval(scores.length, at, generator(3));
  return `${at([...scores.keys()]).toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`;
}

/** A table of held-out figures of one code model. Scores are log-odds that a change is bad. */
export function codeTable(rows: readonly Prepared[], raw: readonly number[], calibration: Calibration): string {
  const scores = raw.map((score, i) => {
    const { slope, offset } = calibration[rows[i]!.kind] ?? calibration['other change']!;
    return slope * score + offset;
  });
  const lines = [
    '| slice | rows | balanced accuracy (95%) | AUC | pairwise | ECE | approved at 0.8: good / bad |',
    '|---|---|---|---|---|---|---|',
  ];
  for (const slice of [...new Set(rows.map(({ row }) => row.slice))].sort()) {
    const own = [...rows.keys()].filter((i) => rows[i]!.row.slice === slice);
    const [s, bad] = [own.map((i) => scores[i]!), own.map((i) => rows[i]!.row.bad)];
    const sure = (wanted: boolean) => {
      const some = own.filter((i) => rows[i]!.row.bad === wanted);
      return some.length === 0
        ? '-'
        : percent(some.filter((i) => sigmoid(scores[i]! + logit(PRIOR_BAD)) <= 0.2).length / some.length);
    };
    const both = bad.includes(true) && bad.includes(false);
    const pairs = pairwise(
      s,
      bad,
      own.map((i) => rows[i]!.row.pair),
    );
    const figures = both
      ? [
          accuracyText(s, bad),
          auc(s, bad).toFixed(3),
          Number.isFinite(pairs) ? pairs.toFixed(3) : '-',
          calibrationError(s.map(sigmoid), bad).toFixed(3),
        ]
      : ['-', '-', '-', '-'];
    lines.push(`| ${slice} | ${own.length} | ${figures.join(' | ')} | ${sure(false)} / ${sure(true)} |`);
  }
  return lines.join('\n');
}

/** Tables of held-out figures of one skill model. Scores are log-odds that an answer is good. */
export function skillTable(
  rows: readonly PreparedAnswer[],
  raw: readonly number[],
  { slope, offset }: { slope: number; offset: number },
): string {
  const scores = raw.map((score) => slope * score + offset);
  const lines = [
    '| answers | rows | balanced accuracy (95%) | AUC | ECE | sure at 0.8, and right of those |',
    '|---|---|---|---|---|---|',
  ];
  for (const source of [...new Set(rows.map(({ answer }) => answer.source))].sort()) {
    const own = [...rows.keys()].filter(
      (i) => rows[i]!.answer.source === source && rows[i]!.answer.attack === undefined,
    );
    const [s, good] = [own.map((i) => scores[i]!), own.map((i) => rows[i]!.answer.good)];
    const sure = own.filter((i) => Math.abs(scores[i]!) >= logit(0.8));
    const right = sure.filter((i) => scores[i]! > 0 === rows[i]!.answer.good).length / sure.length;
    const error = calibrationError(s.map(sigmoid), good).toFixed(3);
    lines.push(
      `| ${source} | ${own.length} | ${accuracyText(s, good)} | ${auc(s, good).toFixed(3)} | ${error} | ${percent(sure.length / own.length)}, ${percent(right)} |`,
    );
  }
  lines.push('', '| made-up answers | rows | approved | approved at 0.8 |', '|---|---|---|---|');
  for (const attack of [...new Set(rows.flatMap(({ answer }) => answer.attack ?? []))]) {
    const own = [...rows.keys()].filter((i) => rows[i]!.answer.attack === attack);
    const above = (from: number) => percent(own.filter((i) => scores[i]! > from).length / own.length);
    lines.push(`| ${attack} | ${own.length} | ${above(0)} | ${above(logit(0.8))} |`);
  }
  return lines.join('\n');
}

/** The card that stands beside the weights. */
export function modelCard(tables: Record<string, string>): string {
  const sections = Object.entries(tables).map(([title, table]) => `## ${title}\n\n${table}\n`);
  return `# The embedded weights

Written by \`node scripts/train-models.ts DATA_FOLDER\`, with fixed seeds. Every figure below is held out: folds are
grouped by repository for code and by question for answers, so that no repository or question stands on both sides.

**Data and licences.** Code: SVEN (MIT), the OSSF CVE benchmark (MIT metadata, code under each project's licence),
CyberSecEval (MIT; each row also without the line that makes it bad, as its own counterpart), merged commits of
JavaScript projects as silver approvals. Answers: SemEval 2013 task 7, SciEntsBank and Beetle (CC BY-SA), and the
English short-answer feedback set (MIT). Made-up answers (shuffled, negated, keyword lists, padding, repetition, half
of two requirements, foreign, both of two) are generated from the references.

**Features.** \`code-tokens\`: n-grams of added, gained and lost tokens and of rules, hashed into 65,536 buckets, int8
weights of a logistic regression; no word of the data is in the file. \`code-profile\`: boosted trees over shares and
gains of telling constructs and of evidence. \`skill-*\`: lexical coverage, order, negation and gaming signs, as a
logistic regression with products and as boosted trees.

The profile of a change: ${PROFILE_FEATURES.join(', ')}. Of an answer: ${SKILL_FEATURES.join(', ')}.

**Calibration.** One slope and offset for each kind of change, fitted on held-out log-odds of half-bad sets, then
moved to a prior of ${PRIOR_BAD} bad changes. The calibration was fitted on the same folds that the ECE column reports.

The tables show the bare classifiers; the judges add certain findings, a cap by language, and bounds for answers that are
foreign, denied or leave a requirement out.

**Known failures.** New C code is judged no better than by chance, and new JavaScript files hardly better: approvals of C
stay below 0.8. The classifiers' findings name the line that weighs most, which need not be the defect. Meaning that shares
no word with the requirement is not seen. "Bad" in the change sets is often a reversed fix.

${sections.join('\n')}`;
}
