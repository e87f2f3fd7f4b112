import { readFile } from 'node:fs/promises';
import { verifyResult } from '../../src/node/verify.ts';
import type { ConsensusResult } from '../../src/protocol/consensus-result.ts';
import { type Genesis, parseGenesis } from '../../src/protocol/genesis.ts';
import type { Outcome } from '../../src/protocol/value.ts';
import type { LocalDevnet } from '../local-devnet.ts';
import { isAlive, until } from '../processes.ts';

/** Every task decides in this time once all nodes are back. */
const SETTLE_TIMEOUT_MS = 120_000;

/** Tasks that a node has acknowledged, and what nodes reported as decided: neither may be lost or differ afterwards. */
export class Ledger {
  /** When each was acknowledged, of `performance.now()`. */
  readonly acknowledged = new Map<string, number>();
  /** What some node told of it, and when. */
  readonly decided = new Map<string, { core: string; atMs: number }>();
  refused = 0;
  /** Of all decided tasks. */
  readonly outcomes: Partial<Record<Outcome, number>> = {};
  readonly #devnet: LocalDevnet;
  readonly #undecided = new Set<string>();
  /** Held by every node. */
  readonly #settled = new Set<string>();

  constructor(devnet: LocalDevnet) {
    this.#devnet = devnet;
  }

  /** Submits at one node; a node that is away refuses. */
  async submit(index: number, task: unknown): Promise<string | undefined> {
    try {
      const { taskId } = await this.#devnet.call<{ taskId: string }>(index, 'pheme_submitTask', { task });
      this.acknowledged.set(taskId, performance.now());
      this.#undecided.add(taskId);
      return taskId;
    } catch {
      this.refused += 1;
      return undefined;
    }
  }

  resultAt(index: number, taskId: string): Promise<ConsensusResult | null> {
    return this.#devnet.call(index, 'pheme_getResult', { taskId });
  }

  /** True once a node has heard of a task. */
  async knows(index: number, taskId: string): Promise<boolean> {
    return (await this.#devnet.call(index, 'pheme_getTask', { taskId }).catch(() => null)) !== null;
  }

  /** Remembers what is decided by now, as one node tells it: it has acknowledged those results. */
  async note(index: number): Promise<void> {
    await Promise.all(
      [...this.#undecided].map(async (taskId) => {
        const result = await this.resultAt(index, taskId).catch(() => null);
        if (result === null) return;
        this.decided.set(taskId, { core: result.core, atMs: performance.now() });
        this.outcomes[result.outcome] = (this.outcomes[result.outcome] ?? 0) + 1;
        this.#undecided.delete(taskId);
      }),
    );
  }

  /** Waits until every node holds the results of all tasks acknowledged by now, or for as long as that may take. */
  async settle(): Promise<void> {
    const endMs = performance.now() + SETTLE_TIMEOUT_MS;
    for (const taskId of this.acknowledged.keys()) {
      if (this.#settled.has(taskId)) continue;
      const results = await Promise.all(this.#nodes.map((index) => this.#resultBefore(endMs, index, taskId)));
      if (!results.includes(undefined)) this.#settled.add(taskId);
    }
  }

  get #nodes(): number[] {
    return this.#devnet.validators.map(({ index }) => index);
  }

  /** Counts of what must not be; all zero in a good run. */
  async check(): Promise<Record<string, number>> {
    const nodes = this.#nodes;
    const genesis = parseGenesis(JSON.parse(await readFile(this.#devnet.genesis, 'utf8')));
    const found = { undecided: 0, lost: 0, differing: 0, unverified: 0 };
    const endMs = performance.now() + SETTLE_TIMEOUT_MS;
    for (const taskId of this.acknowledged.keys()) {
      const results = await Promise.all(nodes.map((index) => this.#resultBefore(endMs, index, taskId)));
      const told = this.decided.get(taskId)?.core;
      const cores = results.map((result) => result?.core);
      if (cores.includes(undefined)) {
        found[told === undefined ? 'undecided' : 'lost'] += 1;
        await this.#tellWhy(taskId);
      }
      if (new Set([...cores, told].filter((core) => core !== undefined)).size > 1) found.differing += 1;
      found.unverified += results.filter((result) => result && !isAuthentic(result, genesis, taskId)).length;
    }
    const evidence = await Promise.all(
      nodes.map((index) => this.#devnet.call<unknown[]>(index, 'pheme_getEvidence', { limit: 1000 })),
    );
    return {
      'nodes not running': nodes.filter((index) => !isAlive(this.#devnet.pidOf(index))).length,
      'acknowledged tasks without a result everywhere': found.undecided,
      'acknowledged results lost at a node': found.lost,
      'tasks with differing cores': found.differing,
      'pieces of evidence at the nodes': evidence.reduce((sum, list) => sum + list.length, 0),
      'results that do not verify': found.unverified,
    };
  }

  /** What each node has to say of a task that it should have decided, to standard error. */
  async #tellWhy(taskId: string): Promise<void> {
    for (const { index } of this.#devnet.validators) {
      const why = await this.#devnet.call(index, 'pheme_explain', { taskId }).catch((error: Error) => error.message);
      process.stderr.write(`validator ${index} of ${taskId}: ${JSON.stringify(why)}\n`);
    }
  }

  async #resultBefore(endMs: number, index: number, taskId: string): Promise<ConsensusResult | undefined> {
    let result: ConsensusResult | null = null;
    const arrived = async () => {
      result = await this.resultAt(index, taskId).catch(() => null);
      return result !== null;
    };
    await until(arrived, Math.max(0, endMs - performance.now())).catch(() => undefined);
    return result ?? undefined;
  }
}

function isAuthentic(result: ConsensusResult, genesis: Genesis, taskId: string): boolean {
  return verifyResult(result, genesis, { taskId }).authentic;
}
