import { createHash } from 'node:crypto';
import type { Signer } from '../../protocol/ed25519.ts';
import { ValidationError } from '../../protocol/errors.ts';
import type { WebhookEvent } from '../../protocol/webhook.ts';
import type { Adapter, AdapterHost, DecidedTask } from '../adapter.ts';
import { ResultFollower } from '../result-follower.ts';
import { type Resolve, resolveBySystem } from './addresses.ts';
import { eventOf, signedHeaders } from './event.ts';
import { post } from './post.ts';

/** First pause after a failure, doubled up to an hour. */
const RETRY_MS = 1_000;
const RETRY_MS_MAX = 3_600_000;
/** What the receiver itself cannot take is given up after so many attempts, about three hours, so that it holds nothing else. */
const REFUSALS_MAX = 14;
/** Answers that are about the event, not about the receiver. */
const REFUSALS = new Set([400, 413, 415, 422]);

/** One receiver, as it is configured. */
export interface WebhookTarget {
  url: string;
  /** All unless given. */
  events?: readonly WebhookEvent[] | undefined;
  allowPrivate: boolean;
}

/** What tests and unusual networks replace. */
export interface WebhookParts {
  resolve?: Resolve;
  retryMs?: number;
  timeoutMs?: number;
}

/**
 * Tells receivers of decisions: each in order, at least once, over outages and restarts, by a delivery of its own, so
 * that a dead one holds nobody else. A receiver that is new hears of what is decided from now on.
 */
export async function startWebhooks(
  targets: readonly WebhookTarget[],
  host: AdapterHost,
  parts: WebhookParts = {},
): Promise<Adapter> {
  const followers = await Promise.all(targets.map((target) => startWebhook(target, host, parts)));
  return {
    name: 'webhooks',
    faults: () => followers.flatMap((follower) => follower.faults()),
    stop: async () => void (await Promise.all(followers.map((follower) => follower.stop()))),
  };
}

async function startWebhook(target: WebhookTarget, host: AdapterHost, parts: WebhookParts): Promise<ResultFollower> {
  // Paths and queries of receivers hold secrets: a digest tells them apart in logs and notes.
  const digest = createHash('sha256').update(target.url).digest('hex').slice(0, 12);
  const name = `webhook ${new URL(target.url).host} ${digest}`;
  const note = `adapter/${name}/delivered`;
  if ((await host.notes.get(note)) === undefined) await host.notes.set(note, String(await host.lastDecided()));
  const delivery = new WebhookDelivery(name, target, host, parts);
  const { retryMs = RETRY_MS } = parts;
  const deliver = ([decided]: readonly DecidedTask[], signal: AbortSignal) => delivery.deliver(decided!, signal);
  return new ResultFollower({ name, batchMax: 1, retryMs, retryMsMax: RETRY_MS_MAX, deliver }, host);
}

/** Brings one event after the other to one receiver. */
class WebhookDelivery {
  readonly #name: string;
  readonly #target: WebhookTarget;
  readonly #host: AdapterHost;
  readonly #parts: WebhookParts;
  readonly #signer: Signer;
  #refused = { sequence: 0, times: 0 };

  constructor(name: string, target: WebhookTarget, host: AdapterHost, parts: WebhookParts) {
    this.#name = name;
    this.#target = target;
    this.#host = host;
    this.#parts = parts;
    this.#signer = host.derivedSigner('webhook');
  }

  /** @throws if the receiver did not take it; it is then tried again */
  async deliver({ sequence, taskId }: DecidedTask, signal: AbortSignal): Promise<void> {
    const result = await this.#host.getResult(taskId);
    if (result === null)
      throw new ValidationError(`the result of ${taskId} is damaged, and is fetched from peers`, 'RESULT_DAMAGED');
    const event = eventOf(this.#host, result, await this.#host.getTask(taskId));
    if (this.#target.events?.includes(event.type) === false) return;
    const status = await this.#post(event.id, JSON.stringify(event), signal);
    if (status >= 200 && status < 300) return;
    if (REFUSALS.has(status) && this.#refusals(sequence) >= REFUSALS_MAX) {
      this.#host.logger.error({ adapter: this.#name, taskId, status }, 'the receiver refuses an event: it is given up');
      return;
    }
    throw new ValidationError(answerText(status), 'WEBHOOK_REFUSED', { status });
  }

  #post(id: string, body: string, signal: AbortSignal): Promise<number> {
    const { resolve = resolveBySystem, timeoutMs } = this.#parts;
    return post({
      url: new URL(this.#target.url),
      allowPrivate: this.#target.allowPrivate,
      headers: signedHeaders(id, body, this.#signer, this.#host.clock.nowMs()),
      body,
      signal,
      resolve,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
  }

  #refusals(sequence: number): number {
    const times = this.#refused.sequence === sequence ? this.#refused.times + 1 : 1;
    this.#refused = { sequence, times };
    return times;
  }
}

function answerText(status: number): string {
  const redirect = status >= 300 && status < 400;
  return redirect
    ? `the receiver answered ${status}: redirects are not followed, give its own URL`
    : `the receiver answered ${status}`;
}
