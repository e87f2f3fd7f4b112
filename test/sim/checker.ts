import { coreFault } from '../../src/consensus/certificate.ts';
import { createAuthenticator } from '../../src/protocol/authenticator.ts';
import type { Cert } from '../../src/protocol/bundle.ts';
import { toHex } from '../../src/protocol/bytes.ts';
import type { Committee } from '../../src/protocol/committee.ts';
import type { Verifier } from '../../src/protocol/ed25519.ts';
import { decodeFrame } from '../../src/protocol/frame.ts';
import { decodeLeaf, leafSlot } from '../../src/protocol/leaf.ts';
import type { Opening } from '../../src/protocol/validation-result.ts';
import { decodeCore } from '../../src/protocol/value.ts';

/** Watches what every node says and decides, and names each broken promise. Sees everything, changes nothing. */
export class Checker {
  readonly violations: string[] = [];
  readonly #committee: Committee;
  readonly #verifiers: Verifier[];
  readonly #honest: (validator: number) => boolean;
  /** Bytes of every leaf that an honest validator sent, by validator and slot. */
  readonly #said = new Map<string, string>();
  /** The agreed core of each task. */
  readonly #cores = new Map<string, string>();
  /** What each honest validator's model answered, by task. */
  readonly #openings = new Map<string, Opening>();
  leaves = 0;
  decisions = 0;
  outcomes: Record<string, number> = {};

  constructor(committee: Committee, verifiers: Verifier[], honest: (validator: number) => boolean) {
    this.#committee = committee;
    this.#verifiers = verifiers;
    this.#honest = honest;
  }

  /** A frame left a node. */
  sent(validator: number, frame: Uint8Array): void {
    const { batch } = decodeFrame(frame);
    if (batch === null) return;
    for (const { leafBytes } of batch.leaves) {
      this.leaves += 1;
      const leaf = decodeLeaf(leafBytes);
      if (!this.#honest(validator)) continue;
      const key = `${validator}/${leaf.taskId}/${leafSlot(leaf)}`;
      const said = toHex(leafBytes);
      const before = this.#said.get(key);
      if (before !== undefined && before !== said)
        this.violations.push(`validator ${validator} contradicted itself at ${key}`);
      this.#said.set(key, said);
      if (leaf.type === 'REVEAL') this.#openings.set(`${validator}/${leaf.taskId}`, leaf.opening);
    }
  }

  /** An honest node decided, durably. */
  decided(node: string, cert: Cert): void {
    this.decisions += 1;
    const core = toHex(cert.coreBytes);
    const agreed = this.#cores.get(cert.taskId);
    if (agreed !== undefined && agreed !== core)
      this.violations.push(`${node} decided another core for ${cert.taskId}`);
    if (agreed === undefined) this.#checkFirst(cert);
    this.#cores.set(cert.taskId, core);
  }

  #checkFirst(cert: Cert): void {
    const core = decodeCore(cert.coreBytes);
    this.outcomes[core.outcome] = (this.outcomes[core.outcome] ?? 0) + 1;
    const fault = coreFault(this.#committee, core);
    if (fault !== undefined) this.violations.push(`core of ${cert.taskId}: ${fault}`);
    const groups = [{ leafBytes: cert.votes[0]!.bytes, proofs: cert.votes.map((vote) => vote.proof()) }];
    createAuthenticator(this.#committee, this.#verifiers).openBundle({
      kind: 'CERT',
      taskId: cert.taskId,
      groups,
      coreBytes: cert.coreBytes,
    });
    for (const { index, salt } of core.reveals) {
      const opening = this.#openings.get(`${index}/${cert.taskId}`);
      if (this.#honest(index) && opening?.salt !== salt)
        this.violations.push(`core of ${cert.taskId} has a result that validator ${index} never revealed`);
    }
    this.#checkHonestRange(cert.taskId, core);
  }

  /** With Tw > 2/3 the faulty weigh under half of a winning side, so its median lies within the honest results. */
  #checkHonestRange(taskId: string, core: ReturnType<typeof decodeCore>): void {
    if (core.outcome !== 'APPROVED' && core.outcome !== 'REJECTED') return;
    const vote = core.outcome === 'APPROVED' ? 'approve' : 'reject';
    const honest = core.reveals
      .filter(({ index, result }) => this.#honest(index) && result.vote === vote)
      .map(({ result }) => result.confidencePpm);
    if (core.confidencePpm < Math.min(...honest) || core.confidencePpm > Math.max(...honest)) {
      this.violations.push(`confidence of ${taskId} is outside the honest range`);
    }
  }

  /** At the end: every acknowledged task is decided at every honest node. */
  finished(nodes: { name: string; results: ReadonlyMap<string, unknown> }[], taskIds: Iterable<string>): void {
    for (const taskId of taskIds) {
      for (const { name, results } of nodes) {
        if (!results.has(taskId)) this.violations.push(`${name} never decided ${taskId}`);
      }
    }
  }
}
