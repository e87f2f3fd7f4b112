import {
  createEmbeddedModel,
  EMBEDDED_VARIANTS,
  type EmbeddedVariantName,
} from '../../src/models/embedded/registry.ts';
import { SKILL_FEATURES } from '../../src/models/embedded/skill/features.ts';
import { type LoadWeights, shippedWeights } from '../../src/models/embedded/weights.ts';
import { parseTask } from '../../src/protocol/task.ts';
import type { SkillRow } from './data.ts';
import { type AttackRow, attacksOn } from './gaming.ts';
import { auc, balancedAccuracy, calibrationError } from './metrics.ts';
import { foldsOf, generator } from './random.ts';
import { trainSkill } from './skill.ts';

const FOLDS = 4;
const SEED = 5;
const ATTACK_SEED = 77;
/** The network's default rule: three of four validators, each at least this sure. */
const SURE = 0.8;
const PANEL_MIN = 3;

/** What every variant said of a submission to a question that it was not trained on; probabilities that it is good. */
interface Judged {
  row: SkillRow;
  attack: string | undefined;
  probabilities: Record<EmbeddedVariantName, number>;
  copied: boolean;
}

/** Judges every row, and gaming attempts at every question, with whole judges trained on the other folds. */
export async function heldOutSkill(rows: readonly SkillRow[], say: (line: string) => void): Promise<Judged[]> {
  const fold = foldsOf(
    rows.map(({ group }) => group),
    FOLDS,
    generator(SEED),
  );
  const judged: Judged[] = [];
  for (let f = 0; f < FOLDS; f++) {
    const trained: Record<string, unknown> = { ...trainSkill(rows.filter((_, i) => fold[i] !== f)) };
    const load: LoadWeights = async (name) => (trained[name] ?? (await shippedWeights(name))) as never;
    const own = rows.filter((_, i) => fold[i] === f);
    for (const row of [...own, ...attacksOn(own, ATTACK_SEED)]) judged.push(...(await judge(row, load)));
    say(`judged fold ${f + 1} of ${FOLDS}`);
  }
  return judged;
}

const models = new WeakMap<LoadWeights, ReturnType<typeof createEmbeddedModel>[]>();

async function judge(row: SkillRow | AttackRow, load: LoadWeights): Promise<Judged[]> {
  if (row.content.trim() === '') return [];
  const own = models.get(load) ?? EMBEDDED_VARIANTS.map((name) => createEmbeddedModel(name, load));
  models.set(load, own);
  const criteria = { skill: row.skill, level: 50, requirements: row.requirements };
  const task = parseTask({ type: 'SKILL_ASSESSMENT', submission: { content: row.content, evidence: [] }, criteria });
  const judgements = await Promise.all(own.map((model) => model.predict(task)));
  const probabilities = judgements.map(({ vote, confidence }) =>
    vote === 'abstain' ? 0.5 : vote === 'approve' ? confidence : 1 - confidence,
  );
  return [
    {
      row,
      attack: 'attack' in row ? row.attack : undefined,
      probabilities: Object.fromEntries(
        EMBEDDED_VARIANTS.map((name, i) => [name, probabilities[i]]),
      ) as Judged['probabilities'],
      copied: judgements.some(({ abstainReason }) => abstainReason === 'copied_prompt'),
    },
  ];
}

type Probability = (judged: Judged) => number;

const percent = (share: number) => (Number.isNaN(share) ? '-' : `${(100 * share).toFixed(1)}%`);
const share = <T>(items: readonly T[], test: (item: T) => boolean) => items.filter(test).length / items.length;

/** Balanced accuracy over the answers on which there is an opinion: on copies there is none. */
function balance(rows: readonly Judged[], of: Probability): number {
  const own = rows.filter(({ copied }) => !copied);
  return balancedAccuracy(
    own.map(of),
    own.map(({ row }) => row.good),
    0.5,
  );
}

/** A 95% interval by the bootstrap over whole questions: answers to one question stand or fall together. */
function intervalByQuestion(rows: readonly Judged[], measure: (rows: readonly Judged[]) => number): string {
  const groups = [...Map.groupBy(rows, ({ row }) => row.group).values()];
  const random = generator(3);
  const draws = Array.from({ length: 200 }, () =>
    measure(groups.flatMap(() => groups[Math.floor(random() * groups.length)]!)),
  ).sort((a, b) => a - b);
  return `${draws[4]!.toFixed(3)} to ${draws[194]!.toFixed(3)}`;
}

