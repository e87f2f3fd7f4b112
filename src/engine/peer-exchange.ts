import { witnessKey } from '../consensus/state.ts';
import { wanted } from '../consensus/wanted.ts';
import type { Cert, WireBundle } from '../protocol/bundle.ts';
import type { Committee } from '../protocol/committee.ts';
import { ProtocolError } from '../protocol/errors.ts';
import type { FetchRequest, FetchResponse } from '../protocol/fetch.ts';
import type { WireProvenLeaf } from '../protocol/frame.ts';
import type { Digest } from '../protocol/hash.ts';
import { leafDigest } from '../protocol/merkle.ts';
import { taskIdOf } from '../protocol/task.ts';
import type { Background } from './background.ts';
import { ANSWER_PAUSE_MS, FETCH_PAUSE_MS, OVERDUE_PER_SECOND } from './limits.ts';
import type { OpenTask } from './open-task.ts';
import type { Clock, Logger, Network, PeerKey, Random } from './ports.ts';

export interface PeerExchangeContext {
  committee: Committee;
  /** Own position, or null for an observer. */
  self: number | null;
  network: Network;
  clock: Clock;
  random: Random;
  logger: Logger;
  background: Background;
  /** Throws ProtocolError for what is not signed as it says. */
  takeLeaf(leaf: WireProvenLeaf, from: PeerKey): unknown;
  takeBundle(bundle: WireBundle, from: PeerKey): unknown;
  /** Encodes a frame with this certificate for one peer. */
  certFrame(cert: Cert): Uint8Array;
}

/** Asks single peers for what is missing here, and tells single peers what they miss. */
export class PeerExchange {
  readonly #context: PeerExchangeContext;
  readonly #asking = new Set<string>();
  readonly #answered = new Set<string>();
  #overdue = { second: 0, asked: 0 };
  #stopped = false;

  constructor(context: PeerExchangeContext) {
    this.#context = context;
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Asks those who must have it for what an instance lacks. */
  fetchWanted(task: OpenTask): void {
    const { digests, value, holders } = wanted(task.instance);
    if (this.#stopped || task.instance.decided !== null || (digests.length === 0 && !value)) return;
    const connected = new Set(this.#context.network.peers().map(({ key }) => key));
    const reachable = holders.map((index) => this.#keyOf(index)).filter((key) => connected.has(key));
    const holder = reachable.find((key) => !this.#asking.has(`${task.taskId}/${key}`));
    if (reachable.length > 0 && holder === undefined) return; // all of them were asked a moment ago
    this.#fetchLeaves(task, holder ?? this.#someValidator(), value ? null : digests);
  }

  /** Asks anybody for everything said about a task: gossip is a hint, not a guarantee. So many a second; repeats come back to it. */
  fetchAll(task: OpenTask): void {
    const second = Math.floor(this.#context.clock.nowMs() / 1000);
    if (second !== this.#overdue.second) this.#overdue = { second, asked: 0 };
    if (this.#overdue.asked >= OVERDUE_PER_SECOND) return;
    this.#overdue.asked += 1;
    this.#fetchLeaves(task, this.#someValidator(), null);
  }

  /** The canonical bytes of a task that was decided while this node was away. */
  async fetchBody(taskId: Digest, from: PeerKey): Promise<Uint8Array | undefined> {
    const { committee } = this.#context;
    const answer = await this.#request(from, { kind: 'task', taskId });
    if (answer?.kind !== 'task' || answer.taskBytes === null) return undefined;
    return taskIdOf(committee.networkId, committee.epoch, answer.taskBytes) === taskId ? answer.taskBytes : undefined;
  }

  /** A peer's certificate for a task whose own copy was found damaged; unchecked. */
  async fetchCert(taskId: Digest): Promise<{ cert: WireBundle; from: PeerKey } | undefined> {
    for (const { key: from, validatorIndex } of this.#context.network.peers()) {
      if (validatorIndex === null) continue;
      const answer = await this.#request(from, { kind: 'result', taskId });
      if (answer?.kind === 'result' && answer.cert?.taskId === taskId) return { cert: answer.cert, from };
    }
    return undefined;
  }

  /** R24: whoever still asks is told the decision, directly, and not again for a moment. */
  tellDecision(validatorIndex: number, taskId: Digest, cert: Promise<Cert | undefined>): void {
    const peer = this.#keyOf(validatorIndex);
    const key = `${peer}/${taskId}`;
    if (validatorIndex === this.#context.self || this.#answered.has(key)) return;
    this.#answered.add(key);
    this.#context.clock.setTimer(ANSWER_PAUSE_MS, () => this.#answered.delete(key));
    const tell = (found: Cert | undefined) => {
      if (found !== undefined && !this.#stopped) this.#context.network.send(peer, this.#context.certFrame(found));
    };
    this.#context.background('telling a decision', cert.then(tell));
  }

  /**
   * One peer is asked about one task at most every moment, so that one that answers without what is wanted costs little.
   * @param digests null for all leaves that the peer holds
   */
  #fetchLeaves(task: OpenTask, peer: PeerKey | undefined, digests: Digest[] | null): void {
    const { taskId } = task;
    const key = `${taskId}/${peer}`;
    if (peer === undefined || this.#asking.has(key)) return;
    this.#asking.add(key);
    const take = (answer: FetchResponse | undefined) => {
      if (answer?.kind === 'leaves' && !this.#stopped) this.#takeLeaves(task, answer, peer);
      this.#context.clock.setTimer(FETCH_PAUSE_MS, () => {
        this.#asking.delete(key);
        this.fetchWanted(task); // of the next holder, if it is still missing
      });
    };
    this.#context.background('fetching leaves', this.#request(peer, { kind: 'leaves', taskId, digests }).then(take));
  }

  #takeLeaves(task: OpenTask, { leaves, bundles }: Extract<FetchResponse, { kind: 'leaves' }>, from: PeerKey): void {
    // Most of an answer is held here already, and to read and verify it again is what it would cost most.
    const known = new Set([...task.instance.seen.values()].flat().map((leaf) => witnessKey(leaf.signer, leaf.digest)));
    const isNew = ({ leafBytes, proof }: WireProvenLeaf) =>
      !known.has(witnessKey(proof.validatorIndex, leafDigest(leafBytes)));
    try {
      for (const leaf of leaves.filter(isNew)) this.#context.takeLeaf(leaf, from);
      for (const bundle of bundles) this.#context.takeBundle(bundle, from);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#context.network.report(from, 'bad-signature');
      this.#context.logger.debug({ from, error: error.message }, 'refused fetched leaves');
    }
  }

  async #request(peer: PeerKey, request: FetchRequest): Promise<FetchResponse | undefined> {
    try {
      return await this.#context.network.request(peer, request);
    } catch (error) {
      this.#context.logger.debug(
        { peer, kind: request.kind, error: (error as Error).message },
        'a request was not answered',
      );
      return undefined;
    }
  }

  #someValidator(): PeerKey | undefined {
    const validators = this.#context.network.peers().filter(({ validatorIndex }) => validatorIndex !== null);
    return validators[Math.floor(this.#context.random.fraction() * validators.length)]?.key;
  }

  #keyOf(index: number): PeerKey {
    return this.#context.committee.validators[index]!.publicKey;
  }
}
