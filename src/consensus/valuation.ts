import { equalBytes } from '../protocol/bytes.ts';
import { encodeLeaf } from '../protocol/leaf.ts';
import { leafDigest } from '../protocol/merkle.ts';
import type { SignedLeaf } from '../protocol/signed-leaf.ts';
import { commitmentOf } from '../protocol/validation-result.ts';
import {
  type CloseRef,
  type Commitment,
  type Core,
  closesDigestOf,
  encodeCore,
  type Reveal,
  type Value,
  valueIdOf,
} from '../protocol/value.ts';
import { aggregate } from './aggregate.ts';
import { collected } from './collection.ts';
import { type HeldValue, type Instance, weightOfValidator, witnessKey } from './state.ts';

/** Rounds in which a proposer is expected to include the verdict that I can see; later ones may be past hearing it. */
const INSIST_ROUNDS = 3;

/** A CLOSE with the list that it signs. */
interface ClosedList {
  index: number;
  set: CloseRef['set'];
  list: readonly Commitment[];
}

/** R10: the value of what I hold: my set, under all CLOSEs held. */
export function freshValue(instance: Instance): Value {
  const lists = [...instance.closes.values()]
    .map((close) => ({ index: close.signer, set: close.leaf.set, list: close.attachment }))
    .sort((a, b) => a.index - b.index);
  const closes = lists.map(({ index, set }) => ({ index, set }));
  return { core: buildCore(instance, collected(instance).reveals, lists), closes };
}

/** R10: the core that follows from reveals and lists; a pure function, recomputed by everybody who checks it. */
function buildCore(instance: Instance, reveals: readonly Reveal[], lists: readonly ClosedList[]): Core {
  const { networkId, configDigest, validators, quorum } = instance.committee;
  const listed = listedWeights(instance, lists);
  const revealed = new Set(reveals.map(({ index }) => index));
  const timely = new Set(
    [...listed].filter(([, weight]) => weight >= quorum).map(([key]) => Number(key.split(':')[0])),
  );
  const unrevealed = validators.map((_, index) => index).filter((index) => timely.has(index) && !revealed.has(index));
  const closesDigest = closesDigestOf(lists.map(({ index, set }) => ({ index, set })));
  const { taskId, committee } = instance;
  return { networkId, configDigest, taskId, ...aggregate(committee, reveals), reveals, unrevealed, closesDigest };
}

/** Weight of the closers behind each `index:commitment`. */
function listedWeights(instance: Instance, lists: readonly ClosedList[]): Map<string, number> {
  const listed = new Map<string, number>();
  for (const { index: closer, list } of lists) {
    for (const { index, commitment } of list) {
      const key = `${index}:${commitment}`;
      listed.set(key, (listed.get(key) ?? 0) + weightOfValidator(instance, closer));
    }
  }
  return listed;
}

/** Keeps a proposed value under its computed id, and finds out which of its witnesses are missing. */
export function holdValue(instance: Instance, value: Value): HeldValue {
  const coreBytes = encodeCore(value.core);
  const id = valueIdOf(coreBytes);
  const known = instance.values.get(id);
  if (known !== undefined) return known;
  const closeKeys = value.closes.map((close) => closeKeyOf(instance, close));
  const revealKeys = value.core.reveals.map((reveal) => revealKeyOf(instance, reveal));
  const missing = new Set([...closeKeys, ...revealKeys].filter((key) => !instance.witnesses.has(key)));
  const held: HeldValue = { id, value, coreBytes, closeKeys, revealKeys, missing, hardValid: undefined };
  instance.values.set(id, held);
  return held;
}

/** The keys of the leaves that a value rests on; their bytes follow from the value itself. */
function closeKeyOf({ taskId, closes }: Instance, { index, set }: CloseRef): string {
  const close = closes.get(index);
  const digest = close?.leaf.set === set ? close.digest : leafDigest(encodeLeaf({ type: 'CLOSE', taskId, set }));
  return witnessKey(index, digest);
}

function revealKeyOf({ taskId }: Instance, { index, result, salt }: Reveal): string {
  return witnessKey(index, leafDigest(encodeLeaf({ type: 'REVEAL', taskId, opening: { result, salt } })));
}

/** R11: undefined while witnesses are missing; then a pure function of the value, its witnesses and the genesis. */
export function hardValid(instance: Instance, held: HeldValue): boolean | undefined {
  if (held.hardValid === undefined && held.missing.size === 0) held.hardValid = checkValue(instance, held);
  return held.hardValid;
}

function checkValue(instance: Instance, { value, coreBytes, closeKeys, revealKeys }: HeldValue): boolean {
  const { core, closes } = value;
  if (core.reveals.some(({ index }) => index >= instance.committee.validators.length)) return false;
  const lists = closes.map(({ index, set }, at) => ({ index, set, list: listBehind(instance, closeKeys[at]!) }));
  const listed = listedWeights(instance, lists);
  const untimely = core.reveals.some((reveal, at) => {
    const commitment = openedBy(instance, reveal, revealKeys[at]!);
    return (listed.get(`${reveal.index}:${commitment}`) ?? 0) < instance.committee.quorum;
  });
  return !untimely && equalBytes(encodeCore(buildCore(instance, core.reveals, lists)), coreBytes);
}

/** The list of a CLOSE that is known to be held. */
function listBehind(instance: Instance, closeKey: string): readonly Commitment[] {
  return (instance.witnesses.get(closeKey) as SignedLeaf).attachment as readonly Commitment[];
}

/** The commitment that a reveal opens: found out when its leaf came, unless that one was beyond the cap of its slot. */
function openedBy({ taskId, committee, reveals }: Instance, reveal: Reveal, revealKey: string): string {
  const held = reveals.get(reveal.index)?.find(({ leaf }) => witnessKey(leaf.signer, leaf.digest) === revealKey);
  return held?.commitment ?? commitmentOf(taskId, committee.validators[reveal.index]!.publicKey, reveal);
}

/**
 * R12: whether a fresh value may be prevoted. A verdict that is hard-valid may. A value without a verdict only if I
 * see none either, and none can come or the time for it is over; `wait` is no vote yet, not nil.
 */
export function softAccept(instance: Instance, { value }: HeldValue): 'yes' | 'no' | 'wait' {
  const { outcome } = value.core;
  if (outcome === 'APPROVED' || outcome === 'REJECTED') return 'yes';
  const mine = collected(instance);
  if (mine.conclusive && instance.round < INSIST_ROUNDS) return 'no';
  return instance.fired.has('final') || mine.impossible || mine.complete ? 'yes' : 'wait';
}
