import type { ConsensusResult } from '../../src/protocol/consensus-result.ts';
import type { SeededRandom } from '../../test/sim/random.ts';
import type { LocalDevnet } from '../local-devnet.ts';
import { isAlive, pheme } from '../processes.ts';
import { resultIn } from './perturbations.ts';

/** Every task decides in this time once all nodes are back. */
const SETTLE_TIMEOUT_MS = 120_000;

/** Tasks that a node has acknowledged, and what nodes reported as decided: neither may be lost or differ afterwards. */
export class Ledger {
  readonly acknowledged = new Set<string>();
  readonly decided = new Map<string, string>();
  refused = 0;
  readonly #devnet: LocalDevnet;

  constructor(devnet: LocalDevnet) {
    this.#devnet = devnet;
  }

  /** Submits at one node; a node that is away refuses. */
  async submit(index: number, task: unknown): Promise<string | undefined> {
    try {
      const { taskId } = await this.#devnet.call<{ taskId: string }>(index, 'pheme_submitTask', { task });
      this.acknowledged.add(taskId);
      return taskId;
    } catch {
      this.refused += 1;
      return undefined;
    }
  }

  resultAt(index: number, taskId: string): Promise<ConsensusResult | null> {
    return this.#devnet.call(index, 'pheme_getResult', { taskId });
  }

  /** Remembers what is decided by now, as some node tells it. */
  async note(random: SeededRandom): Promise<void> {
    const { validators } = this.#devnet;
    for (const taskId of this.acknowledged) {
      if (this.decided.has(taskId)) continue;
      const result = await this.resultAt(random.integer(0, validators.length - 1), taskId).catch(() => null);
      if (result !== null) this.decided.set(taskId, result.core);
    }
  }

  /** Counts of what must not be; all zero in a good run. */
  async check(random: SeededRandom): Promise<Record<string, number>> {
    const nodes = this.#devnet.validators.map(({ index }) => index);
    let [undecided, differing, unverified] = [0, 0, 0];
    for (const taskId of this.acknowledged) {
      const cores = await Promise.all(
        nodes.map((index) => resultIn(() => this.resultAt(index, taskId), SETTLE_TIMEOUT_MS)),
      );
      if (cores.includes(undefined)) undecided += 1;
      else if (new Set([...cores, this.decided.get(taskId) ?? cores[0]]).size !== 1) differing += 1;
      if (!(await this.#verifies(random.pick(nodes), taskId))) unverified += 1;
    }
    const evidence = await Promise.all(
      nodes.map((index) => this.#devnet.call<unknown[]>(index, 'pheme_getEvidence', { limit: 1000 })),
    );
    return {
      'nodes not running': nodes.filter((index) => !isAlive(this.#devnet.pidOf(index))).length,
      'tasks without a result everywhere': undecided,
      'tasks with differing cores': differing,
      'contradictory signatures': evidence.reduce((sum, list) => sum + list.length, 0),
      'results that do not verify': unverified,
    };
  }

  async #verifies(index: number, taskId: string): Promise<boolean> {
    const input = JSON.stringify(await this.resultAt(index, taskId));
    return (await pheme(['verify', '-', '--network', this.#devnet.genesis], { input })).code === 0;
  }
}
