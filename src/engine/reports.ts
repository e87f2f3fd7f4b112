import type { Digest } from '../protocol/hash.ts';
import { FETCH_REPORTS_MAX } from '../protocol/limits.ts';
import { reportMatches } from '../protocol/report.ts';
import type { ValidationResult } from '../protocol/validation-result.ts';
import type { Background } from './background.ts';
import { REPORT_RETRY_MS, REPORT_TRIES_MAX, REPORTS_ANSWER_BYTES } from './limits.ts';
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

/** A report that is wanted, and how often it was asked for in vain. */
interface Pull {
  result: ValidationResult;
  tries: number;
}

/** Pulls the reports behind revealed results; only their digests were voted on. Own ones stay back until their reveal. */
export class Reports {
  readonly #context: ReportContext;
  readonly #secret = new Set<Digest>();
  readonly #pulling = new Set<Digest>();
  /** What is to be asked of each peer that is being asked: one request at a time, for all that gathered meanwhile. */
  readonly #waiting = new Map<PeerKey, Pull[]>();
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

  /** What may be shown of these reports, null for the others; so many from the first as one answer holds. */
  async getMany(digests: readonly Digest[]): Promise<(Uint8Array | null)[]> {
    const reports: (Uint8Array | null)[] = [];
    let bytes = 0;
    for (const digest of digests) {
      if (bytes > REPORTS_ANSWER_BYTES) break;
      const report = await this.get(digest);
      reports.push(report ?? null);
      bytes += report?.length ?? 0;
    }
    return reports;
  }

  /** Fetches a report from its author, then from others, unless it is here or on its way. */
  pull(result: ValidationResult, author: PeerKey): void {
    const digest = result.reportDigest;
    if (this.#secret.has(digest) || this.#pulling.has(digest)) return;
    this.#pulling.add(digest);
    this.#ask(author, { result, tries: 0 });
  }

  /** What is on its way is not kept any more. */
  drop(digests: Iterable<Digest>): void {
    for (const digest of digests) this.#pulling.delete(digest);
  }

  stop(): void {
    this.#stopped = true;
  }

  #ask(peer: PeerKey, pull: Pull): void {
    const waiting = this.#waiting.get(peer);
    if (waiting !== undefined) return void waiting.push(pull);
    this.#waiting.set(peer, [pull]);
    this.#context.background('pulling reports', this.#askAll(peer));
  }

  async #askAll(peer: PeerKey): Promise<void> {
    await null; // what else came with the same frame gathers
    const waiting = this.#waiting.get(peer)!;
    while (waiting.length > 0 && !this.#stopped) {
      const pulls = await this.#missing(waiting.splice(0, FETCH_REPORTS_MAX));
      if (pulls.length === 0) continue;
      const reports = await this.#request(peer, pulls);
      // One that answers nothing would hold up all the others.
      if (reports.length === 0) for (const pull of [...pulls, ...waiting.splice(0)]) this.#tryLater(pull);
      else waiting.push(...this.#take(pulls, reports));
    }
    this.#waiting.delete(peer);
  }

  /** Those that are neither here nor dropped meanwhile; one that cannot be read here is fetched like one that is not. */
  async #missing(pulls: readonly Pull[]): Promise<Pull[]> {
    const digests = pulls.map(({ result }) => result.reportDigest);
    const reads = await Promise.allSettled(digests.map(async (digest) => this.#context.store.report(digest)));
    reads.forEach((read, at) => {
      if (read.status === 'fulfilled' && read.value !== undefined) this.#pulling.delete(digests[at]!);
    });
    return pulls.filter((_, at) => this.#pulling.has(digests[at]!));
  }

  /** Keeps what is right, and tells what the answer had no room for. */
  #take(pulls: readonly Pull[], reports: readonly (Uint8Array | null)[]): Pull[] {
    for (const [at, reportBytes] of reports.slice(0, pulls.length).entries()) {
      const pull = pulls[at]!;
      const { reportDigest } = pull.result;
      if (!this.#pulling.has(reportDigest)) continue;
      if (reportBytes === null || !reportMatches(pull.result, reportBytes)) {
        this.#tryLater(pull);
        continue;
      }
      this.#pulling.delete(reportDigest);
      this.#context.onReport(reportDigest, reportBytes);
    }
    return pulls.slice(reports.length);
  }

  #tryLater({ result, tries }: Pull): void {
    const { network, clock } = this.#context;
    const digest = result.reportDigest;
    const pull = { result, tries: tries + 1 };
    if (pull.tries >= REPORT_TRIES_MAX) return void this.#pulling.delete(digest);
    clock.setTimer(REPORT_RETRY_MS, () => {
      if (this.#stopped || !this.#pulling.has(digest)) return;
      const others = network.peers();
      const peer = others[pull.tries % Math.max(1, others.length)];
      if (peer === undefined) this.#tryLater(pull);
      else this.#ask(peer.key, pull);
    });
  }

  /** Empty if there is no answer. */
  async #request(peer: PeerKey, pulls: readonly Pull[]): Promise<readonly (Uint8Array | null)[]> {
    const digests = pulls.map(({ result }) => result.reportDigest);
    try {
      const answer = await this.#context.network.request(peer, { kind: 'reports', digests });
      return answer.kind === 'reports' ? answer.reports : [];
    } catch (error) {
      const fields = { peer, reports: digests.length, error: (error as Error).message };
      this.#context.logger.debug(fields, 'no reports from this peer');
      return [];
    }
  }
}
