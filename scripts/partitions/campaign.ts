import type { ConsensusResult } from '../../src/protocol/consensus-result.ts';
import type { Genesis } from '../../src/protocol/genesis.ts';
import type { SeededRandom } from '../../test/sim/random.ts';
import { checkAgreement } from '../soak/agreement.ts';
import { codeReview } from '../soak/material.ts';
import { type Spread, spreadOf } from '../soak/trend.ts';
import { type Fault, holdFault, isSplit, pause } from './faults.ts';
import type { Hosts } from './hosts.ts';

/** Between two tasks, at random up to this. */
const TASK_PAUSE_MS_MAX = 700;
/** What was on its way at a cut arrives, and may complete a quorum. */
const IN_FLIGHT_MS = 1_500;
/** After this a task counts as one that never ends. */
const FINAL_WAIT_MS = 120_000;

/** What one fault did. */
export interface StepFigures {
  kind: string;
  sides: number[][];
  holdMs: number;
  tasks: number;
  /** From the end of the fault until every host held the result, for every task that was open at some host then. */
  msFromHealToFinal: Spread;
}

/** Faults of the network, one after the other, under load. */
export class Campaign {
  readonly steps: StepFigures[] = [];
  readonly healMs: number[] = [];
  readonly taskIds: string[] = [];
  /** Submissions that a host did not take. */
  refused = 0;
  /** Results that appeared on a side without a quorum while it was alone. */
  minorityDecisions = 0;
  /** Quorumless sides that were watched. */
  sidesWatched = 0;
  readonly #hosts: Hosts;
  readonly #random: SeededRandom;
  readonly #name: string;

  constructor(hosts: Hosts, random: SeededRandom, name: string) {
    this.#hosts = hosts;
    this.#random = random;
    this.#name = name;
  }

  async step(fault: Fault): Promise<void> {
    const { namespaces } = this.#hosts;
    const over = new AbortController();
    const before = this.taskIds.length;
    const load = this.#load(over.signal);
    let alone: Map<number, number> | undefined;
    await holdFault(namespaces, fault, {
      stands: async () => {
        await pause(IN_FLIGHT_MS);
        alone = await this.#resultCounts(this.#quorumless(fault));
      },
      ends: async () => {
        const after = await this.#resultCounts(this.#quorumless(fault));
        for (const [index, number] of after) this.minorityDecisions += number - alone!.get(index)!;
        this.sidesWatched += this.#quorumlessSides(fault).length;
      },
    });
    const healedMs = performance.now();
    over.abort();
    await load;
    const taskIds = this.taskIds.slice(before);
    const finalMs = await this.#untilFinal(taskIds, healedMs);
    this.healMs.push(...finalMs);
    const { kind, sides, holdMs } = fault;
    this.steps.push({ kind, sides, holdMs, tasks: taskIds.length, msFromHealToFinal: spreadOf(finalMs) });
  }

  /** Counts of what must not be; all zero in a good run. */
  async checks(genesis: Genesis): Promise<Record<string, number>> {
    const nodes = this.#hosts.indexes;
    const call = this.#hosts.call.bind(this.#hosts);
    const agreement = await checkAgreement(call, { nodes, genesis, waitMs: FINAL_WAIT_MS }, this.taskIds);
    const { 'tasks checked on all nodes': _, ...faults } = agreement;
    const evidence = await Promise.all(
      nodes.map((index) => call<unknown[]>(index, 'pheme_getEvidence', { limit: 1000 })),
    );
    return {
      ...Object.fromEntries(Object.entries(faults).map(([what, number]) => [`tasks ${what}`, number])),
      'decisions on a side without a quorum': this.minorityDecisions,
      'contradictory signatures': evidence.reduce((sum, list) => sum + list.length, 0),
      'hosts whose validator died': this.#hosts.dead().length,
    };
  }

  async #load(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const index = this.#random.pick(this.#hosts.indexes);
      const task = taskOf(`${this.#name}-${this.taskIds.length}`);
      await this.#hosts.call<{ taskId: string }>(index, 'pheme_submitTask', { task }).then(
        ({ taskId }) => this.taskIds.push(taskId),
        () => {
          this.refused += 1;
        },
      );
      await pause(this.#random.integer(0, TASK_PAUSE_MS_MAX));
    }
  }

  #quorumless(fault: Fault): number[] {
    return this.#quorumlessSides(fault).flat();
  }

  /** Sides that hear nothing of the others and are too small to decide. */
  #quorumlessSides(fault: Fault): number[][] {
    const quorum = Math.floor((2 * this.#hosts.indexes.length) / 3) + 1;
    return isSplit(fault) ? fault.sides.filter((side) => side.length < quorum) : [];
  }

  async #resultCounts(indexes: readonly number[]): Promise<Map<number, number>> {
    const counts = indexes.map(async (index): Promise<[number, number]> => {
      const { results } = await this.#hosts.call<{ results: number }>(index, 'pheme_status');
      return [index, results];
    });
    return new Map(await Promise.all(counts));
  }

  /** Milliseconds from the heal until the last host had each task's result. */
  #untilFinal(taskIds: readonly string[], healedMs: number): Promise<number[]> {
    return Promise.all(
      taskIds.map(async (taskId) => {
        const asked = { taskId, timeoutMs: FINAL_WAIT_MS };
        const waits = this.#hosts.indexes.map(
          (index) => this.#hosts.call<ConsensusResult>(index, 'pheme_waitForResult', asked).catch(() => undefined), // checked later
        );
        await Promise.all(waits);
        return performance.now() - healedMs;
      }),
    );
  }
}

/** Small: what is measured is the network, and not the judge. */
function taskOf(name: string): Record<string, unknown> {
  return codeReview(name, 'src/count.js', ['export const count = (items) => items.length;', `// ${name}`]);
}
