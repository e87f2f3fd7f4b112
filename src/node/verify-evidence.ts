import { createAuthenticator } from '../protocol/authenticator.ts';
import { fromHex } from '../protocol/bytes.ts';
import { decodeCanonical } from '../protocol/cbor.ts';
import type { Committee } from '../protocol/committee.ts';
import { ProtocolError } from '../protocol/errors.ts';
import { arrayOf } from '../protocol/fields.ts';
import { provenLeafFromCbor } from '../protocol/frame.ts';
import { leafSlot } from '../protocol/leaf.ts';

/** What somebody says about a proof, to be held against the proof itself. */
export interface EvidenceClaim {
  taskId: string;
  validatorIndex: number;
  slot: string;
  /** The two signed statements, hex. */
  evidence: string;
}

/**
 * R25: two statements of one validator for one slot of one task whose bytes differ, both signed. Needs no node.
 * @param committees of all epochs; the statements are signed under one of them
 * @returns why it proves nothing, or undefined if it does
 */
export function evidenceFault(claim: EvidenceClaim, committees: readonly Committee[]): string | undefined {
  const faults = committees.map((committee) => faultUnder(claim, committee));
  return faults.includes(undefined) ? undefined : faults.at(-1);
}

function faultUnder(claim: EvidenceClaim, committee: Committee): string | undefined {
  try {
    return faultOf(claim, committee);
  } catch (error) {
    if (error instanceof ProtocolError) return error.message;
    throw error;
  }
}

function faultOf({ taskId, validatorIndex, slot, evidence }: EvidenceClaim, committee: Committee): string | undefined {
  const authenticator = createAuthenticator(committee);
  const pair = arrayOf(decodeCanonical(fromHex(evidence)), 'evidence', 2).map(provenLeafFromCbor);
  const [first, second] = pair.map((leaf) => authenticator.openLeaf(leaf));
  if (first!.signer !== second!.signer) return 'the two statements are of two validators';
  if (first!.leaf.taskId !== second!.leaf.taskId) return 'the two statements are about two tasks';
  if (leafSlot(first!.leaf) !== leafSlot(second!.leaf)) return 'the two statements are for two slots';
  if (first!.digest === second!.digest) return 'the two statements are the same';
  const isAsClaimed =
    first!.signer === validatorIndex && first!.leaf.taskId === taskId && leafSlot(first!.leaf) === slot;
  return isAsClaimed ? undefined : 'it proves something else than it is said to';
}
