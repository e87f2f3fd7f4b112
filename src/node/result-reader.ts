import type { Epochs } from '../engine/epochs.ts';
import type { Clock, Store } from '../engine/ports.ts';
import type { Cert } from '../protocol/bundle.ts';
import { type ConsensusResult, renderConsensusResult } from '../protocol/consensus-result.ts';
import { type EpochChange, epochChangeToJson } from '../protocol/epoch-change.ts';
import type { Digest } from '../protocol/hash.ts';
import { decodeCore } from '../protocol/value.ts';
import type { DecisionListener } from './node-watcher.ts';

/** A waiting client gets the reports too, if they come within this time; the verdict does not depend on them. */
const REPORTS_WAIT_MS = 1_500;
const REPORTS_POLL_MS = 20;

export interface ResultReaderContext {
  engine: Epochs;
  /** All changes of the network, from epoch 1. */
  changes: readonly EpochChange[];
  store: Store;
  clock: Clock;
  listeners: Set<DecisionListener>;
}

/** Reads results as people see them: the certificate, and the reports that are held here. */
export class ResultReader {
  readonly #context: ResultReaderContext;

  constructor(context: ResultReaderContext) {
    this.#context = context;
  }

  async get(taskId: Digest): Promise<ConsensusResult | null> {
    const cert = await this.#context.engine.certificate(taskId);
    return cert === undefined ? null : (await this.#render(cert)).result;
  }

  /** The result once there is one; undefined at the timeout. Throws the signal's reason. */
  async wait(taskId: Digest, timeoutMs: number, signal: AbortSignal): Promise<ConsensusResult | undefined> {
    const decided = await this.#decided(taskId, timeoutMs, signal);
    if (!decided) return undefined;
    const cert = await this.#context.engine.certificate(taskId);
    if (cert === undefined) return undefined;
    const untilMs = this.#context.clock.nowMs() + REPORTS_WAIT_MS;
    for (;;) {
      const { result, complete } = await this.#render(cert);
      if (complete || signal.aborted || this.#context.clock.nowMs() >= untilMs) return result;
      await new Promise<void>((resolve) => this.#context.clock.setTimer(REPORTS_POLL_MS, resolve));
    }
  }

  async #decided(taskId: Digest, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    const { engine, clock, listeners } = this.#context;
    signal.throwIfAborted();
    if (engine.isKnownDecided(taskId)) return true;
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void) => {
        listeners.delete(onDecided);
        signal.removeEventListener('abort', onAbort);
        cancel();
        settle();
      };
      const onDecided = (id: Digest) => id === taskId && finish(() => resolve(true));
      const onAbort = () => finish(() => reject(signal.reason));
      const cancel = clock.setTimer(timeoutMs, () => finish(() => resolve(false)));
      listeners.add(onDecided);
      signal.addEventListener('abort', onAbort);
      // It may have been decided in an earlier run, or just now.
      void engine.isDecided(taskId).then((decided) => decided && finish(() => resolve(true)));
    });
  }

  async #render(cert: Cert): Promise<{ result: ConsensusResult; complete: boolean }> {
    const { engine, changes } = this.#context;
    const committee = engine.committeeOf(cert);
    const epochs = changes.slice(0, committee.epoch).map(epochChangeToJson);
    const render = () => ({
      ...renderConsensusResult(committee, cert, reports),
      ...(epochs.length === 0 ? {} : { epochs }),
    });
    const { reveals } = decodeCore(cert.coreBytes);
    const reports = new Map<Digest, Uint8Array>();
    // Dropped on purpose here: also where another task has an equal one, and never to be asked for.
    const pruned = await this.#context.store.pruned(cert.taskId);
    if (pruned !== undefined && pruned.reportsAtMs !== null) return { result: render(), complete: true };
    for (const { index, result } of reveals) {
      const bytes = await engine.report(result.reportDigest);
      if (bytes !== undefined) reports.set(result.reportDigest, bytes);
      else engine.pullReport(result, committee.validators[index]!.publicKey);
    }
    return {
      result: render(),
      complete: reports.size >= new Set(reveals.map((reveal) => reveal.result.reportDigest)).size,
    };
  }
}
