import type { Authenticator } from '../protocol/authenticator.ts';
import type { Cert, WireBundle } from '../protocol/bundle.ts';
import type { Committee } from '../protocol/committee.ts';
import { ProtocolError } from '../protocol/errors.ts';
import type { Digest } from '../protocol/hash.ts';
import type { Background } from './background.ts';
import type { Certificates } from './certificates.ts';
import type { OpenTask } from './open-task.ts';
import { encodeCert, type Outbox } from './outbox.ts';
import type { PeerExchange } from './peer-exchange.ts';
import type { Clock, PeerKey } from './ports.ts';
import type { Reports } from './reports.ts';

export interface DecisionContext {
  committee: Committee;
  authenticator: Authenticator;
  certificates: Certificates;
  reports: Reports;
  exchange: PeerExchange;
  outbox: Outbox;
  clock: Clock;
  background: Background;
  tasks: ReadonlyMap<Digest, OpenTask>;
  isStopped(): boolean;
  /** The decision is durable: whatever is still open under its id ends. */
  onDurable(cert: Cert): void;
}

/** Keeps what was decided, here or elsewhere: the certificate first, then the body and the reports behind it. */
export class Decisions {
  readonly #context: DecisionContext;

  constructor(context: DecisionContext) {
    this.#context = context;
  }

  /**
   * R22: a decision is told once it is durable; whatever is still open under its id ends with it.
   * @param withReports false leaves the reports behind it where they are
   */
  keep(cert: Cert, withReports = true): void {
    const { committee, certificates, reports, outbox, onDurable } = this.#context;
    const core = certificates.check(cert);
    outbox.result(cert.taskId, encodeCert(cert));
    outbox.afterSync(() => {
      certificates.note(cert);
      onDurable(cert);
      if (!withReports) return;
      for (const { index, result } of core.reveals) reports.pull(result, committee.validators[index]!.publicKey);
    });
  }

  /** A certificate without its instance: from catch-up, or for a task that was never seen here. @throws ProtocolError */
  take(wire: WireBundle, from: PeerKey): void {
    const { authenticator, certificates, tasks, background } = this.#context;
    const bundle = authenticator.openBundle(wire);
    if (bundle.kind !== 'CERT') throw new ProtocolError('expected a certificate');
    const open = tasks.get(bundle.taskId);
    if (open !== undefined) return open.dispatch({ kind: 'bundle', bundle });
    certificates.check(bundle);
    background('keeping a certificate', this.#keepFetched(bundle, from));
  }

  /** The certificate of a decided task; a damaged copy is fetched again from a peer, and checked like any. */
  async certificate(taskId: Digest): Promise<Cert | undefined> {
    const { authenticator, certificates, exchange, outbox } = this.#context;
    const cert = await certificates.get(taskId);
    if (cert !== undefined || !(await certificates.isDecided(taskId))) return cert;
    const fetched = await exchange.fetchCert(taskId);
    if (fetched === undefined) return undefined;
    const bundle = authenticator.openBundle(fetched.cert);
    if (bundle.kind !== 'CERT') return undefined;
    this.keep(bundle, !(await certificates.isPruned(taskId)));
    await outbox.synced();
    return bundle;
  }

  async #keepFetched(cert: Cert, from: PeerKey): Promise<void> {
    const { certificates, isStopped } = this.#context;
    if ((await certificates.isHeld(cert.taskId)) || isStopped()) return;
    const isPruned = await certificates.isPruned(cert.taskId); // only its proof was lost
    if (isStopped()) return;
    this.keep(cert, !isPruned);
    if (!isPruned) await this.#fetchBody(cert.taskId, from);
  }

  /** The body of a task that was decided while this node was away. */
  async #fetchBody(taskId: Digest, from: PeerKey): Promise<void> {
    const { exchange, outbox, clock, isStopped } = this.#context;
    const taskBytes = await exchange.fetchBody(taskId, from);
    if (taskBytes === undefined || isStopped()) return;
    outbox.task({ taskId, taskBytes, firstSeenMs: clock.nowMs() });
  }
}
