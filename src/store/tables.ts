import type { JournalEntry, PrunedTask, StoredEvidence, StoredResult, StoredTask } from '../engine/ports.ts';
import { concatBytes, fromHex, toHex } from '../protocol/bytes.ts';
import { ProtocolError } from '../protocol/errors.ts';
import type { Digest } from '../protocol/hash.ts';
import type { Backend } from './backend.ts';
import type { DamageLog } from './damage-log.ts';
import { type Codec, Table } from './table.ts';

/**
 * Every table of the database. Keys and values are fixed fields in big-endian order with at most one
 * open end; what changes here raises SCHEMA_VERSION.
 */

const DIGEST_BYTES = 32;
const NUMBER_BYTES = 8;

type EvidenceKey = Pick<StoredEvidence, 'taskId' | 'validatorIndex' | 'slot'>;

export interface Tables {
  meta: Table<string, string>;
  tasks: Table<Digest, Omit<StoredTask, 'taskId'>>;
  journal: Table<JournalEntry['tick'], Uint8Array>;
  reports: Table<Digest, Uint8Array>;
  results: Table<Digest, Omit<StoredResult, 'taskId'>>;
  /** From a result's sequence to its task. */
  order: Table<StoredResult['sequence'], Digest>;
  evidence: Table<EvidenceKey, Uint8Array>;
  notes: Table<string, string>;
  /** What was seen of a task; an older program does without, so it raised no version. */
  timelines: Table<Digest, Uint8Array>;
  /** What was dropped on purpose. An older program would fetch it again: since version 2. */
  pruned: Table<Digest, PrunedTask>;
}

export function createTables(backend: Backend, damage: DamageLog): Tables {
  return {
    meta: new Table({ name: 'meta', prefix: 'm', key: text, value: text }, backend, damage),
    tasks: new Table({ name: 'tasks', prefix: 't', key: digest, value: task }, backend, damage),
    journal: new Table({ name: 'journal', prefix: 'j', key: integer, value: raw }, backend, damage),
    reports: new Table({ name: 'reports', prefix: 'p', key: digest, value: raw }, backend, damage),
    results: new Table({ name: 'results', prefix: 'r', key: digest, value: result }, backend, damage),
    order: new Table({ name: 'order', prefix: 'o', key: integer, value: digest }, backend, damage),
    evidence: new Table({ name: 'evidence', prefix: 'e', key: evidenceKey, value: raw }, backend, damage),
    notes: new Table({ name: 'notes', prefix: 'n', key: text, value: text }, backend, damage),
    timelines: new Table({ name: 'timelines', prefix: 'l', key: digest, value: raw }, backend, damage),
    pruned: new Table({ name: 'pruned', prefix: 'x', key: digest, value: prunedTask }, backend, damage),
  };
}

const raw: Codec<Uint8Array> = { encode: (bytes) => bytes, decode: (bytes) => bytes };

const text: Codec<string> = { encode: (value) => Buffer.from(value), decode: (bytes) => Buffer.from(bytes).toString() };

const digest: Codec<Digest> = {
  encode: (value) => fromHex(value, DIGEST_BYTES),
  decode: (bytes) => toHex(exactly(bytes, DIGEST_BYTES)),
};

const integer: Codec<number> = {
  encode: (value) => {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not a sequence number: ${value}`);
    const bytes = Buffer.alloc(NUMBER_BYTES);
    bytes.writeBigUInt64BE(BigInt(value));
    return bytes;
  },
  decode: (bytes) => Number(viewOf(exactly(bytes, NUMBER_BYTES)).getBigUint64(0)),
};

/** Milliseconds as a double: an injected clock may give fractions. */
const time: Codec<number> = {
  encode: (value) => {
    const bytes = Buffer.alloc(NUMBER_BYTES);
    bytes.writeDoubleBE(value);
    return bytes;
  },
  decode: (bytes) => viewOf(exactly(bytes, NUMBER_BYTES)).getFloat64(0),
};

const task: Codec<Omit<StoredTask, 'taskId'>> = {
  encode: ({ firstSeenMs, taskBytes }) => concatBytes([time.encode(firstSeenMs), taskBytes]),
  decode: (bytes) => ({
    firstSeenMs: time.decode(bytes.subarray(0, NUMBER_BYTES)),
    taskBytes: bytes.subarray(NUMBER_BYTES),
  }),
};

const result: Codec<Omit<StoredResult, 'taskId'>> = {
  encode: ({ sequence, storedAtMs, certBytes }) =>
    concatBytes([integer.encode(sequence), time.encode(storedAtMs), certBytes]),
  decode: (bytes) => ({
    sequence: integer.decode(bytes.subarray(0, NUMBER_BYTES)),
    storedAtMs: time.decode(bytes.subarray(NUMBER_BYTES, 2 * NUMBER_BYTES)),
    certBytes: bytes.subarray(2 * NUMBER_BYTES),
  }),
};

/** A time before 1970 stands for never. */
const NEVER = -1;

const moment: Codec<number | null> = {
  encode: (value) => time.encode(value ?? NEVER),
  decode: (bytes) => {
    const value = time.decode(bytes);
    return value < 0 ? null : value;
  },
};

const prunedTask: Codec<PrunedTask> = {
  encode: ({ bodyAtMs, reportsAtMs }) => concatBytes([moment.encode(bodyAtMs), moment.encode(reportsAtMs)]),
  decode: (bytes) => ({
    bodyAtMs: moment.decode(bytes.subarray(0, NUMBER_BYTES)),
    reportsAtMs: moment.decode(bytes.subarray(NUMBER_BYTES)),
  }),
};

const evidenceKey: Codec<EvidenceKey> = {
  encode: ({ taskId, validatorIndex, slot }) =>
    concatBytes([digest.encode(taskId), integer.encode(validatorIndex), text.encode(slot)]),
  decode: (bytes) => ({
    taskId: digest.decode(bytes.subarray(0, DIGEST_BYTES)),
    validatorIndex: integer.decode(bytes.subarray(DIGEST_BYTES, DIGEST_BYTES + NUMBER_BYTES)),
    slot: text.decode(bytes.subarray(DIGEST_BYTES + NUMBER_BYTES)),
  }),
};

function exactly(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length !== length) throw new ProtocolError(`expected ${length} bytes, got ${bytes.length}`);
  return bytes;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
