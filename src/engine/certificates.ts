import { coreFault } from '../consensus/certificate.ts';
import type { Authenticator } from '../protocol/authenticator.ts';
import { bundleFromCbor, type Cert } from '../protocol/bundle.ts';
import { decodeCanonical } from '../protocol/cbor.ts';
import type { Committee } from '../protocol/committee.ts';
import { ProtocolError } from '../protocol/errors.ts';
import type { Digest } from '../protocol/hash.ts';
import { type Core, decodeCore } from '../protocol/value.ts';
import { BoundedMap } from './bounded.ts';
import { DECIDED_IDS_MAX, RECENT_CERTS_MAX } from './limits.ts';
import type { Store } from './ports.ts';

/** Which tasks are decided, and their certificates; recent ones in memory. */
export class Certificates {
  readonly #committee: Committee;
  readonly #authenticator: Authenticator;
  readonly #store: Store;
  /** Whether the certificate of a decided task is surely here too: true until its copy is found damaged. */
  readonly #held = new BoundedMap<Digest, boolean>(DECIDED_IDS_MAX);
  readonly #recent = new BoundedMap<Digest, Cert>(RECENT_CERTS_MAX);

  constructor(committee: Committee, authenticator: Authenticator, store: Store) {
    this.#committee = committee;
    this.#authenticator = authenticator;
    this.#store = store;
  }

  /** Known to be decided, without a look at the disk. */
  has(taskId: Digest): boolean {
    return this.#held.get(taskId) !== undefined;
  }

  /** R28: also while the stored certificate is damaged: what is decided is never opened again. */
  async isDecided(taskId: Digest): Promise<boolean> {
    if (this.has(taskId)) return true;
    const decided = await this.#store.hasResult(taskId);
    if (decided) this.#held.set(taskId, false);
    return decided;
  }

  /** The certificate itself is here and sound; read at most once a run, since every peer's list names every task. */
  async isHeld(taskId: Digest): Promise<boolean> {
    return this.#held.get(taskId) === true || (await this.get(taskId)) !== undefined;
  }

  /** Parts of the decided task were dropped here on purpose: they are not to be fetched again. */
  async isPruned(taskId: Digest): Promise<boolean> {
    return (await this.#store.pruned(taskId)) !== undefined;
  }

  note(cert: Cert): void {
    this.#held.set(cert.taskId, true);
    this.#recent.set(cert.taskId, cert);
  }

  /** The certificate of a decided task; undefined if it is not decided here, or its copy was found damaged. */
  async get(taskId: Digest): Promise<Cert | undefined> {
    const recent = this.#recent.get(taskId);
    if (recent !== undefined) return recent;
    const stored = await this.#store.result(taskId);
    if (stored === undefined) {
      if (this.has(taskId)) this.#held.set(taskId, false);
      return undefined;
    }
    const cert = this.open(stored.certBytes);
    this.note(cert);
    return cert;
  }

  /**
   * Reads a stored certificate and checks all of it.
   * @throws ProtocolError
   */
  open(certBytes: Uint8Array): Cert {
    const bundle = this.#authenticator.openBundle(bundleFromCbor(decodeCanonical(certBytes)));
    if (bundle.kind !== 'CERT') throw new ProtocolError('expected a certificate');
    this.check(bundle);
    return bundle;
  }

  /**
   * What a quorum signed must also follow from itself.
   * @throws ProtocolError
   */
  check(cert: Cert): Core {
    const core = decodeCore(cert.coreBytes);
    const fault = core.taskId === cert.taskId ? coreFault(this.#committee, core) : 'core is of another task';
    if (fault !== undefined) throw new ProtocolError(`certificate of task ${cert.taskId}: ${fault}`);
    return core;
  }
}
