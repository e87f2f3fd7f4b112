import { coreFault } from '../../src/consensus/certificate.ts';
import { createInstance } from '../../src/consensus/state.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { type Authenticator, createAuthenticator } from '../../src/protocol/authenticator.ts';
import { bundleFromCbor, bundleToCbor, type Cert, type WireBundle } from '../../src/protocol/bundle.ts';
import { toHex } from '../../src/protocol/bytes.ts';
import { type Committee, weightOf } from '../../src/protocol/committee.ts';
import type { Verifier } from '../../src/protocol/ed25519.ts';
import type { FetchAnswer } from '../../src/protocol/fetch.ts';
import type { Digest } from '../../src/protocol/hash.ts';
import { leafSlot } from '../../src/protocol/leaf.ts';
import type { SignedLeaf } from '../../src/protocol/signed-leaf.ts';
import { commitmentOf, type Opening } from '../../src/protocol/validation-result.ts';
import { type Commitment, type Core, decodeCore, type Reveal } from '../../src/protocol/value.ts';
import { boundFaults } from './bounds.ts';

/** Watches what every node says and decides, and names each broken promise. Sees everything, changes nothing. */
export class Checker {
  readonly violations: string[] = [];
  readonly #committee: Committee;
  /** Reads what the network carries; of the nodes. */
  readonly #reader: Authenticator;
  /** Checks certificates; its own, so that it does not share a fault with the nodes. */
  readonly #authenticator: Authenticator;
  readonly #honest: (validator: number) => boolean;
  /** Digest of every leaf under an honest key, by validator and slot. */
  readonly #said = new Map<string, Digest>();
  /** The agreed core of each task. */
  readonly #cores = new Map<Digest, string>();
  /** What each honest validator revealed, by task. */
  readonly #openings = new Map<string, Opening>();
  /** Who signed a list for a task, and who signed one with a certain commitment in it. */
  readonly #closers = new Map<string, Set<number>>();
  readonly #proposers = new Map<Digest, readonly number[]>();
  /** Who signed a vote, by task, type and round; and a proposal, by its value too. */
  readonly #voters = new Map<string, Set<number>>();
  /** True if a task's deadline may have passed where a validator stands. */
  isOver: (validator: number, taskId: Digest) => boolean = () => false;
  leaves = 0;
  decisions = 0;
  outcomes: Record<string, number> = {};

  constructor(
    committee: Committee,
    verifiers: Verifier[],
    reader: Authenticator,
    honest: (validator: number) => boolean,
  ) {
    this.#committee = committee;
    this.#authenticator = createAuthenticator(committee, verifiers);
    this.#reader = reader;
    this.#honest = honest;
  }