function sliceLine(title: string, rows: readonly Judged[], of: Probability): string {
  const [good, bad] = [rows.filter(({ row }) => row.good), rows.filter(({ row }) => !row.good)];
  const truth = rows.map(({ row }) => row.good);
  const cells = [
    title,
    rows.length,
    `${balance(rows, of).toFixed(3)} (${intervalByQuestion(rows, (drawn) => balance(drawn, of))})`,
    auc(rows.map(of), truth).toFixed(3),
    calibrationError(rows.map(of), truth).toFixed(3),
    `${percent(share(good, (item) => of(item) >= SURE))} / ${percent(share(bad, (item) => of(item) >= SURE))}`,
    `${percent(share(good, (item) => of(item) <= 1 - SURE))} / ${percent(share(bad, (item) => of(item) <= 1 - SURE))}`,
  ];
  return `| ${cells.join(' | ')} |`;
}

const slicesOf = (real: readonly Judged[]) => ({
  all: real,
  ...Object.fromEntries([...Map.groupBy(real, ({ row }) => row.source)].sort()),
});

function table(real: readonly Judged[], of: Probability): string {
  return [
    '| answers | rows | balanced accuracy (95%) | AUC | ECE | approved at 0.8: good / bad | rejected at 0.8: good / bad |',
    '|---|---|---|---|---|---|---|',
    ...Object.entries(slicesOf(real)).map(([title, rows]) => sliceLine(title, rows, of)),
  ].join('\n');
}

const meanOfFour: Probability = ({ probabilities }) => {
  const odds = EMBEDDED_VARIANTS.map((name) => Math.log(probabilities[name] / (1 - probabilities[name])));
  return 1 / (1 + Math.exp(-odds.reduce((sum, one) => sum + one, 0) / odds.length));
};

function outcome({ probabilities }: Judged): 'approved' | 'rejected' | 'inconclusive' {
  const sure = (test: (probability: number) => boolean) =>
    EMBEDDED_VARIANTS.filter((name) => test(probabilities[name])).length >= PANEL_MIN;
  if (sure((probability) => probability >= SURE)) return 'approved';
  return sure((probability) => probability <= 1 - SURE) ? 'rejected' : 'inconclusive';
}

function panelTable(real: readonly Judged[]): string {
  const lines = Object.entries(slicesOf(real)).map(([title, rows]) => {
    const shares = [true, false].map((wanted) => {
      const own = rows.filter(({ row }) => row.good === wanted);
      return (['approved', 'rejected', 'inconclusive'] as const)
        .map((wish) => percent(share(own, (item) => outcome(item) === wish)))
        .join(' / ');
    });
    const decided = rows.filter((item) => outcome(item) !== 'inconclusive');
    const right = share(decided, (item) => (outcome(item) === 'approved') === item.row.good);
    return `| ${title} | ${shares.join(' | ')} | ${percent(decided.length / rows.length)} | ${percent(right)} |`;
  });
  const head = '| answers | good: approved / rejected / inconclusive | bad: the same | conclusive | right of those |';
  return [head, '|---|---|---|---|---|', ...lines].join('\n');
}

function attackTable(judged: readonly Judged[]): string {
  const lines = [
    ...Map.groupBy(
      judged.filter(({ attack }) => attack !== undefined),
      ({ attack }) => attack,
    ),
  ].map(([attack, rows]) => {
    const each = EMBEDDED_VARIANTS.map((name) => percent(share(rows, (item) => item.probabilities[name] >= SURE)));
    const panel = percent(share(rows, (item) => outcome(item) === 'approved'));
    return `| ${attack} | ${rows.length} | ${each.join(' | ')} | ${panel} | ${percent(share(rows, ({ copied }) => copied))} |`;
  });
  const head = `| attack, approved at 0.8 by | rows | ${EMBEDDED_VARIANTS.join(' | ')} | panel | known as a copy |`;
  return [head, `|---|---|${EMBEDDED_VARIANTS.map(() => '---|').join('')}---|---|`, ...lines].join('\n');
}

