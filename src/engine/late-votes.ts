import type { Cert } from '../protocol/bundle.ts';
import type { Digest } from '../protocol/hash.ts';
import type { LeafOf } from '../protocol/leaf.ts';
import { type Authentic, isLeaf, type SignedLeaf } from '../protocol/signed-leaf.ts';
import type { Background } from './background.ts';
import type { Certificates } from './certificates.ts';
import { LATE_VOTES_MAX, LATE_VOTES_WRITE_MS } from './limits.ts';
import { encodeCert } from './outbox.ts';
import type { Clock, Logger, SideStore } from './ports.ts';

export interface LateVotesContext {
  certificates: Certificates;
  /** Null keeps them in memory alone. */
  side: SideStore | null;
  clock: Clock;
  logger: Logger;
  background: Background;
  /** A signature was added to a certificate held here. */
  onCredited(taskId: Digest, validatorIndex: number, round: number): void;
}

type Precommit = Authentic<SignedLeaf<LeafOf<'PRECOMMIT'>>>;

/**
 * R35: precommits of the same bytes that come after the decision are added to the certificate held here, one a
 * validator. They change no core and no id, and a crash may lose them.
 */
export class LateVotes {
  readonly #context: LateVotesContext;
  readonly #waiting = new Map<Digest, Precommit[]>();
  #cancelTimer: (() => void) | undefined;
  #stopped = false;

  constructor(context: LateVotesContext) {
    this.#context = context;
  }

  /** A checked leaf of a decided task; all but precommits are left alone. */
  take(leaf: Authentic<SignedLeaf>): void {
    const { taskId } = leaf.leaf;
    if (this.#stopped || !isLeaf(leaf, 'PRECOMMIT') || leaf.leaf.valueId === null) return;
    const waiting = this.#waiting.get(taskId) ?? [];
    if (waiting.some((held) => held.signer === leaf.signer)) return;
    if (waiting.length === 0 && this.#waiting.size >= LATE_VOTES_MAX) return;
    this.#waiting.set(taskId, [...waiting, leaf]);
    this.#cancelTimer ??= this.#context.clock.setTimer(LATE_VOTES_WRITE_MS, () => {
      this.#cancelTimer = undefined;
      this.#context.background('crediting late signatures', this.credit());
    });
  }

  /** Takes no more. */
  stop(): void {
    this.#stopped = true;
    this.#cancelTimer?.();
  }

  /** Adds what has come to the certificates held here. */
  async credit(): Promise<void> {
    const { certificates, side, logger } = this.#context;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    const longer: Cert[] = [];
    for (const [taskId, votes] of waiting) {
      const cert = await certificates.get(taskId);
      const added = cert && withVotes(cert, votes);
      if (added === undefined) continue;
      certificates.note(added);
      longer.push(added);
      for (const { signer, leaf } of added.votes.slice(cert!.votes.length))
        this.#context.onCredited(taskId, signer, leaf.round);
    }
    if (longer.length === 0) return;
    const kept = longer.map((cert) => ({ taskId: cert.taskId, certBytes: encodeCert(cert) }));
    await side
      ?.keep({ certificates: kept })
      .catch((error: Error) => logger.debug({ error: error.message }, 'late signatures were not written'));
  }
}

/** The certificate with the votes that it lacks, undefined if it lacks none of them. */
function withVotes(cert: Cert, votes: readonly Precommit[]): Cert | undefined {
  const digest = cert.votes[0]!.digest;
  const signers = new Set(cert.votes.map(({ signer }) => signer));
  const missing = votes.filter((vote) => vote.digest === digest && !signers.has(vote.signer));
  return missing.length === 0 ? undefined : { ...cert, votes: [...cert.votes, ...missing] };
}
