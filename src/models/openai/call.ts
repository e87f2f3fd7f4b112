import type { z } from 'zod';
import { type Digest, hash } from '../../protocol/hash.ts';
import type { ModelIdentity, Usage } from '../../protocol/judgement.ts';
import { readAnswer } from './answer.ts';
import type { StoredAnswer } from './answer-cache.ts';
import type { Budget } from './budget.ts';
import type { Message } from './endpoint.ts';
import { type EndpointModel, mannerOf } from './endpoint-model.ts';
import { NoAnswer } from './no-answer.ts';
import type { Prompt } from './prompt.ts';
import { request } from './request.ts';
import { addUsage, usageOf } from './usage.ts';

/** Every answer repeats the word of its question. */
interface Echoing {
  echo: string;
}

/** All requests of one prediction: they share its budget, and their usage is added up. */
export class Call {
  readonly #model: EndpointModel;
  readonly #budget: Budget;
  readonly #attempt: number;
  /** Everything but the prompt that an answer depends on. */
  readonly #manner: string;
  readonly #reported = new Set<Digest>();
  #prompts: readonly Prompt[] = [];
  #usage: Usage = { promptTokens: 0, completionTokens: 0, costMicros: 0 };

  /** @param attempt of the task: a new attempt asks for another opinion, so no answer to an earlier one is used */
  constructor(model: EndpointModel, budget: Budget, attempt: number) {
    this.#model = model;
    this.#budget = budget;
    this.#attempt = attempt;
    this.#manner = mannerOf(model);
  }

  /** The answers to all prompts, in their order; the first that fails ends the call. */
  async askAll<Answer extends Echoing>(prompts: readonly Prompt[], schema: z.ZodType<Answer>): Promise<Answer[]> {
    this.#prompts = prompts;
    const answers: Answer[] = [];
    for (const prompt of prompts) answers.push(await this.#ask(prompt, schema));
    return answers;
  }

  /** An answer that is remembered, or a new one; one that breaks its schema may be repaired once. */
  async #ask<Answer extends Echoing>(prompt: Prompt, schema: z.ZodType<Answer>): Promise<Answer> {
    const { instructions, material } = prompt;
    const { identity, memory } = this.#model;
    const question = hash('pheme/question/1', identity.id, this.#manner, this.#attempt, instructions, material);
    const known = await memory.recall(identity.id, question);
    if (known !== null) return this.#take(known, schema, prompt);
    const messages: Message[] = [
      { role: 'system', content: instructions },
      { role: 'user', content: material },
    ];
    const first = await this.#complete(messages, schema);
    const read = this.#read(first.text, schema, prompt);
    if (read.ok) return this.#keep(question, first, read.answer);
    if (first.cut) throw new NoAnswer('unreadable_reply', 'The answer was cut off: raise maxTokens of this model.');
    const repair = `That was not one JSON object of the schema (${read.fault}). Send only the corrected object.`;
    const again: Message[] = [
      { role: 'assistant', content: first.text },
      { role: 'user', content: repair },
    ];
    const second = await this.#complete([...messages, ...again], schema);
    const reread = this.#read(second.text, schema, prompt);
    if (reread.ok) return this.#keep(question, second, reread.answer);
    throw new NoAnswer('unreadable_reply', "The model did not keep to the answer's form, also when asked again.");
  }

  #take<Answer extends Echoing>({ text, reported }: StoredAnswer, schema: z.ZodType<Answer>, prompt: Prompt): Answer {
    const read = this.#read(text, schema, prompt);
    if (!read.ok) throw new NoAnswer('unreadable_reply', 'A remembered answer does not keep to its form.');
    this.#reported.add(reported);
    return read.answer;
  }

  #keep<Answer>(question: Digest, { text, reported }: StoredAnswer, answer: Answer): Answer {
    this.#model.memory.remember(question, { text, reported });
    this.#reported.add(reported);
    return answer;
  }

  /** @throws NoAnswer for an answer that obeys the material or is to another question; neither is worth a repair */
  #read<Answer extends Echoing>(text: string, schema: z.ZodType<Answer>, { echo, canary }: Prompt) {
    if (text.includes(canary))
      throw new NoAnswer('unreadable_reply', 'The model wrote what its instructions forbid: the task has steered it.');
    const read = readAnswer(text, schema, this.#model.settings.apiKey);
    if (read.ok && read.answer.echo.trim() !== echo)
      throw new NoAnswer(
        'unreadable_reply',
        'The answer does not repeat the word of its question: it answers something else.',
      );
    return read;
  }

  async #complete(messages: Message[], schema: z.ZodType): Promise<StoredAnswer & { cut: boolean }> {
    const completion = await request(this.#model, messages, schema, this.#budget);
    const spent = usageOf(completion.usage, this.#model.settings);
    this.#usage = addUsage(this.#usage, spent);
    this.#model.memory.spend(this.#model.identity.id, spent);
    const choice = completion.choices[0]!;
    if (choice.message.refusal || choice.finish_reason === 'content_filter')
      throw new NoAnswer('refused', 'The model declined to answer.');
    const content: unknown = choice.message.content;
    if (typeof content !== 'string') throw new NoAnswer('unreadable_reply', 'The model sent no text.');
    const says = [completion.model, completion.system_fingerprint].map((words) => String(words ?? '').toWellFormed());
    return { text: content, reported: hash('pheme/reported/1', ...says), cut: choice.finish_reason === 'length' };
  }

  /** Who answered, as far as the endpoint says: its words for the model, and the settings under which it was asked. */
  identity(): ModelIdentity {
    const { identity } = this.#model;
    if (this.#reported.size === 0) return identity;
    return { ...identity, digest: hash('pheme/endpoint-model/1', this.#manner, [...this.#reported].sort()) };
  }

  /**
   * Usage, and the digest of all that was to be asked: the same for every run with these settings, in whatever order
   * the parts of a task are asked and however many of them were answered.
   */
  account(): { promptDigest?: Digest; usage?: Usage } {
    if (this.#prompts.length === 0) return {};
    const prompts = this.#prompts.map(({ instructions, material }) => hash('pheme/part/1', instructions, material));
    return { promptDigest: hash('pheme/prompt/2', this.#manner, prompts.sort()), usage: this.#usage };
  }
}
