import type { Judgement, ModelIdentity } from '../../protocol/judgement.ts';
import type { CodeReviewTask, Task } from '../../protocol/task.ts';
import { BaseModel, type PredictOptions } from '../base-model.ts';
import { parseDiff } from '../diff/parse-diff.ts';
import { type Analysers, loadAnalysers } from './code/analysers/analysers.ts';
import { readChange } from './code/lint.ts';
import { type CodeContext, type CodeOpinion, reviewJudgement } from './code/verdict.ts';
import type { Assess } from './skill/assessors.ts';
import { skillContext, skillJudgement } from './skill/verdict.ts';

/** How one variant thinks; both halves are pure and bounded in time by the limits of what they read. */
export interface EmbeddedVariant {
  identity: ModelIdentity;
  review: (context: CodeContext) => CodeOpinion;
  assess: Assess;
}

/** A model that ships with the package: no key, no network. */
export class EmbeddedModel extends BaseModel {
  readonly identity: ModelIdentity;
  readonly #load: () => Promise<EmbeddedVariant>;
  #variant: Promise<EmbeddedVariant> | undefined;

  /** `load` is called once, at the first task: weights are read when they are needed. */
  constructor(identity: ModelIdentity, load: () => Promise<EmbeddedVariant>) {
    super();
    this.identity = identity;
    this.#load = load;
  }

  override async predict(task: Task, options: PredictOptions = {}): Promise<Judgement> {
    options.signal?.throwIfAborted();
    this.#variant ??= this.#load();
    const { identity, review, assess } = await this.#variant;
    options.signal?.throwIfAborted();
    if (task.type === 'SKILL_ASSESSMENT') {
      const context = skillContext(task);
      return skillJudgement(context, assess(context.reading), identity);
    }
    const context = codeContext(task, await analysers());
    return reviewJudgement(context, review(context), identity);
  }
}

export function codeContext(task: CodeReviewTask, analysers: Analysers): CodeContext {
  return { task, ...readChange(parseDiff(task.pullRequest.diff), analysers) };
}

/** One set of linters for all models of a thread: they hold most of its memory. */
let loading: Promise<Analysers> | undefined;
function analysers(): Promise<Analysers> {
  loading ??= loadAnalysers();
  return loading;
}
