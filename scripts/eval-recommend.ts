/**
 * `npm run eval:recommend -- [--seed S]`: how well `pheme recommend` orders the authored set of learners, beside simple
 * baselines: NDCG@5 and the reciprocal rank of the best task, means with bootstrap intervals over learners.
 */
import { parseArgs } from 'node:util';
import { recommendTasks } from '../src/node/recommend/rank.ts';
import { relatedness, type SkillRecord } from '../src/node/recommend/skills.ts';
import type { OpenSkillTask } from '../src/protocol/recommendation.ts';
import { SeededRandom } from '../test/sim/random.ts';
import { LEARNERS, type Learner } from './evaluation/learners.ts';

const NOW_SECONDS = 1_800_000_000;
const DAY_SECONDS = 86_400;
const TOP = 5;
const RESAMPLES = 2000;

type Ranking = (records: readonly SkillRecord[], tasks: readonly OpenSkillTask[], random: SeededRandom) => string[];

/** What is compared; every ranking sees the same tasks in a shuffled order. */
export const RANKINGS: Readonly<Record<string, Ranking>> = {
  recommend: (records, tasks) => recommendTasks(records, tasks, NOW_SECONDS).map(({ id }) => id),
  random: (_, tasks, random) => shuffled(tasks, random).map(({ id }) => id),
  'lowest level first': (_, tasks) => by(tasks, ({ level }) => level),
  'same skill first': (records, tasks) =>
    by(tasks, (task) => -Math.max(0, ...records.map((record) => relatedness(record, task)))),
  'level after the best approved': (records, tasks) => {
    const best = Math.max(0, ...records.filter(({ approved }) => approved).map(({ level }) => level));
    return by(tasks, ({ level }) => Math.abs(level - best - 1));
  },
};

function by(tasks: readonly OpenSkillTask[], key: (task: OpenSkillTask) => number): string[] {
  return [...tasks].sort((a, b) => key(a) - key(b)).map(({ id }) => id);
}

function shuffled<T>(items: readonly T[], random: SeededRandom): T[] {
  const left = [...items];
  return items.map(() => left.splice(random.integer(0, left.length - 1), 1)[0]!);
}

export interface Scores {
  ndcg: number;
  reciprocalRank: number;
}

/** Scores of one ranking for every learner. */
export function evaluate(rank: Ranking, seed: number): Scores[] {
  const random = new SeededRandom(seed);
  return LEARNERS.map((learner) => {
    const { records, tasks, gains } = materialOf(learner);
    const order = rank(records, shuffled(tasks, random), random).map((id) => gains.get(id)!);
    const ideal = [...gains.values()].sort((a, b) => b - a);
    return { ndcg: discounted(order) / discounted(ideal), reciprocalRank: 1 / (1 + order.indexOf(ideal[0]!)) };
  });
}

function materialOf({ history, open }: Learner) {
  const records = history.map(([skill, level, approved, confidence, ageDays], at): SkillRecord => {
    const decidedAtSeconds = NOW_SECONDS - ageDays * DAY_SECONDS;
    return { taskId: `${at}`, skill, level, requirements: [], approved, confidence, decidedAtSeconds };
  });
  const tasks = open.map(([skill, level], at): OpenSkillTask => ({ id: `${at}`, skill, level, requirements: [] }));
  return { records, tasks, gains: new Map(open.map(([, , gain], at) => [`${at}`, gain as number])) };
}

/** Discounted cumulative gain of the first places (Järvelin and Kekäläinen 2002). */
function discounted(gains: readonly number[]): number {
  return gains.slice(0, TOP).reduce((sum, gain, at) => sum + (2 ** gain - 1) / Math.log2(at + 2), 0);
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function interval(values: readonly number[], random: SeededRandom): [number, number] {
  const draw = () => mean(values.map(() => values[random.integer(0, values.length - 1)]!));
  const means = Array.from({ length: RESAMPLES }, draw).sort((a, b) => a - b);
  return [means[Math.floor(0.025 * RESAMPLES)]!, means[Math.floor(0.975 * RESAMPLES)]!];
}

function main(): void {
  const { values } = parseArgs({ options: { seed: { type: 'string', default: '1' } } });
  const random = new SeededRandom(Number(values.seed));
  console.log(`${LEARNERS.length} authored learners, seed ${values.seed}`);
  for (const [name, rank] of Object.entries(RANKINGS)) {
    const scores = evaluate(rank, Number(values.seed));
    const told = (label: string, numbers: number[]) => {
      const [low, high] = interval(numbers, random);
      return `${label} ${mean(numbers).toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;
    };
    const ndcg = told(
      `NDCG@${TOP}`,
      scores.map((score) => score.ndcg),
    );
    console.log(
      `${name.padEnd(30)} ${ndcg}  ${told(
        'MRR',
        scores.map(({ reciprocalRank }) => reciprocalRank),
      )}`,
    );
  }
}

if (import.meta.main) main();
