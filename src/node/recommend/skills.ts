/** What a signed result shows about a subject: one assessment of one skill at one level. */
export interface SkillRecord {
  taskId: string;
  skill: string;
  level: number;
  requirements: readonly string[];
  approved: boolean;
  /** Calibrated probability that the verdict is right, 0.5 to 1. */
  confidence: number;
  decidedAtSeconds: number;
}

/** What is compared: the same name, and what is asked of it. */
type Skill = Pick<SkillRecord, 'skill' | 'requirements'>;

/**
 * How much an assessment of one skill says about another, 0 to 1: 1 for the same name; else the overlap of the words
 * (Dice coefficient), where names count three times as much as requirements.
 */
export function relatedness(a: Skill, b: Skill): number {
  if (nameOf(a.skill) === nameOf(b.skill)) return 1;
  const names = dice(wordsOf([a.skill]), wordsOf([b.skill]));
  const texts = dice(wordsOf(a.requirements), wordsOf(b.requirements));
  return (3 * names + texts) / 4;
}

function nameOf(skill: string): string {
  return skill.trim().toLowerCase().replace(/\s+/g, ' ');
}

/** Words that stand in any requirement and say nothing about its subject. */
const COMMON = new Set(
  'a an and are as at be by can for from has how in is it its of on or that the to use with'.split(' '),
);

function wordsOf(texts: readonly string[]): Set<string> {
  const words = texts.flatMap((text) => text.toLowerCase().match(/[\p{L}\p{N}+#.]+/gu) ?? []);
  return new Set(
    words.map((word) => word.replace(/\.+$/, '').replace(/(?<=\p{L}{3})s$/u, '')).filter((word) => !COMMON.has(word)),
  );
}

function dice(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  if (a.size === 0 || b.size === 0) return 0;
  const shared = [...a].filter((word) => b.has(word)).length;
  return (2 * shared) / (a.size + b.size);
}
