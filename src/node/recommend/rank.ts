import type { OpenSkillTask, Recommendation } from '../../protocol/recommendation.ts';
import { type Ability, type AbilityScale, estimateAbility } from './ability.ts';
import { relatedness, type SkillRecord } from './skills.ts';

/** A result five months old says seven tenths of what it said when it was new. */
const HALF_LIFE_SECONDS = 300 * 24 * 3600;
/** Below this, skills share nothing but everyday words. */
const RELATED_MIN = 0.15;
const EVIDENCE_SHOWN_MAX = 5;
/** Learning is best a third of a step above what one can do already. */
const STRETCH_STEPS = 0.35;
const STEPS_ON_SCALE = 4;

interface Weighted {
  record: SkillRecord;
  /** How much it says about the task's skill today, 0 to 1. */
  weight: number;
}

/**
 * Ranks open tasks for a subject by its signed results, best first; ties by id. The same input gives the same order.
 * @param nowSeconds Unix time that the age of results is counted from
 */
export function recommendTasks(
  records: readonly SkillRecord[],
  tasks: readonly OpenSkillTask[],
  nowSeconds: number,
): Recommendation[] {
  const levels = [...records, ...tasks].map(({ level }) => level);
  const step = Math.max(1, (Math.max(...levels) - Math.min(...levels)) / STEPS_ON_SCALE);
  return tasks
    .map((task) => recommend(task, weigh(records, task, nowSeconds), { entry: entryOf(task, tasks) - step / 2, step }))
    .sort((a, b) => b.rank - a.rank || (a.id < b.id ? -1 : 1));
}

function weigh(records: readonly SkillRecord[], task: OpenSkillTask, nowSeconds: number): Weighted[] {
  return records
    .map((record) => {
      const age = Math.max(0, nowSeconds - record.decidedAtSeconds);
      return { record, related: relatedness(record, task), fresh: 0.5 ** (age / HALF_LIFE_SECONDS) };
    })
    .filter(({ related }) => related >= RELATED_MIN)
    .map(({ record, related, fresh }) => ({ record, weight: related * fresh }))
    .sort((a, b) => b.weight - a.weight || (a.record.taskId < b.record.taskId ? -1 : 1));
}

/** The lowest level on offer in the task's skill. */
function entryOf(task: OpenSkillTask, tasks: readonly OpenSkillTask[]): number {
  const same = tasks.filter((other) => relatedness(other, task) === 1);
  return Math.min(...same.map(({ level }) => level));
}

function recommend(task: OpenSkillTask, weighted: readonly Weighted[], scale: AbilityScale): Recommendation {
  const observations = weighted.map(({ record: { level, approved, confidence }, weight }) => ({
    level,
    met: 0.5 + weight * ((approved ? confidence : 1 - confidence) - 0.5),
  }));
  const ability = estimateAbility(observations, scale);
  const fit = ability.meets(task.level);
  const above = (task.level - ability.mean) / scale.step;
  const growth = Math.exp(-((above - STRETCH_STEPS) ** 2) / 2);
  const rank = Math.sqrt(fit * growth) * (0.7 + 0.3 * ability.known);
  return {
    id: task.id,
    rank: rounded(rank),
    fit: rounded(fit),
    growth: rounded(growth),
    confidence: rounded(ability.known),
    reasons: reasonsFor(task, weighted, ability, above),
    evidence: weighted.slice(0, EVIDENCE_SHOWN_MAX).map(({ record }) => record.taskId),
  };
}

function rounded(share: number): number {
  return Math.round(share * 1000) / 1000;
}

function reasonsFor(task: OpenSkillTask, weighted: readonly Weighted[], ability: Ability, above: number): string[] {
  if (weighted.length === 0) {
    return [`no signed result says anything about ${task.skill} yet: entry levels come first`];
  }
  const same = weighted.filter(({ record }) => relatedness(record, task) === 1);
  const others = new Set(weighted.filter((item) => !same.includes(item)).map(({ record }) => record.skill));
  const met = same.filter(({ record }) => record.approved).map(({ record }) => record.level);
  const percent = Math.round(100 * ability.meets(task.level));
  return [
    ...(same.length > 0
      ? [
          `${same.length} signed result${same.length === 1 ? '' : 's'} in ${task.skill}${met.length > 0 ? `, approved up to level ${Math.max(...met)}` : ', none approved'}`,
        ]
      : []),
    ...(others.size > 0 ? [`related: ${[...others].slice(0, 3).join(', ')}`] : []),
    `shown level about ${ability.mean.toFixed(1)}: ${percent}% to meet level ${task.level}`,
    above > 1.5
      ? 'far above what was shown'
      : above < -1
        ? 'well below what was shown: little to learn'
        : above > 0
          ? 'a step beyond what was shown'
          : 'at the level that was shown',
  ];
}