  /** A frame left a node; whoever sent it, what counts is whose signatures are in it. */
  sent(frame: Uint8Array): void {
    const { batch, bundles } = this.#reader.readFrame(frame);
    for (const bundle of bundles) for (const vote of this.#votesIn(bundle)) this.#noteLeaf(vote);
    if (batch === null) return;
    this.leaves += batch.leaves.length;
    for (const signed of orNothing(() => this.#reader.openBatch(batch).leaves)) this.#noteLeaf(signed);
  }

  /** A faulty node answered a request: it may have said to one peer what it told nobody else. */
  answered(answer: FetchAnswer): void {
    if (answer.kind !== 'leaves') return;
    for (const leaf of answer.leaves) this.#noteLeaf(leaf);
    for (const bundle of answer.bundles)
      for (const vote of this.#votesIn(bundleFromCbor(bundleToCbor(bundle)))) this.#noteLeaf(vote);
  }

  #votesIn(bundle: WireBundle): readonly SignedLeaf[] {
    return orNothing(() => this.#reader.openBundle(bundle).votes);
  }

  #noteLeaf(signed: SignedLeaf): void {
    const { signer, leaf, digest } = signed;
    const { taskId } = leaf;
    const key = `${signer}/${taskId}/${leafSlot(leaf)}`;
    const before = this.#said.get(key);
    if (this.#honest(signer) && before !== digest) {
      if (before !== undefined) this.violations.push(`validator ${signer} contradicted itself at ${key}`);
      this.#said.set(key, digest);
      this.#checkTiming(signed);
    }
    if (leaf.type === 'CLOSE') {
      note(this.#closers, taskId, signer);
      for (const { index, commitment } of signed.attachment as readonly Commitment[])
        note(this.#closers, `${taskId}/${index}:${commitment}`, signer);
    }
    if (leaf.type === 'PROPOSAL' && signer === this.#proposerOf(taskId, leaf.round))
      note(this.#voters, `${taskId}/PROPOSAL/${leaf.round}/${leaf.valueId}`, signer);
    if (leaf.type === 'PREVOTE' || leaf.type === 'PRECOMMIT')
      note(this.#voters, `${taskId}/${leaf.type}/${leaf.round}`, signer);
  }

  /** What must have been said by anybody before an honest validator says this. */
  #checkTiming({ signer, leaf, attachment }: SignedLeaf): void {
    const { taskId } = leaf;
    if (leaf.type === 'REVEAL') this.#noteReveal(signer, taskId, leaf.opening);
    if (leaf.type === 'CLOSE' && this.#closersWeight(taskId) < this.#committee.quorum) {
      const listed = (attachment as readonly Commitment[]).map(({ index }) => index);
      if (weightOf(this.#committee, listed) < this.#committee.quorum && !this.isOver(signer, taskId))
        this.violations.push(`validator ${signer} closed ${taskId} with less than a quorum of commitments`);
    }
    if (leaf.type === 'PREVOTE' && leaf.valueId !== null) {
      if (!this.#voters.has(`${taskId}/PROPOSAL/${leaf.round}/${leaf.valueId}`))
        this.violations.push(`validator ${signer} prevoted what the proposer of round ${leaf.round} never proposed`);
    }
    if ('round' in leaf && leaf.round > 0 && !this.#roundWasReached(taskId, leaf.round))
      this.violations.push(`validator ${signer} is in round ${leaf.round} of ${taskId}, which nothing led to`);
  }

  #proposerOf(taskId: Digest, round: number): number {
    const order = this.#proposers.get(taskId) ?? createInstance(this.#committee, taskId, null).proposers;
    this.#proposers.set(taskId, order);
    return order[round % order.length]!;
  }

  #roundWasReached(taskId: Digest, round: number): boolean {
    const of = (type: string, number: number) => this.#voters.get(`${taskId}/${type}/${number}`) ?? new Set<number>();
    const ended = weightOf(this.#committee, of('PRECOMMIT', round - 1)) >= this.#committee.quorum;
    const there = weightOf(this.#committee, of('PREVOTE', round).union(of('PRECOMMIT', round)));
    return ended || there > this.#committee.faulty;
  }

  #closersWeight(what: string): number {
    return weightOf(this.#committee, this.#closers.get(what) ?? []);
  }

  #noteReveal(signer: number, taskId: Digest, opening: Opening): void {
    this.#openings.set(`${signer}/${taskId}`, opening);
    if (this.#closersWeight(taskId) < this.#committee.quorum)
      this.violations.push(`validator ${signer} revealed before a quorum had closed ${taskId}`);
    if (!this.#closers.get(taskId)?.has(signer)) this.violations.push(`validator ${signer} revealed before it closed`);
  }

  /** A model is asked. */
  judged(validator: number, taskId: Digest): void {
    if (this.#honest(validator) && this.#said.has(`${validator}/${taskId}/COMMIT/0`))
      this.violations.push(`validator ${validator} asked its model again for ${taskId}`);
  }

  /** An honest node decided, durably. */
  decided(node: string, cert: Cert): void {
    this.decisions += 1;
    const core = toHex(cert.coreBytes);
    const agreed = this.#cores.get(cert.taskId);
    if (agreed !== undefined && agreed !== core)
      this.violations.push(`${node} decided another core for ${cert.taskId}`);
    this.#checkCertificate(node, cert);
    if (agreed === undefined) this.#checkCore(cert.taskId, decodeCore(cert.coreBytes));
    this.#cores.set(cert.taskId, core);
  }

  #checkCertificate(node: string, cert: Cert): void {
    try {
      this.#authenticator.openBundle(bundleFromCbor(bundleToCbor(cert)));
    } catch (error) {
      this.violations.push(`${node} holds a certificate that does not verify: ${(error as Error).message}`);
    }
  }

  #checkCore(taskId: Digest, core: Core): void {
    this.outcomes[core.outcome] = (this.outcomes[core.outcome] ?? 0) + 1;
    const fault = core.taskId === taskId ? coreFault(this.#committee, core) : 'it is of another task';
    if (fault !== undefined) this.violations.push(`core of ${taskId}: ${fault}`);
    for (const reveal of core.reveals) this.#checkReveal(taskId, reveal);
    this.#checkHonestRange(taskId, core);
  }

  #checkReveal(taskId: Digest, { index, result, salt }: Reveal): void {
    const own = this.#openings.get(`${index}/${taskId}`);
    if (this.#honest(index) && (own?.salt !== salt || JSON.stringify(own.result) !== JSON.stringify(result)))
      this.violations.push(`core of ${taskId} has a result that validator ${index} never revealed`);
    const { publicKey } = this.#committee.validators[index]!;
    const commitment = commitmentOf(taskId, publicKey, { result, salt });
    if (this.#closersWeight(`${taskId}/${index}:${commitment}`) < this.#committee.quorum)
      this.violations.push(`core of ${taskId} has a result of validator ${index} that no quorum had listed`);
    for (const other of this.#committee.validators.keys()) {
      if (other !== index && this.#openings.get(`${other}/${taskId}`)?.salt === salt)
        this.violations.push(`core of ${taskId} counts a result that validator ${index} copied`);
    }
  }

  /** With Tw > 2/3 the faulty weigh under half of a winning side, so its median lies within the honest results. */
  #checkHonestRange(taskId: Digest, core: Core): void {
    if (core.outcome !== 'APPROVED' && core.outcome !== 'REJECTED') return;
    const vote = core.outcome === 'APPROVED' ? 'approve' : 'reject';
    const honest = core.reveals
      .filter(({ index, result }) => this.#honest(index) && result.vote === vote)
      .map(({ result }) => result.confidencePpm);
    if (core.confidencePpm < Math.min(...honest) || core.confidencePpm > Math.max(...honest)) {
      this.violations.push(`confidence of ${taskId} is outside the honest range`);
    }
  }

  /** Now and then: what a node holds is bounded, whatever others send. */
  watch(node: string, engine: Engine): void {
    for (const fault of boundFaults(this.#committee, engine)) this.violations.push(`${node}: ${fault}`);
  }

  /** Where nothing went wrong and the honest are of one mind and weight enough, the outcome is theirs. */
  agreedBy(vote: 'approve' | 'reject'): void {
    const honest = [...this.#committee.validators.keys()].filter((index) => this.#honest(index));
    if (weightOf(this.#committee, honest) < this.#committee.threshold) return;
    const expected = vote === 'approve' ? 'APPROVED' : 'REJECTED';
    for (const outcome of Object.keys(this.outcomes).filter((name) => name !== expected))
      this.violations.push(`${outcome}, though every honest validator said ${vote}`);
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

function note(map: Map<string, Set<number>>, key: string, member: number): void {
  const members = map.get(key) ?? new Set();
  map.set(key, members.add(member));
}

/** A batch that nobody signed as it says is the nodes' to refuse. */
function orNothing(read: () => readonly SignedLeaf[]): readonly SignedLeaf[] {
  try {
    return read();
  } catch {
    return [];
  }
}
