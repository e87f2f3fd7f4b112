import { hash } from '../../protocol/hash.ts';
import { type Finding, type Judgement, SEVERITIES } from '../../protocol/judgement.ts';
import { FINDINGS_MAX } from '../../protocol/limits.ts';
import type { Task } from '../../protocol/task.ts';
import type { BaseModel, PredictOptions } from '../base-model.ts';
import { logit } from '../embedded/logit.ts';
import { createEmbeddedModel, EMBEDDED_VARIANTS, isEmbeddedVariant } from '../embedded/registry.ts';
import { type LoadWeights, shippedWeights } from '../embedded/weights.ts';
import { createMockCodeReviewTask } from '../mock-task.ts';

/** The prior that blends all embedded judges: the mean of their log-odds. */
export const BLEND = 'embedded';
/** What a custom model can start from. */
export const PRIOR_NAMES: readonly string[] = [BLEND, ...EMBEDDED_VARIANTS.map((variant) => `embedded:${variant}`)];

/** What the prior thinks of a task. */
export interface PriorOpinion {
  /** That the task is to be rejected. */
  logOdds: number;
  /** The judgement nearest to it among those that vote like it: its words, feedback and coverage stand for all. */
  nearest: Judgement;
  /** False where nothing that rows could teach helps: input that could not be judged or read, or that is no answer. */
  open: boolean;
  /** Of all judges, each place and rule once. */
  findings: Finding[];
}

/** The embedded judges that a custom model starts from. */
export class Prior {
  readonly name: string;
  readonly #models: readonly BaseModel[];
  #digest: Promise<string> | undefined;

  /** @param name one of PRIOR_NAMES */
  constructor(name: string, loadWeights: LoadWeights = shippedWeights) {
    this.name = name;
    const variants = EMBEDDED_VARIANTS.filter((variant) => name === BLEND || name === `embedded:${variant}`);
    this.#models = variants.filter(isEmbeddedVariant).map((variant) => createEmbeddedModel(variant, loadWeights));
  }

  /** Of all weights and rules behind it. The judges tell theirs with a judgement. */
  digest(): Promise<string> {
    this.#digest ??= this.#askAll(createMockCodeReviewTask(), {}).then((judgements) =>
      hash(
        'pheme/custom-prior/1',
        judgements.map(({ model }) => [model.id, model.digest ?? '']),
      ),
    );
    return this.#digest;
  }

  async opinion(task: Task, options: PredictOptions = {}): Promise<PriorOpinion> {
    const judgements = await this.#askAll(task, options);
    const opinions = judgements.map(logOddsBad);
    const logOdds = opinions.reduce((sum, odds) => sum + odds, 0) / opinions.length;
    const distances = opinions.map((odds) =>
      Math.sign(odds) === Math.sign(logOdds) ? Math.abs(odds - logOdds) : Infinity,
    );
    const nearest = judgements[distances.indexOf(Math.min(...distances))]!;
    const open = nearest.vote !== 'abstain' || nearest.abstainReason === 'low_confidence';
    return { logOdds, nearest, open, findings: union(judgements) };
  }

  async #askAll(task: Task, options: PredictOptions): Promise<Judgement[]> {
    const judgements: Judgement[] = [];
    for (const model of this.#models) judgements.push(await model.predict(task, options));
    return judgements;
  }
}

/** Confidence of a rejection, or what an approval leaves; even odds for an abstention. */
function logOddsBad({ vote, confidence }: Judgement): number {
  if (vote === 'abstain') return 0;
  return logit(vote === 'reject' ? confidence : 1 - confidence);
}

function union(judgements: readonly Judgement[]): Finding[] {
  const byPlace = new Map<string, Finding>();
  for (const finding of judgements.flatMap(({ findings }) => findings)) {
    const key = `${finding.file}\n${finding.line}\n${finding.rule}`;
    const known = byPlace.get(key);
    if (known === undefined || (known.severity !== 'error' && finding.severity === 'error')) byPlace.set(key, finding);
  }
  const gravestFirst = [...byPlace.values()].sort(
    (a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity),
  );
  return gravestFirst.slice(0, FINDINGS_MAX);
}
