import { freshValue } from '../../src/consensus/valuation.ts';
import { signBatch } from '../../src/protocol/batch.ts';
import type { Bundle, BundleKind, WireBundle } from '../../src/protocol/bundle.ts';
import type { FetchAnswer, FetchRequest } from '../../src/protocol/fetch.ts';
import { encodeFrame, type WireFrame } from '../../src/protocol/frame.ts';
import type { Digest } from '../../src/protocol/hash.ts';
import { decodeLeaf, encodeLeaf, type Leaf, type VoteLeaf } from '../../src/protocol/leaf.ts';
import { leafDigest } from '../../src/protocol/merkle.ts';
import type { SignedLeaf } from '../../src/protocol/signed-leaf.ts';
import { encodeCore, valueIdOf } from '../../src/protocol/value.ts';
import type { Actor } from './actor.ts';

/** Bundles with too little behind them, leaves in other names, answers to other questions: all of it must be refused. */

/** Replays of one kind in one run. */
const REPLAYS = 12;
/** Frames that one validator keeps to say again. */
const FRAMES_KEPT = 20;
/** Whole frames said again in one run. */
const FRAMES_AGAIN = 60;
/** How a bundle pretends to a quorum: by one vote, by one vote many times, by one signature in many names. */
const PRETENCES = ['few', 'double', 'names'] as const;

/** Sees a frame, and says some of it again where it does not belong. */
export function replay(actor: Actor, frame: WireFrame, bytes: Uint8Array): void {
  const { random } = actor;
  // Announcements above all: a task that was decided long ago must not be opened again.
  if (frame.announcements.length > 0) actor.memory.unshift(bytes);
  else if (random.chance(0.1)) actor.memory.push(bytes);
  actor.memory.length = Math.min(actor.memory.length, FRAMES_KEPT);
  if (actor.memory.length > 0 && random.chance(0.1) && actor.once('replay/whole', FRAMES_AGAIN))
    actor.sendFrame(random.chance(0.5) ? actor.memory[0]! : random.pick(actor.memory));
  for (const bundle of frame.bundles) {
    if (random.chance(0.3) && actor.once('replay/bundle', REPLAYS)) sendBundle(actor, misplaced(actor, bundle));
  }
  if (frame.batch === null || !random.chance(0.2) || !actor.once('replay/leaf', REPLAYS)) return;
  const { leaves } = actor.authenticator.openBatch(frame.batch);
  if (leaves.length === 0) return; // none of them could be read
  const { leaf, attachment, signer } = random.pick(leaves);
  actor.say([{ leaf, attachment }]);
  actor.say([{ leaf: { ...leaf, taskId: otherTask(actor, leaf.taskId) }, attachment }]);
  if ('round' in leaf) {
    const later = { ...leaf, round: leaf.round + 1 };
    actor.say([{ leaf: later, attachment }]);
    actor.forge([{ leaf: later, attachment }], signer);
  }
}

/** Tells of certificates that nobody gave, on its own accord. */
export function lieAbout(actor: Actor, frame: WireFrame): void {
  if (frame.batch === null || !actor.random.chance(0.1) || !actor.once('lie/bundle', REPLAYS)) return;
  const { leaves } = actor.authenticator.openBatch(frame.batch);
  const forged = leaves.length === 0 ? undefined : forgedBundle(actor, leaves[0]!.leaf.taskId);
  if (forged !== undefined) sendBundle(actor, forged);
}