function errorCorrelations(real: readonly Judged[]): string {
  const errors = EMBEDDED_VARIANTS.map((name) =>
    real.map(({ row, probabilities }) => Number(row.good) - probabilities[name]),
  );
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const covariance = (a: readonly number[], b: readonly number[]) =>
    mean(a.map((value, i) => value * b[i]!)) - mean(a) * mean(b);
  const pairs = EMBEDDED_VARIANTS.flatMap((one, i) =>
    EMBEDDED_VARIANTS.slice(i + 1).map((other, k) => {
      const [a, b] = [errors[i]!, errors[i + 1 + k]!];
      return `${one} and ${other} ${(covariance(a, b) / Math.sqrt(covariance(a, a) * covariance(b, b))).toFixed(2)}`;
    }),
  );
  return `Correlation of errors: ${pairs.join(', ')}.`;
}

const METHODS: Record<EmbeddedVariantName, string> = {
  rules:
    'An additive model: a staircase of eight steps for each measure, words weighed by their looks alone, and hashed words (65,536 buckets, int8): words met, missing, not asked for, and pairs of a missing word and one in its place.',
  flow: 'A smooth kernel machine: a logistic regression over 256 random waves of the measures and over hashed runs of four letters (32,768 buckets), int8.',
  tokens: 'A logistic regression over the measures and over hashed words as in `rules`.',
  profile:
    'The mean of boosted trees over the measures and of a logistic regression over the measures, hashed words and neighbouring words (65,536 buckets, int8).',
};

/** The card of the assessors: what they were trained on, how well they judge questions that they never saw, what fails. */
export function skillCard(judged: readonly Judged[]): string {
  const real = judged.filter(({ attack }) => attack === undefined);
  const sections = EMBEDDED_VARIANTS.map(
    (name) =>
      `## skill-${name}.weights.json\n\n${METHODS[name]}\n\n${table(real, (item) => item.probabilities[name])}\n`,
  );
  return `# The embedded skill assessors

Written by \`npm run train -- DATA_FOLDER --only skill\`, with fixed seeds. Every figure is of whole judges on questions that neither
their weights nor their calibration saw (four folds by question); intervals are bootstrapped over questions. Answers that
abstain as copies, ${percent(share(real, ({ copied }) => copied))} of all and ${percent(
    share(
      real.filter(({ row }) => row.good),
      ({ copied }) => copied,
    ),
  )} of the good ones, count in every column but the balanced accuracy.

**Data and licences.** SemEval 2013 task 7, the SciEntsBank and Beetle corpora (CC BY-SA 3.0; Dzikovska et al.), ${count(real, 'sciEntsBank')}
and ${count(real, 'beetle')} answers; the English short-answer feedback set SAF (MIT; Filighera et al.), ${count(real, 'saf')} answers. Made-up answers are
generated from the references: gaming attempts with a small weight, and answers to one or both of two questions.

**Features.** ${SKILL_FEATURES.length} measures of the answer beside the requirement met best, beside all requirements as one, of the
ways that words turn what is said, and of its manner: ${SKILL_FEATURES.join(', ')}. Words are weighed by how rare they are in the answers
(hashed, 8,192 buckets, int8; not in \`rules\`). Sentences of five words and more that share none with what is asked are read
only for signs of gaming. No file holds a word of the data.

**Calibration.** Logistic, on log-odds held out by question, by the size of what is asked, the number of requirements and
the length of the answer; on the data's own shares of right answers.

**Known failures.** Meaning that shares no word, form or everyday sense with the requirement is not seen, nor is a wrong
statement made of the right words. Answers that SciEntsBank marks as partly right are rejections there and hard to tell.
A verbatim copy abstains, so an honest answer in exactly the reference's words does too. Keywords of short criteria strewn
into connected prose can pass for an answer. The questions of the data are
about physics, everyday science and computer networks, in English: elsewhere the figures do not hold.

${sections.join('\n')}
## The panel

Three of four at 0.8, as the default rules ask:

${panelTable(real)}

The mean of the four log-odds, as one judge:

${table(real, meanOfFour)}

${errorCorrelations(real)}

## Gaming

${attackTable(judged)}
`;
}

const count = (real: readonly Judged[], source: string) => real.filter(({ row }) => row.source === source).length;
