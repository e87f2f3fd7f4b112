import { hash32 } from '../../src/models/embedded/hashing.ts';
import type {
  FlowWeights,
  GamingWeights,
  ProfileWeights,
  RulesWeights,
  TokensWeights,
} from '../../src/models/embedded/skill/assessors.ts';
import { calibrated, sightsOf } from '../../src/models/embedded/skill/calibration.ts';
import type { Rarity } from '../../src/models/embedded/skill/coverage.ts';
import { skillFeatures } from '../../src/models/embedded/skill/features.ts';
import { letterFeatures, phraseFeatures, wordFeatures } from '../../src/models/embedded/skill/lexicon.ts';
import { prepareRequirement } from '../../src/models/embedded/skill/prepared.ts';
import { plainRarity, type RarityWeights, tableRarity } from '../../src/models/embedded/skill/rarity.ts';
import { measure, type Requirements, read, readRequirements } from '../../src/models/embedded/skill/reading.ts';
import { wordsOf } from '../../src/models/embedded/skill/text.ts';
import { type Answer, answersOf, isAttack } from './answers.ts';
import type { SkillRow } from './data.ts';
import { foldsOf, generator } from './random.ts';
import { fitCalibration } from './skill-calibration.ts';
import {
  LETTER_BUCKETS,
  LEXICON_BUCKETS,
  type Models,
  type Prepared,
  round,
  scoresBy,
  trainModels,
  WAVES,
} from './skill-models.ts';

const FOLDS = 3;
/** Log-odds of the network's default confidence. */
const SURE = Math.log(0.8 / 0.2);
const SEED = 7;
/** Size of the hashed table of rarities, in int8 weights. */
const RARITY_BUCKETS = 1 << 13;

/** Weights of words by the share of answers that hold them, hashed; frequent words keep their bucket for themselves. */
export function rarityTable(rows: readonly SkillRow[]): RarityWeights {
  const counts = new Map<string, number>();
  for (const { content } of rows)
    for (const stem of new Set(wordsOf(content).map((word) => word.stem)))
      counts.set(stem, (counts.get(stem) ?? 0) + 1);
  const scale = Math.log(1 + rows.length) / 5 / 127;
  const bytes = new Int8Array(RARITY_BUCKETS).fill(127);
  for (const [stem, count] of counts) {
    const weight = Math.round(Math.log(1 + rows.length / (1 + count)) / 5 / scale);
    const bucket = hash32(stem) % RARITY_BUCKETS;
    if (count >= 5) bytes[bucket] = Math.min(bytes[bucket]!, weight);
  }
  return { buckets: RARITY_BUCKETS, scale: round(scale), weights: Buffer.from(bytes.buffer).toString('base64') };
}

function preparedAnswers(answers: readonly Answer[], rarity: Rarity): Prepared[] {
  const known = new Map<string, Requirements>();
  const requirementsOf = (texts: readonly string[]) => {
    const key = texts.join('\n');
    const requirements = known.get(key) ?? readRequirements(texts.map(prepareRequirement));
    known.set(key, requirements);
    return requirements;
  };
  return answers.map((answer) => {
    const reading = read(answer.content, requirementsOf(answer.requirements));
    const [measures, looks] = [measure(reading, rarity), measure(reading, plainRarity)];
    return {
      answer,
      label: answer.good ? 1 : 0,
      weight: answer.weight,
      plain: skillFeatures(reading, looks),
      dense: skillFeatures(reading, measures),
      plainWords: wordFeatures(reading, looks, LEXICON_BUCKETS),
      words: wordFeatures(reading, measures, LEXICON_BUCKETS),
      phrases: phraseFeatures(reading, measures, LEXICON_BUCKETS),
      letters: letterFeatures(reading, measures, LETTER_BUCKETS),
      sights: sightsOf(reading),
    };
  });
}

const ASSESSORS = ['rules', 'flow', 'tokens', 'profile'] as const;
const NAMES = ['gaming', ...ASSESSORS] as const;

/** Log-odds of every row by models that saw no answer to its question. */
function heldOutScores(rows: readonly Prepared[]): Record<keyof Models, number[]> {
  const fold = foldsOf(
    rows.map(({ answer }) => answer.group),
    FOLDS,
    generator(SEED),
  );
  const scores = { gaming: [], rules: [], flow: [], tokens: [], profile: [] } as Record<keyof Models, number[]>;
  for (let f = 0; f < FOLDS; f++) {
    const by = scoresBy(trainModels(rows.filter((_, i) => fold[i] !== f)));
    rows.forEach((row, i) => {
      if (fold[i] === f) for (const name of NAMES) scores[name][i] = by[name](row);
    });
  }
  return scores;
}

/** Of no kind of attack may more than this share be surely approved by an assessor, on held-out questions. */
const PASSED_MAX = 0.035;

/** The highest suspicion from which every kind of attack is caught often enough: a lower one would suspect more honest answers. */
function suspectFrom(rows: readonly Prepared[], suspicion: readonly number[], approved: readonly boolean[][]): number {
  const kinds = Map.groupBy(
    [...rows.keys()].filter((i) => isAttack(rows[i]!.answer)),
    (i) => rows[i]!.answer.attack,
  );
  const bounds = [...kinds.values()].flatMap((members) =>
    approved.map((of) => {
      const passing = members.filter((i) => of[i]).map((i) => suspicion[i]!);
      const allowed = Math.floor(PASSED_MAX * members.length);
      return passing.sort((a, b) => a - b)[allowed] ?? Number.POSITIVE_INFINITY;
    }),
  );
  return round(Math.min(SUSPECT_MAX, ...bounds));
}

/** Surer than even odds of an attack is suspect in any case. */
const SUSPECT_MAX = 0;

/** The weight files of the skill assessors by name. */
export type SkillWeights = {
  'skill-gaming': GamingWeights;
  'skill-rules': RulesWeights;
  'skill-flow': FlowWeights;
  'skill-tokens': TokensWeights;
  'skill-profile': ProfileWeights;
};

/** Trains all assessors with their calibrations from these rows alone; takes about a minute for ten thousand. */
export function trainSkill(rows: readonly SkillRow[]): SkillWeights {
  const rarity = rarityTable(rows);
  const prepared = preparedAnswers(answersOf(rows), tableRarity(rarity));
  const scores = heldOutScores(prepared);
  const calibrations = ASSESSORS.map((name) => fitCalibration(prepared, scores[name]));
  const calibration = (name: (typeof ASSESSORS)[number]) => calibrations[ASSESSORS.indexOf(name)]!;
  const approved = ASSESSORS.map((name) =>
    prepared.map(({ sights }, i) => calibrated(calibration(name), scores[name][i]!, sights) >= SURE),
  );
  const { gaming, rules, flow, tokens, profile } = trainModels(prepared);
  return {
    'skill-gaming': { model: gaming, suspectFrom: suspectFrom(prepared, scores.gaming, approved) },
    'skill-rules': { ...rules, calibration: calibration('rules') },
    'skill-flow': { ...flow, waves: WAVES, rarity, calibration: calibration('flow') },
    'skill-tokens': { ...tokens, rarity, calibration: calibration('tokens') },
    'skill-profile': { ...profile, rarity, calibration: calibration('profile') },
  };
}
