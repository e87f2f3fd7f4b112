import type { WireBundle } from '../protocol/bundle.ts';
import type { Committee } from '../protocol/committee.ts';
import { ProtocolError } from '../protocol/errors.ts';
import type { Digest } from '../protocol/hash.ts';
import { SYNC_PAGE_MAX } from '../protocol/limits.ts';
import { BoundedSet, Limiter } from './bounded.ts';
import { SYNC_MS, SYNC_PAGES_MAX, SYNC_REQUESTS_MAX, SYNC_TAKEN_MAX } from './limits.ts';
import type { Clock, Logger, Network, PeerKey } from './ports.ts';

/** What catch-up reaches: what is here already, and where what it finds goes. */
export interface CatchUpScope {
  isDecided(taskId: Digest): Promise<boolean>;
  isHeld(taskId: Digest): Promise<boolean>;
  isOpen(taskId: Digest): boolean;
  /** A peer's certificate that is not held here; unchecked. Throws ProtocolError if it does not hold. */
  onCert(cert: WireBundle, from: PeerKey): void;
  /** A peer knows this undecided task. */
  onOpenTask(taskId: Digest, from: PeerKey): void;
}

export interface CatchUpContext extends CatchUpScope {
  network: Network;
  clock: Clock;
  logger: Logger;
}

/** Where one peer's list of results was read to. */
interface Cursor {
  storeId: string;
  next: number;
}

/**
 * R33: asks every validator for the results that it has and this node lacks, when it connects and from time to time.
 * Nothing is believed: each certificate is checked like one that came by gossip.
 */
export class CatchUp {
  readonly #context: CatchUpContext;
  readonly #cursors = new Map<PeerKey, Cursor>();
  readonly #syncing = new Map<PeerKey, Promise<void>>();
  /** Whose open tasks were asked for, and whose results are all here. */
  readonly #heard = new Set<PeerKey>();
  readonly #limiter = new Limiter(SYNC_REQUESTS_MAX);
  /** What one peer is being asked for, so that no other is meanwhile: every list names every result. */
  readonly #fetching = new Map<Digest, Promise<boolean>>();
  /** Certificates that hold, and may not be durable yet. */
  readonly #taken = new BoundedSet<Digest>(SYNC_TAKEN_MAX);
  #cancelTimer = () => {};
  #stopped = false;

  constructor(context: CatchUpContext) {
    this.#context = context;
  }

  start(): void {
    this.#cancelTimer = this.#context.clock.setTimer(SYNC_MS, () => {
      this.#syncAll();
      if (!this.#stopped) this.start();
    });
  }

  #syncAll(): void {
    for (const { key, validatorIndex } of this.#context.network.peers())
      if (validatorIndex !== null) void this.sync(key);
  }

  /** R29: true if a quorum, this node included, told what it has open and decided; else they are asked again. */
  hasHeardQuorum({ validators, quorum }: Committee, self: number | null): boolean {
    const heard = validators.filter(({ publicKey }, index) => index === self || this.#heard.has(publicKey));
    const hasHeard = heard.reduce((sum, { weight }) => sum + weight, 0) >= quorum;
    if (!hasHeard) this.#syncAll();
    return hasHeard;
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelTimer();
  }

  /** Resolves when this peer's list was read to its end, or the peer failed. */
  sync(peer: PeerKey): Promise<void> {
    const running = this.#syncing.get(peer);
    if (running !== undefined) return running;
    const sync = this.#sync(peer)
      .then((isWhole) => {
        if (isWhole) this.#heard.add(peer);
      })
      .catch((error: unknown) =>
        this.#context.logger.debug({ peer, error: (error as Error).message }, 'catch-up from this peer ended'),
      )
      .finally(() => this.#syncing.delete(peer));
    this.#syncing.set(peer, sync);
    return sync;
  }

  /** True if all was read. */
  async #sync(peer: PeerKey): Promise<boolean> {
    const open = await this.#context.network.request(peer, { kind: 'open' });
    if (open.kind !== 'open') return false;
    for (const taskId of open.taskIds) await this.#noteOpen(taskId, peer);
    for (let page = 0; page < SYNC_PAGES_MAX && !this.#stopped; page++) {
      const read = await this.#readPage(peer);
      if (read !== 'more') return read === 'end';
    }
    return false;
  }

  async #noteOpen(taskId: Digest, peer: PeerKey): Promise<void> {
    if (!this.#context.isOpen(taskId) && !(await this.#context.isDecided(taskId)))
      this.#context.onOpenTask(taskId, peer);
  }

  async #readPage(peer: PeerKey): Promise<'more' | 'end' | 'failed'> {
    const known = this.#cursors.get(peer);
    const page = await this.#context.network.request(peer, { kind: 'results', cursor: known?.next ?? 0 });
    if (page.kind !== 'results') return 'failed';
    if (known !== undefined && known.storeId !== page.storeId) {
      this.#cursors.delete(peer); // another database: its cursors mean something else
      return 'more';
    }
    const fetched = await this.#fetchAll(peer, page.taskIds);
    const advanced = page.next > (known?.next ?? 0);
    // The cursor passes only what is here: a result that could not be fetched is asked for again.
    if (!fetched.every(Boolean)) return 'failed';
    this.#cursors.set(peer, { storeId: page.storeId, next: page.next });
    return advanced && page.taskIds.length === SYNC_PAGE_MAX ? 'more' : 'end';
  }

  /** Peers that are read at once begin at different places, and share the work. */
  #fetchAll(peer: PeerKey, taskIds: readonly Digest[]): Promise<boolean[]> {
    const peers = [...this.#syncing.keys()];
    const first = Math.floor((taskIds.length * Math.max(0, peers.indexOf(peer))) / Math.max(1, peers.length));
    const ordered = [...taskIds.slice(first), ...taskIds.slice(0, first)];
    return Promise.all(ordered.map((taskId) => this.#limiter.run(() => this.#fetchOnce(peer, taskId))));
  }

  /** True if it is here, or on its way to the disk. */
  async #fetchOnce(peer: PeerKey, taskId: Digest): Promise<boolean> {
    if (this.#stopped || this.#taken.has(taskId) || (await this.#context.isHeld(taskId))) return true;
    const underWay = this.#fetching.get(taskId);
    if (underWay !== undefined && (await underWay)) return true;
    const fetch = this.#fetch(peer, taskId);
    this.#fetching.set(
      taskId,
      fetch.catch(() => false),
    );
    try {
      return await fetch;
    } finally {
      this.#fetching.delete(taskId);
    }
  }

  async #fetch(peer: PeerKey, taskId: Digest): Promise<boolean> {
    const answer = await this.#context.network.request(peer, { kind: 'result', taskId });
    if (answer.kind !== 'result' || answer.cert === null) return false; // it lost its copy
    if (answer.cert.taskId === taskId) return this.#takeCert(answer.cert, peer);
    this.#context.network.report(peer, 'lying-answer');
    return false;
  }

  /** True if the certificate holds. */
  #takeCert(cert: WireBundle, peer: PeerKey): boolean {
    try {
      this.#context.onCert(cert, peer);
      this.#taken.add(cert.taskId);
      return true;
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#context.network.report(peer, 'lying-answer');
      this.#context.logger.debug({ peer, error: error.message }, 'a certificate of this peer does not hold');
      return false;
    }
  }
}
