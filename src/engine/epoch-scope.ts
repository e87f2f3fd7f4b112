import { ProtocolError } from '../protocol/errors.ts';
import type { Digest } from '../protocol/hash.ts';
import type { CatchUpScope } from './catch-up.ts';
import type { Engine } from './engine.ts';
import type { EpochIndex } from './epoch-index.ts';
import type { Network, PeerKey, Store } from './ports.ts';

export interface EpochScopeParts {
  /** One an epoch; those of later epochs come while they start. */
  engines: readonly Engine[];
  index: EpochIndex;
  store: Store;
  network: Network;
}

/** What one catch-up reaches for all epochs (R33): each certificate and each task goes to the engine of its own. */
export function catchUpScope({ engines, index, store, network }: EpochScopeParts): CatchUpScope {
  /** What a network of one epoch holds is that epoch's. */
  const engineOf = async (taskId: Digest) =>
    engines.length === 1 ? engines[0] : engines[(await index.epochOf(taskId)) ?? -1];
  return {
    isDecided: (taskId) => store.hasResult(taskId),
    isHeld: async (taskId) => (await engineOf(taskId))?.scope.isHeld(taskId) ?? false,
    isOpen: (taskId) => engines.some(({ scope }) => scope.isOpen(taskId)),
    onCert(cert, from) {
      if (cert.coreBytes === null) throw new ProtocolError('expected a certificate');
      const epoch = index.ofCore(cert.coreBytes);
      engines[epoch ?? -1]?.scope.onCert(cert, from); // one of an epoch not known here yet comes again after the restart that makes it known
    },
    onOpenTask: (taskId, from) => void seek(taskId, from),
  };

  /** An id alone does not tell its epoch, the body does. */
  async function seek(taskId: Digest, from: PeerKey): Promise<void> {
    const epoch = await epochAt(taskId, from).catch(() => undefined);
    engines[epoch ?? -1]?.scope.onOpenTask(taskId, from);
  }

  async function epochAt(taskId: Digest, from: PeerKey): Promise<number | undefined> {
    const answer = await network.request(from, { kind: 'task', taskId });
    return answer.kind === 'task' && answer.taskBytes !== null ? index.ofBody(taskId, answer.taskBytes) : undefined;
  }
}
