import { abstention } from '../protocol/abstention.ts';
import type { AbstainReason, Judgement, ModelIdentity } from '../protocol/judgement.ts';
import type { CodeReviewTask, SkillAssessmentTask, Task } from '../protocol/task.ts';
import { BaseModel, type PredictOptions } from './base-model.ts';
import { parseDiff } from './diff/parse-diff.ts';
import { isCopied, skillContext } from './embedded/skill/verdict.ts';
import { assessmentAnswer, reviewAnswer } from './openai/answer.ts';
import { startBudget } from './openai/budget.ts';
import { Call } from './openai/call.ts';
import { type Confidence, confidenceOf } from './openai/confidence.ts';
import { Endpoint } from './openai/endpoint.ts';
import type { EndpointModel } from './openai/endpoint-model.ts';
import { describeFailure } from './openai/failures.ts';
import { CONTEXT_CHARS_DEFAULT } from './openai/limits.ts';
import { type EndpointMemory, LocalEndpointMemory } from './openai/memory.ts';
import { NoAnswer } from './openai/no-answer.ts';
import {
  assessmentInstructions,
  assessmentMaterial,
  promptOf,
  reviewChunks,
  reviewInstructions,
} from './openai/prompt.ts';
import { assessmentVerdict, reviewVerdict } from './openai/verdict.ts';
import { type ModelSettings, TIMEOUT_MS_DEFAULT } from './settings.ts';

/**
 * A judge behind any OpenAI-compatible endpoint. Its text is untrusted: parsed strictly, and the verdict is computed here.
 * @param memory what is known of endpoints; give the same one to all models of a process
 */
export function createOpenAiModel(
  name: string,
  settings: ModelSettings,
  memory: EndpointMemory = new LocalEndpointMemory(),
): BaseModel {
  return new OpenAiModel(name, settings, memory);
}

class OpenAiModel extends BaseModel {
  readonly identity: ModelIdentity;
  readonly #model: EndpointModel;
  readonly #confidence: Confidence;

  constructor(name: string, settings: ModelSettings, memory: EndpointMemory) {
    super();
    const model = settings.model ?? name;
    this.identity = { id: name, family: settings.family ?? familyOf(model) };
    this.#model = { identity: this.identity, settings, endpoint: new Endpoint(model, settings), memory };
    this.#confidence = confidenceOf(settings.calibration);
  }

  override async predict(task: Task, options: PredictOptions = {}): Promise<Judgement> {
    options.signal?.throwIfAborted();
    const capMs = this.#model.settings.timeoutMs ?? TIMEOUT_MS_DEFAULT;
    const budget = startBudget(Math.min(capMs, options.budgetMs ?? capMs), options.signal);
    const call = new Call(this.#model, budget, task.attempt ?? 0);
    try {
      const judgement = task.type === 'CODE_REVIEW' ? await this.#review(task, call) : await this.#assess(task, call);
      return { ...judgement, ...call.account() };
    } catch (error) {
      options.signal?.throwIfAborted();
      const { reason, summary } = failureOf(error, budget.spent());
      return { ...abstention(reason, summary, call.identity()), ...call.account() };
    }
  }

  async #review(task: CodeReviewTask, call: Call): Promise<Judgement> {
    const diff = parseDiff(task.pullRequest.diff);
    if (diff.changedLines === 0)
      throw new NoAnswer('not_judgeable', 'The diff holds no changed line that can be judged.');
    const { chunks, addedOmitted } = reviewChunks(diff, this.#contextCharsMax);
    const instructions = reviewInstructions(task);
    const prompts = chunks.map((material) => promptOf(instructions, material));
    const answers = await call.askAll(prompts, reviewAnswer);
    return reviewVerdict(task, diff, answers, addedOmitted, call.identity(), this.#confidence);
  }

  async #assess(task: SkillAssessmentTask, call: Call): Promise<Judgement> {
    if (isCopied(skillContext(task)))
      throw new NoAnswer('copied_prompt', 'The submission repeats the requirements; that is no evidence of skill.');
    const { material, cut } = assessmentMaterial(task, this.#contextCharsMax);
    const prompt = promptOf(assessmentInstructions(task), material);
    const [answer] = await call.askAll([prompt], assessmentAnswer);
    const judgement = assessmentVerdict(task, answer!, cut, call.identity(), this.#confidence);
    if (judgement === null) throw new NoAnswer('unreadable_reply', 'The model left a requirement without a score.');
    return judgement;
  }

  get #contextCharsMax(): number {
    return this.#model.settings.contextCharsMax ?? CONTEXT_CHARS_DEFAULT;
  }
}

function failureOf(error: unknown, outOfTime: boolean): { reason: AbstainReason; summary: string } {
  if (outOfTime) return { reason: 'timeout', summary: 'The model gave no answer in time.' };
  if (error instanceof NoAnswer) return { reason: error.reason, summary: error.message };
  return { reason: 'model_error', summary: `The model failed: ${describeFailure(error)}.` };
}

/** The name before its version and size: `gpt-4o-mini` is of the family `gpt`, `llama3.1:8b` of `llama`. */
function familyOf(model: string): string {
  const base = model.slice(model.lastIndexOf('/') + 1).toLowerCase();
  return /^[a-z]+/.exec(base)?.[0] ?? base;
}
