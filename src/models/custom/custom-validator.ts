import { ValidationError } from '../../protocol/errors.ts';
import type { Judgement, ModelIdentity } from '../../protocol/judgement.ts';
import { parseTask, type Task } from '../../protocol/task.ts';
import { BaseModel, type PredictOptions } from '../base-model.ts';
import type { LoadWeights } from '../embedded/weights.ts';
import { Head } from './head.ts';
import { CUSTOM_NAME, invalidModel, type ModelFile, readModelFile, sealed, writeModelFile } from './model-file.ts';
import { BLEND, PRIOR_NAMES, Prior } from './prior.ts';
import type { LabelledTask } from './rows.ts';
import { readData, type TrainOptions, trainHeads } from './training.ts';
import { customJudgement } from './verdict.ts';

export interface CustomValidatorOptions {
  /** A letter, then at most 63 letters, digits, `.`, `_` or `-`; its family is `custom-NAME`. */
  name: string;
  /** What it starts from: `embedded`, a blend of all embedded judges, unless given; or one, e.g. `embedded:tokens`. */
  prior?: string;
  /** Where the prior's weights come from; those of the package unless given. */
  loadWeights?: LoadWeights;
}

/**
 * A judge that starts as the embedded ones and learns from labelled tasks. Untrained, or asked about a type of task
 * that its rows did not hold, it judges as its prior does.
 */
export class CustomValidator extends BaseModel {
  readonly name: string;
  readonly #prior: Prior;
  #id: string;
  #model: ModelFile | undefined;
  #heads: Partial<Record<Task['type'], Head>> = {};

  /** @throws ValidationError INVALID_NAME, INVALID_PRIOR */
  constructor({ name, prior = BLEND, loadWeights }: CustomValidatorOptions) {
    super();
    if (!CUSTOM_NAME.test(name)) {
      const form = 'a letter, then at most 63 letters, digits or . _ -';
      throw new ValidationError(`name: must be ${form}`, 'INVALID_NAME', { path: 'name' });
    }
    if (!PRIOR_NAMES.includes(prior))
      throw new ValidationError(`prior: must be one of ${PRIOR_NAMES.join(', ')}`, 'INVALID_PRIOR', { path: 'prior' });
    this.name = name;
    this.#id = name;
    this.#prior = new Prior(prior, loadWeights);
  }

  /**
   * Reads a model that was saved.
   * @param id its name in configuration and signed results; the name that it was trained under unless given
   * @throws ValidationError INVALID_MODEL: unreadable, changed, of another version, refused by its training, or trained
   * on another prior than this package's
   */
  static async load(
    path: string,
    { id, loadWeights }: { id?: string; loadWeights?: LoadWeights } = {},
  ): Promise<CustomValidator> {
    const model = await readModelFile(path);
    const { name, prior, enabled, heads } = model;
    const validator = new CustomValidator({ name, prior: prior.name, ...(loadWeights && { loadWeights }) });
    if (!enabled) {
      const reasons = Object.values(heads).flatMap((trained) => trained?.refused ?? []);
      throw invalidModel(path, `its training refused it, since ${reasons.join(', and ')}`);
    }
    if ((await validator.#prior.digest()) !== prior.digest)
      throw invalidModel(path, `the weights or rules of its prior ${prior.name} are not those that it was trained on`);
    validator.#id = id ?? name;
    validator.#use(model);
    return validator;
  }

  get identity(): ModelIdentity {
    const digest = this.#model === undefined ? {} : { digest: this.#model.digest };
    return { id: this.#id, family: `custom-${this.name}`, ...digest };
  }

  /** What was learned, and how it was measured; undefined before the first training. */
  get model(): ModelFile | undefined {
    return this.#model;
  }

  /**
   * Learns from labelled tasks in place of whatever was learned before, and measures itself on rows held out. A model
   * that is not better than its prior is kept for its figures, `enabled: false`, and judges as its prior.
   * @throws ValidationError TOO_FEW_ROWS, INVALID_DATA; the signal's reason when aborted
   */
  async train(
    data: Iterable<LabelledTask> | AsyncIterable<LabelledTask>,
    options: TrainOptions = {},
  ): Promise<ModelFile> {
    const { rejectShare } = options;
    if (rejectShare !== undefined && !(rejectShare > 0 && rejectShare < 1))
      throw new ValidationError('rejectShare: must be over 0 and under 1', 'INVALID_DATA', { path: 'rejectShare' });
    const { rows, digest } = await readData(data, this.#prior, options);
    const heads = await trainHeads(rows, options);
    const model = sealed({
      kind: 'pheme-custom-model',
      version: 1,
      name: this.name,
      enabled: Object.values(heads).every((trained) => trained.refused === undefined),
      features: 1,
      prior: { name: this.#prior.name, digest: await this.#prior.digest() },
      dataDigest: digest,
      heads,
    });
    this.#use(model);
    return model;
  }

  /** Judges; see {@link BaseModel.predict}. */
  override async predict(task: Task, options: PredictOptions = {}): Promise<Judgement> {
    options.signal?.throwIfAborted();
    const opinion = await this.#prior.opinion(task, options);
    return customJudgement(task, opinion, this.#heads[task.type], this.identity);
  }

  /** Judges anything that claims to be a task. @throws ValidationError INVALID_TASK */
  async validate(submission: unknown): Promise<Judgement> {
    return this.predict(parseTask(submission));
  }

  /** Writes the model to a file, whole or not at all. @throws ValidationError NOT_TRAINED */
  async save(path: string): Promise<void> {
    if (this.#model === undefined)
      throw new ValidationError(`the model ${this.name} has learned nothing yet: train it before`, 'NOT_TRAINED');
    await writeModelFile(path, this.#model);
  }

  #use(model: ModelFile): void {
    const { CODE_REVIEW: review, SKILL_ASSESSMENT: assessment } = model.enabled ? model.heads : {};
    this.#model = model;
    this.#heads = {
      ...(review && { CODE_REVIEW: new Head(review.weights) }),
      ...(assessment && { SKILL_ASSESSMENT: new Head(assessment.weights) }),
    };
  }
}
