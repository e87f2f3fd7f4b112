import type { ChatCompletion } from 'openai/resources/chat/completions';
import type { z } from 'zod';
import { TIMEOUT_MS_DEFAULT } from '../settings.ts';
import { jsonSchemaOf } from './answer.ts';
import type { Budget } from './budget.ts';
import type { Message } from './endpoint.ts';
import type { EndpointModel } from './endpoint-model.ts';
import { describeFailure, isTooLong, liesWithEndpoint, retryAfterMs } from './failures.ts';
import { TIMEOUT_FAIR_MS } from './limits.ts';
import { NoAnswer } from './no-answer.ts';

/**
 * One request with its retries, unless the endpoint is left alone. What it tells about the endpoint is remembered.
 * @throws NoAnswer, the budget's reason, or the endpoint's last error
 */
export async function request(
  model: EndpointModel,
  messages: Message[],
  schema: z.ZodType,
  budget: Budget,
): Promise<ChatCompletion> {
  const { identity, endpoint, memory } = model;
  const pause = await memory.admit(identity.id);
  if (pause !== null) throw new NoAnswer('model_error', `The endpoint is ${pause}.`);
  const startMs = performance.now();
  try {
    const completion = await endpoint.complete(messages, jsonSchemaOf(schema), budget);
    if (!completion?.choices?.[0]?.message) throw new NoAnswer('unreadable_reply', 'The endpoint sent no answer.');
    memory.settle(identity.id, { ok: true });
    return completion;
  } catch (error) {
    if (budget.signal.aborted) blameTimeout(model, budget, performance.now() - startMs);
    else blame(model, error);
    if (isTooLong(error)) throw new NoAnswer('too_large', 'The task is longer than the context of the model.');
    throw error;
  }
}

/** Only where the endpoint had a fair time: how much there was is the task's choice. */
function blameTimeout({ identity, settings, memory }: EndpointModel, budget: Budget, elapsedMs: number): void {
  const fairMs = Math.min(settings.timeoutMs ?? TIMEOUT_MS_DEFAULT, TIMEOUT_FAIR_MS);
  if (!budget.spent() || elapsedMs < 0.9 * fairMs) return;
  memory.settle(identity.id, { ok: false, fault: 'the endpoint gave no answer in time' });
}

function blame({ identity, memory }: EndpointModel, error: unknown): void {
  if (!liesWithEndpoint(error)) return memory.settle(identity.id, { ok: true });
  const waitMs = retryAfterMs(error);
  const fault = describeFailure(error);
  memory.settle(identity.id, { ok: false, fault, ...(waitMs === undefined ? {} : { waitMs }) });
}
