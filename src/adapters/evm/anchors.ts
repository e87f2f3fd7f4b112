import { setTimeout as delay } from 'node:timers/promises';
import type { Hex } from 'viem';
import { type AnchoredResult, anchorTree } from '../../protocol/anchor.ts';
import { fromHex, toHex } from '../../protocol/bytes.ts';
import { valueIdOf } from '../../protocol/value.ts';
import type { AdapterHost, DecidedTask } from '../adapter.ts';
import { ResultFollower } from '../result-follower.ts';
import { ChainError } from './anchor-chain.ts';
import { BatchLog, type PendingBatch, type Sent } from './batch-log.ts';
import { AnchorSender, type SenderOptions } from './sender.ts';

export interface AnchorOptions extends SenderOptions {
  /** Results of one transaction at most. */
  batchMax: number;
  /** How long results are gathered for one transaction. */
  batchMs: number;
  /** Blocks, its own included, that an anchor must be deep before it counts. */
  confirmations: number;
  /** Between two looks at the chain; a few of them are in one block of the common chains. */
  pollMs?: number;
}

const POLL_MS = 4_000;

/**
 * Anchors the node's results, batch after batch. A batch is done when its anchor is as deep as asked for; until then
 * it is looked up again and again, and sent anew where a reorganisation took it away.
 */
export function startAnchors(options: AnchorOptions, host: AdapterHost): ResultFollower {
  const anchoring = new Anchoring(options, host);
  const { batchMax, batchMs } = options;
  const deliver = (batch: readonly DecidedTask[], signal: AbortSignal) => anchoring.deliver(batch, signal);
  return new ResultFollower({ name: 'chain', batchMax, gatherMs: batchMs, deliver }, host);
}

class Anchoring {
  readonly #options: AnchorOptions;
  readonly #host: AdapterHost;
  readonly #sender: AnchorSender;
  readonly #log: BatchLog;

  constructor(options: AnchorOptions, host: AdapterHost) {
    this.#options = options;
    this.#host = host;
    this.#sender = new AnchorSender(options);
    this.#log = new BatchLog(host.notes);
  }

  /** Anchors what is not anchored of some decided tasks; what was begun before a restart goes on as it was. */
  async deliver(decided: readonly DecidedTask[], signal: AbortSignal): Promise<void> {
    await this.#checkPlace();
    const done = (await this.#log.last())?.last ?? 0;
    const left = decided.filter(({ sequence }) => sequence > done);
    if (left.length === 0) return;
    const begun = await this.#log.pending();
    const cut = begun?.first === left[0]!.sequence ? left.findIndex(({ sequence }) => sequence === begun.last) + 1 : 0;
    if (cut > 0) await this.#anchor(left.slice(0, cut), signal);
    if (cut < left.length) await this.#anchor(left.slice(cut), signal);
  }

  async #anchor(tasks: readonly DecidedTask[], signal: AbortSignal): Promise<void> {
    const { contract, chainId } = this.#options;
    const root = toHex(anchorTree(await resultsOf(tasks, this.#host)).root);
    const batch = { first: tasks[0]!.sequence, last: tasks.at(-1)!.sequence, chainId, contract, root };
    const begun = await this.#log.pending();
    const same = begun?.root === root && begun.contract === contract && begun.chainId === chainId;
    const sent = await this.#untilDeep(batch, same ? begun.sent : undefined, signal);
    const tx = await this.#transactionOf(sent);
    await this.#log.add({ ...batch, tx });
    const { first, last } = batch;
    this.#host.logger.info({ adapter: 'chain', results: last - first + 1, root, tx }, 'anchored');
  }

  async #untilDeep(batch: PendingBatch, begun: Sent | undefined, signal: AbortSignal): Promise<Sent | undefined> {
    const { confirmations, pollMs = POLL_MS } = this.#options;
    const { configDigest } = this.#host;
    const { root } = batch;
    let sent = begun;
    for (;;) {
      signal.throwIfAborted();
      const head = await this.#sender.head();
      const deep = await this.#sender.anchoredAt(configDigest, root, head - confirmations + 1);
      if (deep > 0) return sent;
      if ((await this.#sender.anchoredAt(configDigest, root, head)) === 0) {
        const note = (next: Sent) => this.#log.setPending({ ...batch, sent: next });
        sent = await this.#sender.send({ configDigest, root }, head, sent, note);
      }
      await delay(pollMs, undefined, { signal });
    }
  }

  async #transactionOf(sent: Sent | undefined): Promise<string | null> {
    for (const hash of sent?.hashes ?? []) {
      if ((await this.#sender.blockOf(hash as Hex)) !== undefined) return hash;
    }
    return null;
  }

  /** A node of another chain, or a contract of another network, would take transactions that nobody finds again. */
  async #checkPlace(): Promise<void> {
    const { chainId, contract } = this.#options;
    const found = await this.#sender.chainId();
    if (found !== chainId) throw new ChainError(`chain.rpcUrl answers for chain ${found}, chain.chainId is ${chainId}`);
    const network = await this.#sender.networkId();
    if (network === this.#host.networkId) return;
    const what = network === undefined ? 'holds no anchor contract' : `anchors network ${network}`;
    throw new ChainError(`chain.contract ${contract} ${what}: deploy one with pheme chain deploy`);
  }
}

/** What a batch holds of its tasks, in their order. */
export async function resultsOf(
  tasks: readonly DecidedTask[],
  { getResult }: Pick<AdapterHost, 'getResult'>,
): Promise<AnchoredResult[]> {
  const results: AnchoredResult[] = [];
  for (const { taskId } of tasks) {
    const result = await getResult(taskId);
    if (result === null) throw new Error(`the result of task ${taskId} is damaged here, and is fetched again`);
    results.push({ taskId, valueId: valueIdOf(fromHex(result.core)) });
  }
  return results;
}
