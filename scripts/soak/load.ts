import type { ConsensusResult } from '../../src/protocol/consensus-result.ts';
import type { SeededRandom } from '../../test/sim/random.ts';
import type { Call } from './agreement.ts';

/** What became of one task. */
export interface Done {
  taskId: string;
  atSeconds: number;
  latencyMs: number;
  outcome: string;
  /** Why votes of this task are abstentions. */
  abstained: string[];
  /** What kind of task it was, as the maker called it. */
  kind: string;
}

/** A task as a client sends it, and what kind it is. */
export interface Drawn {
  kind: string;
  task: Record<string, unknown>;
}

export interface LoadOptions {
  call: Call;
  /** Nodes that take tasks at the moment; a stopped one would hold the caller. */
  takers(): readonly number[];
  draw(number: number): Drawn;
  /** Tasks a second, at random moments. */
  rate: number;
  random: SeededRandom;
}

/** Tasks under way at one time: what one caller may wait for at four nodes; beyond it the load is not steady any more. */
const IN_FLIGHT_MAX = 128;
/** Longer than judging, collection and a peer's absence together. */
const WAIT_MS = 100_000;

/** Submits tasks at a steady rate, whatever becomes of those before, and waits for each one's result where it went in. */
export class Load {
  readonly done: Done[] = [];
  /** Messages of errors, each with how often it was met. */
  readonly failures = new Map<string, number>();
  /** Tasks that were due while too many were under way. */
  heldBack = 0;
  submitted = 0;
  readonly #options: LoadOptions;
  readonly #startedMs = performance.now();
  readonly #inFlight = new Set<Promise<void>>();

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  /** Seconds since the load began. */
  get seconds(): number {
    return (performance.now() - this.#startedMs) / 1000;
  }

  /** Goes on until the signal, then waits for what is under way. */
  async run(signal: AbortSignal): Promise<void> {
    const { random, rate } = this.#options;
    let dueMs = performance.now();
    while (!signal.aborted) {
      dueMs += (-Math.log(1 - random.fraction()) / rate) * 1000;
      await sleep(Math.max(0, dueMs - performance.now()), signal);
      if (signal.aborted) break;
      if (this.#inFlight.size >= IN_FLIGHT_MAX) this.heldBack += 1;
      else this.#track(this.#one(random.pick(this.#options.takers())));
    }
    await Promise.all(this.#inFlight);
  }

  #track(work: Promise<void>): void {
    const caught = work.catch((error: Error) => {
      this.failures.set(error.message, (this.failures.get(error.message) ?? 0) + 1);
    });
    this.#inFlight.add(caught);
    void caught.finally(() => this.#inFlight.delete(caught));
  }

  async #one(index: number): Promise<void> {
    const { call } = this.#options;
    const { kind, task } = this.#options.draw(this.submitted++);
    const [atSeconds, startMs] = [this.seconds, performance.now()];
    const { taskId } = await call<{ taskId: string }>(index, 'pheme_submitTask', { task });
    const result = await call<ConsensusResult>(index, 'pheme_waitForResult', { taskId, timeoutMs: WAIT_MS });
    const latencyMs = performance.now() - startMs;
    this.done.push({ taskId, atSeconds, latencyMs, outcome: result.outcome, abstained: abstentionsOf(result), kind });
  }
}

function abstentionsOf({ judgements = [] }: ConsensusResult): string[] {
  return judgements.flatMap(({ vote, abstainReason }) => (vote === 'abstain' ? [abstainReason ?? 'none'] : []));
}

/** Resolves after a time, or when the signal is aborted. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) return done();
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      done();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}
