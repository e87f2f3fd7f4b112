import { isCode } from '../../diff/language.ts';
import type { SourceLine } from '../../diff/lexer.ts';
import { LinearModel, type LinearWeights } from '../linear.ts';
import { clamp, logit, sigmoid } from '../logit.ts';
import { type TreeWeights, treeLogOdds } from '../trees.ts';
import {
  at,
  commonEvidence,
  type Evidence,
  flowEvidence,
  type SourceFile,
  securityLineEvidence,
  sourceFilesOf,
  structureEvidence,
} from './evidence.ts';
import { profileFeatures } from './profile-features.ts';
import { changeFeatures, lineFeatures } from './token-features.ts';
import { type CodeContext, type CodeOpinion, PRIOR_BAD, startingOdds } from './verdict.ts';

/** Slope and offset that make log-odds true on held-out changes of one kind, half of them bad. */
export type Calibration = Record<string, { slope: number; offset: number }>;

/** What a trained judge of changes is read from. */
export interface CodeWeights<Weights> {
  model: Weights;
  calibration: Calibration;
}

/** Everything the classifiers read of a change, before and after. */
export interface ChangeView {
  changed: readonly SourceFile[];
  original: readonly SourceFile[];
  evidence: Evidence[];
  before: Evidence[];
}

const securityOf = (source: SourceFile): Evidence[] =>
  [...securityLineEvidence(source), ...flowEvidence(source, true), ...structureEvidence(source)].filter(
    (item) => item.category === 'security',
  );

export function viewOf({ diff, sources }: Pick<CodeContext, 'diff' | 'sources'>): ChangeView {
  const original = sourceFilesOf(diff, 'original');
  return { changed: sources, original, evidence: sources.flatMap(securityOf), before: original.flatMap(securityOf) };
}

/** The kind of change that a calibration is for: language and whether old code is touched. */
export function kindOf({ changed, original }: Pick<ChangeView, 'changed' | 'original'>): string {
  const code = changed.filter((source) => isCode(source.file.language));
  const sizes = new Map<string, number>();
  for (const source of code)
    sizes.set(source.file.language, (sizes.get(source.file.language) ?? 0) + source.hunks.flat().length);
  const [language] = [...sizes].sort((a, b) => b[1] - a[1])[0] ?? ['other'];
  const known = language === 'js' || language === 'python' || language === 'c' ? language : 'other';
  return `${known} ${original.some((source) => source.hunks.flat().some((line) => line.added)) ? 'change' : 'new'}`;
}

/** Log-odds that a change is bad, calibrated and moved from half bad to the prior. */
function calibrated(logOdds: number, view: ChangeView, calibration: Calibration): number {
  const { slope, offset } = calibration[kindOf(view)] ?? calibration['other change']!;
  return clamp(slope * logOdds + offset, -LOG_ODDS_MAX, LOG_ODDS_MAX) + logit(PRIOR_BAD);
}

/** A learned opinion alone never goes beyond 19 to 1 before the prior: the training sets are small. */
const LOG_ODDS_MAX = 3;
/** From this probability on the learned opinion is an error of its own. */
const REJECT_FROM = 0.5;

/** Hashed token n-grams of added and removed code, a linear classifier. */
export class TokenReviewer {
  readonly #model: LinearModel;
  readonly #calibration: Calibration;

  constructor({ model, calibration }: CodeWeights<LinearWeights>) {
    this.#model = new LinearModel(model);
    this.#calibration = calibration;
  }

  review(context: CodeContext): CodeOpinion {
    const certain = context.sources.flatMap((source) => [
      ...commonEvidence(source),
      ...certainOf(flowEvidence(source, false)),
    ]);
    if (!hasCode(context)) return { evidence: certain, logOdds: startingOdds(context) };
    const view = viewOf(context);
    const features = changeFeatures(view.changed, view.original, view.evidence, view.before, this.#model.buckets);
    const logOdds = calibrated(this.#model.logOdds(features), view, this.#calibration);
    const worst = this.#worstLine(context.sources);
    return { evidence: [...certain, ...suspicion(logOdds, worst, 'tokens/resembles-vulnerable')], logOdds };
  }

  #worstLine(sources: readonly SourceFile[]): Place | undefined {
    let best: (Place & { sum: number }) | undefined;
    for (const place of placesOf(sources)) {
      const sum = this.#model.sum(lineFeatures(place.line, this.#model.buckets));
      if (best === undefined || sum > best.sum) best = { ...place, sum };
    }
    return best;
  }
}

/** Shares and gains of telling constructs, boosted trees. */
export class ProfileReviewer {
  readonly #model: TreeWeights;
  readonly #calibration: Calibration;

  constructor({ model, calibration }: CodeWeights<TreeWeights>) {
    this.#model = model;
    this.#calibration = calibration;
  }

  review(context: CodeContext): CodeOpinion {
    const certain = context.sources.flatMap((source) => [
      ...commonEvidence(source),
      ...certainOf(flowEvidence(source, true)),
    ]);
    if (!hasCode(context)) return { evidence: certain, logOdds: startingOdds(context) };
    const view = viewOf(context);
    const features = profileFeatures(view.changed, view.original, view.evidence, view.before);
    const logOdds = calibrated(treeLogOdds(this.#model, features), view, this.#calibration);
    return {
      evidence: [...certain, ...suspicion(logOdds, gravestPlace(view), 'profile/resembles-vulnerable')],
      logOdds,
    };
  }
}

function hasCode({ task, sources }: CodeContext): boolean {
  return task.requirements.security && sources.some((source) => isCode(source.file.language));
}

/** Flows that stand on their own, whatever was learned. */
function certainOf(evidence: readonly Evidence[]): Evidence[] {
  return evidence.filter(({ severity }) => severity === 'error');
}

interface Place {
  source: SourceFile;
  line: SourceLine;
}

/** Lines compared one by one; beyond them the gravest is taken from those. */
const PLACES_MAX = 5000;

function placesOf(sources: readonly SourceFile[]): Place[] {
  const places = sources
    .filter((source) => isCode(source.file.language) && !source.isTest)
    .flatMap((source) =>
      source.hunks
        .flat()
        .filter((line) => line.added && line.code.trim().length > 3)
        .map((line) => ({ source, line })),
    );
  return places.slice(0, PLACES_MAX);
}

/** The line of the surest evidence, else the longest added line: long statements do the most. */
function gravestPlace({ changed, evidence }: ChangeView): Place | undefined {
  const [surest] = [...evidence].sort((a, b) => b.belief - a.belief);
  const places = placesOf(changed);
  const named = places.find(({ source, line }) => source.file.path === surest?.file && line.line === surest.line);
  return named ?? places.sort((a, b) => b.line.code.trim().length - a.line.code.trim().length)[0];
}

function suspicion(logOdds: number, place: Place | undefined, rule: string): Evidence[] {
  const belief = sigmoid(logOdds);
  if (belief < REJECT_FROM || place === undefined) return [];
  return [
    {
      ...at(place.source, place.line),
      rule,
      severity: 'error',
      category: 'security',
      belief,
      message: 'The change resembles changes that introduced vulnerabilities; this line weighs most.',
      suggestion:
        'Check where its values come from, and that they are bounded, escaped or checked before they are used.',
    },
  ];
}
