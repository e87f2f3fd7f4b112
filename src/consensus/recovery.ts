import type { Bundle } from '../protocol/bundle.ts';
import type { Committee } from '../protocol/committee.ts';
import type { Digest } from '../protocol/hash.ts';
import { type LeafBody, leafSlot } from '../protocol/leaf.ts';
import { type Attachment, asAuthentic } from '../protocol/signed-leaf.ts';
import { commitmentOf } from '../protocol/validation-result.ts';
import { commitmentSetDigest } from '../protocol/value.ts';
import { acceptBundle, acceptLeaf } from './intake.ts';
import { createInstance, type Instance, type JournalRecord, ownLeaf, type Step, type ValidValue } from './state.ts';
import { holdValue } from './valuation.ts';

/**
 * R28: the instance as far as its own records tell, to be started like a new one. What others said comes again by
 * their repeats; what I said stands in `own` in the very bytes, and is never decided anew.
 * @param records in the order in which they were journaled; leaves and bundles of others in them were checked
 */
export function recover(
  committee: Committee,
  taskId: Digest,
  self: number | null,
  records: readonly JournalRecord[],
): Instance {
  const instance = createInstance(committee, taskId, self);
  for (const record of records) applyRecord(instance, record);
  return instance;
}

function applyRecord(instance: Instance, record: JournalRecord): void {
  switch (record.kind) {
    case 'judged': {
      instance.opening = record.opening;
      const { publicKey } = instance.committee.validators[instance.self!]!;
      return restate(instance, {
        type: 'COMMIT',
        commitment: commitmentOf(instance.taskId, publicKey, record.opening),
      });
    }
    case 'closed':
      return restate(instance, { type: 'CLOSE', set: commitmentSetDigest(record.set) }, record.set);
    case 'grounds':
      for (const leaf of record.leaves) acceptLeaf(instance, asAuthentic(leaf), []);
      return;
    case 'proposed':
      holdValue(instance, record.value);
      restate(instance, record.leaf, record.value);
      return reach(instance, record.leaf.round, 'propose');
    case 'prevoted':
      restate(instance, record.leaf);
      return reach(instance, record.leaf.round, 'prevote');
    case 'precommitted':
      restate(instance, record.leaf);
      if (record.lock !== null) {
        instance.lock = record.lock;
        learnValid(instance, record.lock);
      }
      return reach(instance, record.leaf.round, 'precommit');
    case 'valid':
      return learnValid(instance, record.valid);
    case 'round':
      instance.roundCert = record.roundCert;
      return learn(instance, record.roundCert); // the guards go to its round from here
  }
}

function restate(instance: Instance, body: LeafBody, attachment: Attachment = null): void {
  const own = ownLeaf(instance, body, attachment);
  instance.own.set(leafSlot(own.leaf), own);
}

/** The step is that of my last vote in the last round in which I said something. */
function reach(instance: Instance, round: number, step: Step): void {
  if (round < instance.round) return;
  if (round === instance.round && step === 'propose') return;
  instance.round = round;
  instance.step = step;
}

/** A lock or a valid value without its polka could neither be proposed nor explained: both come back together. */
function learnValid(instance: Instance, valid: ValidValue): void {
  if (valid.round > (instance.valid?.round ?? -1)) instance.valid = valid;
  holdValue(instance, valid.value);
  learn(instance, valid.polka);
}

function learn(instance: Instance, bundle: Bundle): void {
  acceptBundle(instance, asAuthentic(bundle), []); // evidence in it was told when it first came
}