/** Answers with what was not asked for, was not said, or is not so. */
export function lie(actor: Actor, request: FetchRequest, honest: FetchAnswer): FetchAnswer {
  if (actor.random.chance(0.3)) return honest;
  switch (honest.kind) {
    case 'task':
      return { ...honest, taskBytes: junk(actor) };
    case 'reports':
      return { ...honest, reports: actor.random.chance(0.2) ? [] : honest.reports.map(() => junk(actor)) };
    case 'result':
      return { kind: 'result', cert: forgedBundle(actor, (request as { taskId: Digest }).taskId) ?? honest.cert };
    case 'results':
      return { ...honest, next: honest.next + 1_000, taskIds: [hexOf(junk(actor)), ...honest.taskIds] };
    case 'open':
      return { kind: 'open', taskIds: [hexOf(junk(actor)), ...honest.taskIds] };
    case 'leaves': {
      const forged = forgedBundle(actor, (request as { taskId: Digest }).taskId);
      const renamed = honest.leaves.map((leaf) => inOtherName(actor, leaf));
      return { kind: 'leaves', leaves: renamed, bundles: forged === undefined ? [] : [forged] };
    }
    default:
      return honest;
  }
}

function inOtherName(actor: Actor, leaf: SignedLeaf): SignedLeaf {
  const validatorIndex = actor.random.integer(0, actor.committee.validators.length - 1);
  return { ...leaf, proof: () => ({ ...leaf.proof(), validatorIndex }) };
}

/** A polka, certificate or round certificate for a value of the forger's choice, with one real vote behind it: its own. */
function forgedBundle(actor: Actor, taskId: Digest): Bundle | undefined {
  const { random, committee } = actor;
  const instance = actor.engine?.openTasks.get(taskId)?.instance;
  if (instance === undefined) return undefined;
  const value = freshValue({ ...instance, reveals: new Map([...instance.reveals].filter(() => random.chance(0.5))) });
  const coreBytes = encodeCore(value.core);
  const valueId = valueIdOf(coreBytes);
  const kind = random.pick<BundleKind>(['POLKA', 'CERT', 'ROUNDCERT']);
  const round = kind === 'ROUNDCERT' ? instance.round + random.integer(1, 40) : Math.max(0, instance.round);
  const leaf: VoteLeaf =
    kind === 'POLKA'
      ? { type: 'PREVOTE', taskId, round, valueId, validRound: -1 }
      : { type: 'PRECOMMIT', taskId, round, valueId };
  const names = pretended(random.pick(PRETENCES), actor.index, committee.validators.length);
  return { kind, taskId, votes: votesIn(actor, leaf, names), coreBytes } as Bundle;
}

function pretended(pretence: (typeof PRETENCES)[number], self: number, validators: number): number[] {
  if (pretence === 'few') return [self];
  return Array.from({ length: validators }, (_, index) => (pretence === 'double' ? self : index));
}

function votesIn(actor: Actor, leaf: Leaf, names: readonly number[]): SignedLeaf[] {
  const bytes = encodeLeaf(leaf);
  const batch = signBatch(actor.committee.configDigest, actor.index, [bytes], actor.signer);
  return names.map((signer) => {
    const proof = () => ({ ...batch.proof(0), validatorIndex: signer });
    return { leaf, attachment: null, signer, bytes, digest: leafDigest(bytes), proof } as SignedLeaf;
  });
}

/** A true bundle under another task's id. */
function misplaced(actor: Actor, { kind, taskId, groups, coreBytes }: WireBundle): Bundle {
  const votes = groups.flatMap(({ leafBytes, proofs }) =>
    proofs.map((proof) => {
      const digest = leafDigest(leafBytes);
      const leaf = decodeLeaf(leafBytes);
      return { leaf, attachment: null, signer: proof.validatorIndex, bytes: leafBytes, digest, proof: () => proof };
    }),
  );
  return { kind, taskId: otherTask(actor, taskId), votes, coreBytes } as unknown as Bundle;
}

/** Another open task, if there is one. */
function otherTask(actor: Actor, taskId: Digest): Digest {
  const others = [...(actor.engine?.openTasks.keys() ?? [])].filter((id) => id !== taskId);
  return others.length === 0 ? taskId : actor.random.pick(others);
}

function sendBundle(actor: Actor, bundle: Bundle): void {
  actor.sendFrame(encodeFrame({ bundles: [bundle] }, actor.nextNonce()));
}

function junk(actor: Actor): Uint8Array {
  return actor.random.bytes(32);
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
