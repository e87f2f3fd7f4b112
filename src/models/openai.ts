import type { ChatCompletion } from 'openai/resources/chat/completions';
import type { z } from 'zod';
import { abstention } from '../protocol/abstention.ts';
import { hash } from '../protocol/hash.ts';
import type { AbstainReason, Judgement, ModelIdentity, Usage } from '../protocol/judgement.ts';
import type { CodeReviewTask, SkillAssessmentTask, Task } from '../protocol/task.ts';
import { BaseModel, type PredictOptions } from './base-model.ts';
import { parseDiff } from './diff/parse-diff.ts';
import { isCopied, skillContext } from './embedded/skill/verdict.ts';
import { assessmentAnswer, jsonSchemaOf, type ReviewAnswer, reviewAnswer } from './openai/answer.ts';
import { describeFailure, Endpoint, type Message } from './openai/endpoint.ts';
import { CONTEXT_CHARS_DEFAULT } from './openai/limits.ts';
import { assessmentInstructions, assessmentMaterial, reviewChunks, reviewInstructions } from './openai/prompt.ts';
import { parseStrictJson } from './openai/strict-json.ts';
import { assessmentVerdict, reviewVerdict } from './openai/verdict.ts';
import { type ModelSettings, TIMEOUT_MS_DEFAULT } from './settings.ts';

/** A model's way of not answering, as it becomes an abstention. */
class NoAnswer extends Error {
  readonly reason: AbstainReason;
  constructor(reason: AbstainReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** A judge behind any OpenAI-compatible endpoint. Its text is untrusted: parsed strictly, and the verdict is computed here. */
export function createOpenAiModel(name: string, settings: ModelSettings): BaseModel {
  return new OpenAiModel(name, settings);
}

class OpenAiModel extends BaseModel {
  readonly identity: ModelIdentity;
  readonly #settings: ModelSettings;
  readonly #endpoint: Endpoint;

  constructor(name: string, settings: ModelSettings) {
    super();
    const model = settings.model ?? name;
    this.identity = { id: name, family: settings.family ?? familyOf(model) };
    this.#settings = settings;
    this.#endpoint = new Endpoint(model, settings);
  }

  override async predict(task: Task, options: PredictOptions = {}): Promise<Judgement> {
    options.signal?.throwIfAborted();
    const budget = AbortSignal.timeout(this.#settings.timeoutMs ?? TIMEOUT_MS_DEFAULT);
    const signal = options.signal === undefined ? budget : AbortSignal.any([options.signal, budget]);
    const call = new Call(this.#endpoint, this.#settings, signal);
    try {
      const judgement = task.type === 'CODE_REVIEW' ? await this.#review(task, call) : await this.#assess(task, call);
      return { ...judgement, ...call.account() };
    } catch (error) {
      options.signal?.throwIfAborted();
      const { reason, summary } = failureOf(error, budget.aborted);
      return { ...abstention(reason, summary, this.identity), ...call.account() };
    }
  }

  async #review(task: CodeReviewTask, call: Call): Promise<Judgement> {
    const diff = parseDiff(task.pullRequest.diff);
    if (diff.changedLines === 0)
      throw new NoAnswer('not_judgeable', 'The diff holds no changed line that can be judged.');
    const { chunks, addedOmitted } = reviewChunks(diff, this.#settings.contextCharsMax ?? CONTEXT_CHARS_DEFAULT);
    const answers: ReviewAnswer[] = [];
    for (const chunk of chunks) answers.push(await call.ask(reviewInstructions(task), chunk, reviewAnswer));
    return reviewVerdict(task, diff, answers, addedOmitted, this.identity);
  }

  async #assess(task: SkillAssessmentTask, call: Call): Promise<Judgement> {
    if (isCopied(skillContext(task)))
      throw new NoAnswer('copied_prompt', 'The submission repeats the requirements; that is no evidence of skill.');
    const { material, cut } = assessmentMaterial(task, this.#settings.contextCharsMax ?? CONTEXT_CHARS_DEFAULT);
    const answer = await call.ask(assessmentInstructions(task), material, assessmentAnswer);
    const judgement = assessmentVerdict(task, answer, cut, this.identity);
    if (judgement === null) throw new NoAnswer('unreadable_reply', 'The model left a requirement without a score.');
    return judgement;
  }
}

/** All requests of one prediction: they share its budget and their usage is added up. */
class Call {
  readonly #endpoint: Endpoint;
  readonly #settings: ModelSettings;
  readonly #signal: AbortSignal;
  readonly #prompts: string[] = [];
  #promptTokens = 0;
  #completionTokens = 0;

  constructor(endpoint: Endpoint, settings: ModelSettings, signal: AbortSignal) {
    this.#endpoint = endpoint;
    this.#settings = settings;
    this.#signal = signal;
  }

  /** Asks, and if the answer breaks its schema asks once for a repaired one. */
  async ask<Answer>(instructions: string, material: string, schema: z.ZodType<Answer>): Promise<Answer> {
    this.#prompts.push(instructions, material);
    const messages: Message[] = [
      { role: 'system', content: instructions },
      { role: 'user', content: material },
    ];
    const first = await this.#complete(messages, schema);
    const read = readAnswer(first, schema);
    if (read.ok) return read.answer;
    const repair: Message = {
      role: 'user',
      content: `That was not one JSON object of the schema (${read.fault}). Send only the corrected object.`,
    };
    const second = await this.#complete([...messages, { role: 'assistant', content: first }, repair], schema);
    const again = readAnswer(second, schema);
    if (again.ok) return again.answer;
    throw new NoAnswer('unreadable_reply', "The model did not keep to the answer's form, also when asked again.");
  }

  async #complete(messages: Message[], schema: z.ZodType): Promise<string> {
    const completion = await this.#endpoint.complete(messages, jsonSchemaOf(schema), this.#signal);
    this.#count(completion);
    const choice = completion.choices?.[0];
    if (choice?.message?.refusal || choice?.finish_reason === 'content_filter')
      throw new NoAnswer('refused', 'The model declined to answer.');
    const content: unknown = choice?.message?.content;
    if (typeof content !== 'string')
      throw new NoAnswer('unreadable_reply', 'The endpoint sent something that is no answer.');
    return content;
  }

  #count({ usage }: ChatCompletion): void {
    const tokens = (value: unknown) => (Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : 0);
    this.#promptTokens += tokens(usage?.prompt_tokens);
    this.#completionTokens += tokens(usage?.completion_tokens);
  }

  /** Usage and prompt digest, once something was asked. */
  account(): { promptDigest?: string; usage?: Usage } {
    if (this.#prompts.length === 0) return {};
    const { promptCostMicros = 0, completionCostMicros = 0, model = '' } = this.#settings;
    const [promptTokens, completionTokens] = [this.#promptTokens, this.#completionTokens];
    const costMicros = Math.ceil((promptTokens * promptCostMicros + completionTokens * completionCostMicros) / 1000);
    return {
      promptDigest: hash('pheme/prompt/1', model, this.#prompts),
      usage: { promptTokens, completionTokens, costMicros },
    };
  }
}

function readAnswer<Answer>(
  text: string,
  schema: z.ZodType<Answer>,
): { ok: true; answer: Answer } | { ok: false; fault: string } {
  try {
    const parsed = schema.safeParse(parseStrictJson(text));
    if (parsed.success) return { ok: true, answer: parsed.data };
    return { ok: false, fault: `${parsed.error.issues[0]?.path.join('.')}: ${parsed.error.issues[0]?.message}` };
  } catch {
    return { ok: false, fault: 'it does not parse as JSON' };
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
