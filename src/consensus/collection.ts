import { type LeafBody, leafSlot } from '../protocol/leaf.ts';
import type { Attachment, SignedLeaf } from '../protocol/signed-leaf.ts';
import { commitmentOf, type Opening } from '../protocol/validation-result.ts';
import { type Aggregate, commitmentSetDigest, type Reveal } from '../protocol/value.ts';
import { aggregate } from './aggregate.ts';
import { type CollectionTimer, type Effect, type Instance, type JournalRecord, maySign, ownLeaf } from './state.ts';

/** Commit, close, reveal: how a set of results comes together that nobody could copy from another. */

/**
 * R2, R27: states something once: the record first, then the leaf. A second, different leaf for a slot is a
 * fault of this program, and stops the instance before anything is signed.
 */
export function state(
  instance: Instance,
  body: LeafBody,
  attachment: Attachment,
  record: JournalRecord,
  effects: Effect[],
): void {
  const own = ownLeaf(instance, body, attachment);
  const slot = leafSlot(own.leaf);
  if (!maySign(instance) || instance.own.has(slot))
    throw new Error(`${slot} of task ${instance.taskId} must not be signed again`);
  instance.own.set(slot, own);
  effects.push({ kind: 'record', record }, { kind: 'state', own });
}

/** Arms a timer that belongs to the collection, once. */
export function arm(instance: Instance, name: CollectionTimer, delayMs: number, effects: Effect[]): void {
  if (instance.armed.has(name)) return;
  instance.armed.add(name);
  effects.push({ kind: 'timer', timer: { name }, delayMs });
}

/** R3: the judgement becomes durable with its salt, and a commitment to it is sent. Once; too late after an own CLOSE. */
export function commit(instance: Instance, opening: Opening, effects: Effect[]): void {
  if (!maySign(instance) || instance.own.has('COMMIT/0') || instance.own.has('CLOSE/0')) return;
  const { publicKey } = instance.committee.validators[instance.self!]!;
  instance.opening = opening;
  const commitment = commitmentOf(instance.taskId, publicKey, opening);
  state(instance, { type: 'COMMIT', commitment }, null, { kind: 'judged', opening }, effects);
}

/** R4: closes the list of commitments, once and for good. */
export function close(instance: Instance, effects: Effect[]): boolean {
  const { committee, committedWeight } = instance;
  const enough = committedWeight >= Math.max(committee.quorum, committee.threshold);
  if (enough) arm(instance, 'grace', committee.rules.timers.graceMs, effects);
  const due =
    committedWeight === committee.totalWeight ||
    (enough && instance.fired.has('grace')) ||
    (instance.fired.has('observe') && committedWeight >= committee.quorum) ||
    instance.fired.has('deadline') ||
    instance.closedWeight >= committee.quorum;
  if (!due || !maySign(instance) || instance.own.has('CLOSE/0')) return false;
  const set = [...instance.commits.values()]
    .map((leaf) => ({ index: leaf.signer, commitment: leaf.leaf.commitment }))
    .sort((a, b) => a.index - b.index);
  if (!instance.own.has('COMMIT/0'))
    effects.push({ kind: 'record', record: { kind: 'grounds', leaves: grounds(instance) } });
  state(instance, { type: 'CLOSE', set: commitmentSetDigest(set) }, set, { kind: 'closed', set }, effects);
  return true;
}

/** What lets anybody close who holds it: who closes and will never commit must be able to show it, restarted or not. */
function grounds({ committee, closedWeight, closes, commits }: Instance): SignedLeaf[] {
  return [...(closedWeight >= committee.quorum ? closes : commits).values()];
}

/**
 * R5: reveals after a quorum of lists is fixed, so that a commitment copied from now on reaches no quorum of them.
 * The record was written with the COMMIT, so none is needed here.
 */
export function reveal(instance: Instance, effects: Effect[]): boolean {
  const { committee, opening } = instance;
  if (instance.closedWeight < committee.quorum) return false;
  arm(instance, 'final', committee.rules.timers.finalMs, effects);
  const due = maySign(instance) && opening !== null && instance.own.has('CLOSE/0') && !instance.own.has('REVEAL/0');
  if (!due) return false;
  const own = ownLeaf(instance, { type: 'REVEAL', opening }, null);
  instance.own.set('REVEAL/0', own);
  effects.push({ kind: 'state', own });
  return true;
}

/** What I hold of the results, and what can still come (R6, R7, R8). */
export interface Collected {
  /** My set: timely reveals, ascending. */
  readonly reveals: readonly Reveal[];
  readonly aggregate: Aggregate;
  /** My set reaches a verdict. */
  readonly conclusive: boolean;
  /** Nothing that may still come can make a verdict. */
  readonly impossible: boolean;
  /** Nothing can come any more. */
  readonly complete: boolean;
}

export function collected(instance: Instance): Collected {
  const { committee } = instance;
  const reveals: Reveal[] = [];
  let openWeight = 0;
  let openCount = 0;
  committee.validators.forEach(({ weight }, index) => {
    const timely = timelyReveal(instance, index);
    if (timely !== undefined) reveals.push(timely);
    else if (!isOut(instance, index)) {
      openWeight += weight;
      openCount += 1;
    }
  });
  const result = aggregate(committee, reveals);
  const { approveWeight, rejectWeight, results } = result.tallies;
  const tooLittle = approveWeight + openWeight < committee.threshold && rejectWeight + openWeight < committee.threshold;
  return {
    reveals,
    aggregate: result,
    conclusive: result.outcome === 'APPROVED' || result.outcome === 'REJECTED',
    impossible: tooLittle || results + openCount < committee.rules.requiredValidators,
    complete: openCount === 0,
  };
}

/** R6: a reveal counts only if the commitment that it opens is in CLOSE lists of weight Q. */
function timelyReveal(instance: Instance, index: number): Reveal | undefined {
  const held = instance.reveals.get(index)?.find(({ commitment }) => {
    return (instance.listedWeight.get(`${index}:${commitment}`) ?? 0) >= instance.committee.quorum;
  });
  return held === undefined ? undefined : { index, ...held.leaf.leaf.opening };
}

/** R7: out, once lists of weight F+1 lack it: only closers that sign two lists could still bring it to a quorum. */
function isOut(instance: Instance, index: number): boolean {
  return instance.closedWeight - (instance.namedWeight.get(index) ?? 0) > instance.committee.faulty;
}

/** R13: it is time to propose. */
export function readyToPropose(instance: Instance, effects: Effect[]): boolean {
  if (instance.closedWeight < instance.committee.quorum) return false; // no reveal can be timely yet
  const { conclusive, impossible, complete } = collected(instance);
  if (conclusive) arm(instance, 'revealGrace', instance.committee.rules.timers.revealGraceMs, effects);
  return complete || impossible || instance.fired.has('final') || (conclusive && instance.fired.has('revealGrace'));
}
