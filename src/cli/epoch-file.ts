import { type EpochChange, parseEpochChange } from '../protocol/epoch-change.ts';
import { readJson } from './input.ts';
import type { Io } from './io.ts';

/** 256 validators, each with key, weight and signature, take well under half of it. */
const CHANGE_BYTES_MAX = 256 * 1024;

/** A change's form; whether it follows a committee is for the caller to check. @throws ValidationError INVALID_EPOCH, INVALID_GENESIS, MALFORMED, INPUT_MISSING */
export async function readChange(io: Io, file: string): Promise<EpochChange> {
  return parseEpochChange(await readJson(io, file, 'epoch change', CHANGE_BYTES_MAX));
}
