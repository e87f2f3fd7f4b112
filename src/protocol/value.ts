import type { CborValue } from './cbor.ts';
import { decodeCanonical, encodeCanonical } from './cbor.ts';
import { ProtocolError } from './errors.ts';
import { arrayOf, bytesOf, digestOf, integerOf, listOf, optional, wordOf } from './fields.ts';
import { type Digest, digestBytes, hash } from './hash.ts';
import { GOSSIP_BYTES_MAX, SECONDS_MAX, TOTAL_WEIGHT_MAX, VALIDATORS_MAX } from './limits.ts';
import { PPM } from './ppm.ts';
import { type Opening, openingFromCbor, openingToCbor } from './validation-result.ts';

/** The version of the agreed core. */
export const CORE_VERSION = 1;

export const OUTCOMES = ['APPROVED', 'REJECTED', 'INCONCLUSIVE', 'EXPIRED'] as const;
/** How a task ends. EXPIRED: too few results; INCONCLUSIVE: no verdict reached its threshold. */
export type Outcome = (typeof OUTCOMES)[number];

export const REASONS = ['split', 'low_confidence', 'missing', 'model_diversity'] as const;
/** Why an outcome is INCONCLUSIVE. */
export type Reason = (typeof REASONS)[number];

/** Weights behind each side, and counts; what an outcome was computed from. */
export interface Tallies {
  approveWeight: number;
  rejectWeight: number;
  /** Weight of abstentions: declared, below minConfidence, or approvals of a part. */
  abstainWeight: number;
  /** Number of validators whose results count (they do not abstain). */
  results: number;
  /** Distinct model families on the winning side; 0 without a winner. */
  families: number;
}

/** What the aggregation of a set of results says. */
export interface Aggregate {
  outcome: Outcome;
  reason: Reason | null;
  confidencePpm: number;
  scorePpm: number | null;
  decidedAtSeconds: number;
  tallies: Tallies;
}

export interface Reveal extends Opening {
  index: number;
}

/** What the network agrees on, byte by byte; every other field of a result follows from it. */
export interface Core extends Aggregate {
  networkId: Digest;
  configDigest: Digest;
  taskId: Digest;
  /** Ascending by validator index. */
  reveals: readonly Reveal[];
  /** Validators whose commitment was timely but whose reveal is not in the value; ascending. */
  unrevealed: readonly number[];
  closesDigest: Digest;
}

/** A closer and the digest of its list of commitments, as its CLOSE signs it. */
export interface CloseRef {
  index: number;
  set: Digest;
}

/** The value of a proposal. Its witnesses (REVEAL and CLOSE leaves) travel apart and enter no digest. */
export interface Value {
  core: Core;
  /** Ascending by validator index. */
  closes: readonly CloseRef[];
}

/** One line of a CLOSE list: a validator and its commitment. */
export interface Commitment {
  index: number;
  commitment: Digest;
}

/** The list that a CLOSE signs, ascending by index. */
export function commitmentSetDigest(set: readonly Commitment[]): Digest {
  return hash('pheme/close/1', commitmentSetToCbor(set));
}

export function commitmentSetToCbor(set: readonly Commitment[]): CborValue {
  return set.map(({ index, commitment }) => [index, digestBytes(commitment)]);
}

/** @throws ProtocolError */
export function commitmentSetFromCbor(value: CborValue | undefined): Commitment[] {
  const set = listOf(value, 'CLOSE list', VALIDATORS_MAX, (item) => {
    const [index, commitment] = arrayOf(item, 'CLOSE entry', 2);
    return { index: indexOf(index), commitment: digestOf(commitment, 'commitment') };
  });
  return ascending(set, (entry) => entry.index, 'CLOSE list');
}

export function closesDigestOf(closes: readonly CloseRef[]): Digest {
  return hash('pheme/closes/1', closesToCbor(closes));
}

function closesToCbor(closes: readonly CloseRef[]): CborValue {
  return closes.map(({ index, set }) => [index, digestBytes(set)]);
}

/** A core is immutable, and its bytes are asked for at every turn: in the journal, in frames, under its id. */
const coreBytesOf = new WeakMap<Core, Uint8Array>();

export function encodeCore(core: Core): Uint8Array {
  let bytes = coreBytesOf.get(core);
  if (bytes === undefined) {
    bytes = encodeCanonical(coreToCbor(core));
    coreBytesOf.set(core, bytes);
  }
  return bytes;
}

