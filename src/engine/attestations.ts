import type { Committee } from '../protocol/committee.ts';
import { attests, createEnvelope, type DsseEnvelope, signStatement } from '../protocol/dsse.ts';
import type { Signer } from '../protocol/ed25519.ts';
import type { Digest } from '../protocol/hash.ts';
import { statementBytes } from '../protocol/statement.ts';
import { decodeTask, taskIdOf } from '../protocol/task.ts';
import { decodeCore } from '../protocol/value.ts';
import type { Certificates } from './certificates.ts';
import type { Logger, Network, Store } from './ports.ts';

export interface AttestationContext {
  committee: Committee;
  identity: { index: number; signer: Signer } | null;
  store: Store;
  network: Network;
  certificates: Certificates;
  logger: Logger;
}

/**
 * R34: attestations of decided tasks. Every validator that holds a decision, dissenters too, builds the statement itself
 * from the agreed core and the task, and signs it when asked; what it signs follows from the decision alone.
 */
export class Attestations {
  readonly #context: AttestationContext;

  constructor(context: AttestationContext) {
    this.#context = context;
  }

  /** This validator's signature, or null: an observer, an undecided task, or a body that is not held. */
  async own(taskId: Digest): Promise<Uint8Array | null> {
    const { identity } = this.#context;
    const payload = identity === null ? undefined : await this.#payload(taskId);
    return identity === null || payload === undefined
      ? null
      : signStatement((message) => identity.signer.sign(message), payload);
  }

  /** The statement with the signatures of all validators that can be asked now; null if it cannot be built here. */
  async collect(taskId: Digest): Promise<DsseEnvelope | null> {
    const payload = await this.#payload(taskId);
    if (payload === undefined) return null;
    const { committee, identity } = this.#context;
    const signed = await Promise.all(
      committee.validators.map(({ publicKey }, index) =>
        index === identity?.index ? this.own(taskId) : this.#ask(publicKey, taskId),
      ),
    );
    const signatures = new Map<string, Uint8Array>();
    committee.validators.forEach(({ publicKey }, index) => {
      const signature = signed[index];
      if (signature != null && attests(publicKey, payload, signature)) signatures.set(publicKey, signature);
    });
    return signatures.size === 0 ? null : createEnvelope(payload, signatures);
  }

  async #payload(taskId: Digest): Promise<Uint8Array | undefined> {
    const { committee, certificates, store } = this.#context;
    const cert = await certificates.get(taskId);
    const stored = cert && (await store.task(taskId));
    if (cert === undefined || stored === undefined) return undefined;
    if (taskIdOf(committee.networkId, committee.epoch, stored.taskBytes) !== taskId) return undefined;
    return statementBytes(decodeCore(cert.coreBytes), decodeTask(stored.taskBytes));
  }

  async #ask(publicKey: string, taskId: Digest): Promise<Uint8Array | null> {
    const { network, logger } = this.#context;
    if (!network.peers().some(({ key }) => key === publicKey)) return null;
    try {
      const answer = await network.request(publicKey, { kind: 'attestation', taskId });
      return answer.kind === 'attestation' ? answer.signature : null;
    } catch (error) {
      logger.debug({ peer: publicKey, taskId, error: (error as Error).message }, 'no attestation from this validator');
      return null;
    }
  }
}
