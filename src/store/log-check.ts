import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * LevelDB passes over broken records of its write-ahead log in silence, and what they held is gone: a journal with a
 * hole. This reads the log's own checksums before it does. Form: LevelDB's doc/log_format.md.
 */

const BLOCK_BYTES = 32 * 1024;
/** Masked CRC-32C of what follows (4), length (2), type (1). */
const HEADER_BYTES = 7;
const TYPES_MAX = 4;

export type LogState =
  | 'whole'
  /** It ends within a record: that was never acknowledged if the process was killed, and is damage if it was not. */
  | 'torn'
  | 'broken';

/** True if a folder has a database's files and not the one that names them: opening would begin an empty one. */
export async function isHeadless(directory: string): Promise<boolean> {
  const names = await readdir(directory);
  return !names.includes('CURRENT') && names.some((name) => /^(?:MANIFEST-\d+|\d+\.(?:log|ldb))$/.test(name));
}

/**
 * True if a closed database lost records that it had acknowledged. Opening it passes over the gap and begins a new log,
 * after which nobody can tell any more.
 * @param uncleanEnds as its mark has it: after one, the log may end within a record that nobody was told of
 */
export async function hasLostRecords(directory: string, uncleanEnds: number): Promise<boolean> {
  const log = await logStateOf(directory);
  return log === 'broken' || (log === 'torn' && uncleanEnds === 0);
}

/** The worst state of the logs in a closed database's folder; a database without a log has lost it. */
export async function logStateOf(directory: string): Promise<LogState> {
  const names = await readdir(directory);
  const logs = names.filter((name) => /^\d+\.log$/.test(name));
  if (names.includes('CURRENT') && logs.length === 0) return 'broken';
  const states = await Promise.all(
    logs.map((name) => readFile(join(directory, name)).then(stateOf, () => 'whole' as const)), // gone: it was in use
  );
  if (states.includes('broken')) return 'broken';
  return states.includes('torn') ? 'torn' : 'whole';
}

function stateOf(log: Buffer): LogState {
  for (let at = 0; at < log.length; ) {
    const leftInBlock = BLOCK_BYTES - (at % BLOCK_BYTES);
    if (leftInBlock < HEADER_BYTES) {
      at += leftInBlock; // filler
      continue;
    }
    if (at + HEADER_BYTES > log.length) return 'torn';
    const length = log.readUInt16LE(at + 4);
    const type = log[at + 6]!;
    if (type < 1 || type > TYPES_MAX || HEADER_BYTES + length > leftInBlock) return 'broken';
    const end = at + HEADER_BYTES + length;
    if (end > log.length) return 'torn';
    if (masked(crc32c(log.subarray(at + 6, end))) !== log.readUInt32LE(at)) return 'broken';
    at = end;
  }
  return 'whole';
}

const POLYNOMIAL = 0x82f63b78; // Castagnoli's, reflected
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  return crc >>> 0;
});

function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** As LevelDB stores it, since a checksum over bytes that hold checksums is weak. */
function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