function coreToCbor(core: Core): CborValue {
  const { tallies } = core;
  return [
    CORE_VERSION,
    digestBytes(core.networkId),
    digestBytes(core.configDigest),
    digestBytes(core.taskId),
    OUTCOMES.indexOf(core.outcome),
    core.reason === null ? null : REASONS.indexOf(core.reason),
    core.confidencePpm,
    core.scorePpm,
    core.decidedAtSeconds,
    [tallies.approveWeight, tallies.rejectWeight, tallies.abstainWeight, tallies.results, tallies.families],
    core.reveals.map((reveal) => [reveal.index, openingToCbor(reveal)]),
    core.unrevealed,
    digestBytes(core.closesDigest),
  ];
}

/** And the other way: whoever hears of a decision reads the same bytes. */
const coreOfBytes = new WeakMap<Uint8Array, Core>();

/**
 * Bytes that were read once are not read again: nobody may change them.
 * @throws ProtocolError
 */
export function decodeCore(bytes: Uint8Array): Core {
  const known = coreOfBytes.get(bytes);
  if (known !== undefined) return known;
  const core = readCore(bytes);
  coreOfBytes.set(bytes, core);
  coreBytesOf.set(core, bytes); // canonical: it would encode to these again
  return core;
}

function readCore(bytes: Uint8Array): Core {
  const [
    version,
    networkId,
    configDigest,
    taskId,
    outcome,
    reason,
    confidence,
    score,
    decidedAt,
    tallies,
    reveals,
    unrevealed,
    closes,
  ] = arrayOf(decodeCanonical(bytes), 'core', 13);
  integerOf(version, 'core version', CORE_VERSION, CORE_VERSION);
  return {
    networkId: digestOf(networkId, 'networkId'),
    configDigest: digestOf(configDigest, 'configDigest'),
    taskId: digestOf(taskId, 'taskId'),
    outcome: wordOf(outcome, 'outcome', OUTCOMES),
    reason: optional(reason, (code) => wordOf(code, 'reason', REASONS)),
    confidencePpm: integerOf(confidence, 'confidence', 0, PPM),
    scorePpm: optional(score, (ppm) => integerOf(ppm, 'score', 0, PPM)),
    decidedAtSeconds: integerOf(decidedAt, 'decidedAt', 0, SECONDS_MAX),
    tallies: talliesFromCbor(tallies),
    reveals: revealsFromCbor(reveals),
    unrevealed: ascending(listOf(unrevealed, 'unrevealed', VALIDATORS_MAX, indexOf), (index) => index, 'unrevealed'),
    closesDigest: digestOf(closes, 'closesDigest'),
  };
}

function talliesFromCbor(value: CborValue | undefined): Tallies {
  const numbers = arrayOf(value, 'tallies', 5).map((item) => integerOf(item, 'tally', 0, TOTAL_WEIGHT_MAX));
  const [approveWeight, rejectWeight, abstainWeight, results, families] = numbers as [
    number,
    number,
    number,
    number,
    number,
  ];
  return { approveWeight, rejectWeight, abstainWeight, results, families };
}

function revealsFromCbor(value: CborValue | undefined): Reveal[] {
  const reveals = listOf(value, 'reveals', VALIDATORS_MAX, (item) => {
    const [index, opening] = arrayOf(item, 'reveal', 2);
    return { index: indexOf(index), ...openingFromCbor(opening) };
  });
  return ascending(reveals, (reveal) => reveal.index, 'reveals');
}

function indexOf(value: CborValue | undefined): number {
  return integerOf(value, 'validator index', 0, VALIDATORS_MAX - 1);
}

/** Strictly ascending lists have one form and name nobody twice. */
function ascending<T>(items: T[], key: (item: T) => number, what: string): T[] {
  for (let i = 1; i < items.length; i++) {
    if (key(items[i]!) <= key(items[i - 1]!)) throw new ProtocolError(`${what} must be strictly ascending`);
  }
  return items;
}

/** valueId = H(core); always computed from received bytes, never taken from the wire. */
export function valueIdOf(coreBytes: Uint8Array): Digest {
  return hash('pheme/value/1', coreBytes);
}

export function encodeValue(value: Value): Uint8Array {
  return encodeCanonical([encodeCore(value.core), closesToCbor(value.closes)]);
}

/** @throws ProtocolError */
export function decodeValue(bytes: Uint8Array): Value {
  const [core, closes] = arrayOf(decodeCanonical(bytes), 'value', 2);
  const refs = listOf(closes, 'closes', VALIDATORS_MAX, (item) => {
    const [index, set] = arrayOf(item, 'close', 2);
    return { index: indexOf(index), set: digestOf(set, 'close set') };
  });
  const value = {
    core: decodeCore(bytesOf(core, 'core', GOSSIP_BYTES_MAX)),
    closes: ascending(refs, (ref) => ref.index, 'closes'),
  };
  // R10: otherwise junk could be held under an honest value's id, and stand in its way for good.
  if (closesDigestOf(value.closes) !== value.core.closesDigest) throw new ProtocolError('closes are of another value');
  return value;
}
