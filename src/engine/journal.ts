import type { JournalRecord, ValidValue } from '../consensus/state.ts';
import type { Authenticator } from '../protocol/authenticator.ts';
import { type Bundle, type BundleKind, bundleFromCbor, bundleToCbor } from '../protocol/bundle.ts';
import { type CborValue, decodeCanonical, encodeCanonical } from '../protocol/cbor.ts';
import { ProtocolError } from '../protocol/errors.ts';
import { arrayOf, booleanOf, bytesOf, digestOf, integerOf, listOf, wordOf } from '../protocol/fields.ts';
import { provenLeafFromCbor, provenLeafToCbor } from '../protocol/frame.ts';
import { type Digest, digestBytes } from '../protocol/hash.ts';
import { decodeLeaf, encodeLeaf, type LeafOf, type LeafType } from '../protocol/leaf.ts';
import { GOSSIP_BYTES_MAX, LEAF_BYTES_MAX, ROUND_MAX, VALIDATORS_MAX } from '../protocol/limits.ts';
import { isLeaf, type SignedLeaf } from '../protocol/signed-leaf.ts';
import { openingFromCbor, openingToCbor } from '../protocol/validation-result.ts';
import { commitmentSetFromCbor, commitmentSetToCbor, decodeValue, encodeValue } from '../protocol/value.ts';

const JOURNAL_TAG = 'pheme/journal/1';

/** A task was taken in; its body stands in the table of tasks. */
export interface OpenedRecord {
  readonly kind: 'opened';
  readonly firstSeenMs: number;
  /** R29: false if the task is only followed; so it stays after a restart. */
  readonly maySign: boolean;
}

/** R28: a task was given up undecided: nothing is ever signed for it again. */
export interface GivenUpRecord {
  readonly kind: 'given up';
}

export type EngineRecord = JournalRecord | OpenedRecord | GivenUpRecord;

/** One record and its task, in the order of the tick. */
export interface TaskRecord {
  taskId: Digest;
  record: EngineRecord;
}

/** Record kinds; the position is the stored code: append only. */
const KINDS = [
  'opened',
  'judged',
  'closed',
  'proposed',
  'prevoted',
  'precommitted',
  'valid',
  'round',
  'given up',
  'grounds',
] as const;
const RECORDS_MAX = 1_000_000;

/** R27: the records of one tick, as one value. */
export function encodeRecords(records: readonly TaskRecord[]): Uint8Array {
  const items = records.map(({ taskId, record }) => [
    digestBytes(taskId),
    KINDS.indexOf(record.kind),
    payloadOf(record),
  ]);
  return encodeCanonical([JOURNAL_TAG, items]);
}

function payloadOf(record: EngineRecord): CborValue {
  switch (record.kind) {
    case 'opened':
      return [record.firstSeenMs, record.maySign];
    case 'given up':
      return null;
    case 'judged':
      return openingToCbor(record.opening);
    case 'closed':
      return commitmentSetToCbor(record.set);
    case 'grounds':
      return record.leaves.map(provenLeafToCbor);
    case 'proposed':
      return [encodeLeaf(record.leaf), encodeValue(record.value)];
    case 'prevoted':
      return encodeLeaf(record.leaf);
    case 'precommitted':
      return [encodeLeaf(record.leaf), record.lock === null ? null : validToCbor(record.lock)];
    case 'valid':
      return validToCbor(record.valid);
    case 'round':
      return bundleToCbor(record.roundCert);
  }
}

function validToCbor({ round, value, polka }: ValidValue): CborValue {
  return [round, encodeValue(value), bundleToCbor(polka)];
}

/**
 * Reads one journal entry back; leaves and bundles of others are checked like anybody's.
 * @throws ProtocolError
 */
export function decodeRecords(bytes: Uint8Array, authenticator: Authenticator): TaskRecord[] {
  const [tag, items] = arrayOf(decodeCanonical(bytes), 'journal entry', 2);
  if (tag !== JOURNAL_TAG) throw new ProtocolError(`a journal entry must begin with ${JOURNAL_TAG}`);
  return listOf(items, 'records', RECORDS_MAX, (item) => {
    const [taskId, code, payload] = arrayOf(item, 'record', 3);
    return {
      taskId: digestOf(taskId, 'taskId'),
      record: recordFromCbor(wordOf(code, 'record', KINDS), payload!, authenticator),
    };
  });
}

function recordFromCbor(kind: EngineRecord['kind'], payload: CborValue, authenticator: Authenticator): EngineRecord {
  const pair = () => arrayOf(payload, kind, 2);
  switch (kind) {
    case 'opened':
      return {
        kind,
        firstSeenMs: integerOf(pair()[0], 'firstSeen', 0, Number.MAX_SAFE_INTEGER),
        maySign: booleanOf(pair()[1], 'maySign'),
      };
    case 'given up':
      return { kind };
    case 'judged':
      return { kind, opening: openingFromCbor(payload) };
    case 'closed':
      return { kind, set: commitmentSetFromCbor(payload) };
    case 'grounds':
      return { kind, leaves: listOf(payload, kind, VALIDATORS_MAX, (item) => heardFrom(item, authenticator)) };
    case 'proposed':
      return { kind, leaf: leafFrom(pair()[0], 'PROPOSAL'), value: valueFrom(pair()[1]) };
    case 'prevoted':
      return { kind, leaf: leafFrom(payload, 'PREVOTE') };
    case 'precommitted': {
      const [leaf, lock] = pair();
      return { kind, leaf: leafFrom(leaf, 'PRECOMMIT'), lock: lock === null ? null : validFrom(lock, authenticator) };
    }
    case 'valid':
      return { kind, valid: validFrom(payload, authenticator) };
    case 'round':
      return { kind, roundCert: bundleFrom(payload, 'ROUNDCERT', authenticator) };
  }
}

function leafFrom<Type extends LeafType>(value: CborValue | undefined, type: Type): LeafOf<Type> {
  const leaf = decodeLeaf(bytesOf(value, 'leaf', LEAF_BYTES_MAX));
  if (leaf.type !== type) throw new ProtocolError(`expected a ${type} in the journal`);
  return leaf as LeafOf<Type>;
}

function heardFrom(value: CborValue, authenticator: Authenticator): SignedLeaf {
  const heard = authenticator.openLeaf(provenLeafFromCbor(value));
  if (isLeaf(heard, 'COMMIT') || isLeaf(heard, 'CLOSE')) return heard;
  throw new ProtocolError('expected a COMMIT or a CLOSE in the journal');
}

function valueFrom(value: CborValue | undefined) {
  return decodeValue(bytesOf(value, 'value', GOSSIP_BYTES_MAX));
}

function validFrom(value: CborValue | undefined, authenticator: Authenticator): ValidValue {
  const [round, valueBytes, polka] = arrayOf(value, 'valid value', 3);
  return {
    round: integerOf(round, 'round', 0, ROUND_MAX),
    value: valueFrom(valueBytes),
    polka: bundleFrom(polka, 'POLKA', authenticator),
  };
}

function bundleFrom<Kind extends BundleKind>(value: CborValue | undefined, kind: Kind, authenticator: Authenticator) {
  const bundle = authenticator.openBundle(bundleFromCbor(value!));
  if (bundle.kind !== kind) throw new ProtocolError(`expected a ${kind} in the journal`);
  return bundle as Bundle as Extract<Bundle, { kind: Kind }>;
}
