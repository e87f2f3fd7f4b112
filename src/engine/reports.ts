import type { Digest } from '../protocol/hash.ts';
import { reportMatches } from '../protocol/report.ts';
import type { ValidationResult } from '../protocol/validation-result.ts';
import type { Background } from './background.ts';
import { Limiter } from './bounded.ts';
import { REPORT_REQUESTS_MAX, REPORT_RETRY_MS, REPORT_TRIES_MAX } from './limits.ts';
import type { Clock, Logger, Network, PeerKey, Store } from './ports.ts';

export interface ReportContext {
  store: Store;
  network: Network;
  clock: Clock;
  logger: Logger;
  background: Background;
  /** A report that belongs to its signed digest is here: make it durable. */
  onReport(digest: Digest, reportBytes: Uint8Array): void;
}

/** Pulls the reports behind revealed results; only their digests were voted on. Own ones stay back until their reveal. */
export class Reports {
  readonly #context: ReportContext;
  readonly #secret = new Set<Digest>();
  readonly #pulling = new Set<Digest>();
  readonly #limiter = new Limiter(REPORT_REQUESTS_MAX);
  #stopped = false;

  constructor(context: ReportContext) {
    this.#context = context;
  }

  /** R5: nothing of a judgement leaves the node before its reveal. */
  holdBack(digest: Digest): void {
    this.#secret.add(digest);
  }

  release(digest: Digest): void {
    this.#secret.delete(digest);
  }

  /** The bytes of a report that may be shown, as far as it is here. */
  async get(digest: Digest): Promise<Uint8Array | undefined> {
    return this.#secret.has(digest) ? undefined : this.#context.store.report(digest);
  }

  /** Fetches a report from its author, then from others, unless it is here or on its way. */
  pull(result: ValidationResult, author: PeerKey): void {
    const digest = result.reportDigest;
    if (this.#secret.has(digest) || this.#pulling.has(digest)) return;
    this.#pulling.add(digest);
    const pulled = this.#limiter.run(() => this.#pull(result, author));
    this.#context.background(
      'pulling a report',
      pulled.finally(() => this.#pulling.delete(digest)),
    );
  }

  /** What is on its way is not kept any more. */
  drop(digests: Iterable<Digest>): void {
    for (const digest of digests) this.#pulling.delete(digest);
  }

  stop(): void {
    this.#stopped = true;
  }

  async #pull(result: ValidationResult, author: PeerKey): Promise<void> {
    if (this.#stopped || (await this.#context.store.report(result.reportDigest)) !== undefined) return;
    for (let tries = 0; tries < REPORT_TRIES_MAX && !this.#stopped; tries++) {
      const others = this.#context.network.peers().map(({ key }) => key);
      const peer = tries === 0 ? author : others[tries % Math.max(1, others.length)];
      const reportBytes = peer === undefined ? undefined : await this.#ask(peer, result);
      if (!this.#pulling.has(result.reportDigest)) return;
      if (reportBytes !== undefined) return this.#context.onReport(result.reportDigest, reportBytes);
      await new Promise<void>((resolve) => this.#context.clock.setTimer(REPORT_RETRY_MS, resolve));
    }
  }

  async #ask(peer: PeerKey, result: ValidationResult): Promise<Uint8Array | undefined> {
    try {
      const answer = await this.#context.network.request(peer, { kind: 'report', digest: result.reportDigest });
      if (answer.kind !== 'report' || answer.reportBytes === null) return undefined;
      return reportMatches(result, answer.reportBytes) ? answer.reportBytes : undefined;
    } catch (error) {
      this.#context.logger.debug(
        { peer, digest: result.reportDigest, error: (error as Error).message },
        'no report from this peer',
      );
      return undefined;
    }
  }
}
