import { fromHex } from '../../protocol/bytes.ts';
import type { ConsensusResult } from '../../protocol/consensus-result.ts';
import { committeeOfResult } from '../../protocol/epoch-change.ts';
import { parseGenesis } from '../../protocol/genesis.ts';
import { decodeCore, type Tallies } from '../../protocol/value.ts';

/** What the agreed bytes say beside the result's fields, and the weights that they are measured by. */
export interface CoreView {
  tallies: Tallies;
  /** Whose commitment was timely and whose reveal is not in the value. */
  unrevealed: readonly number[];
  threshold: number;
  quorum: number;
  totalWeight: number;
}

/** @throws ValidationError if the node sent what cannot be read */
export function coreView(result: ConsensusResult, genesis: unknown): CoreView {
  const { tallies, unrevealed } = decodeCore(fromHex(result.core));
  const { threshold, quorum, totalWeight } = committeeOfResult(parseGenesis(genesis), result);
  return { tallies, unrevealed, threshold, quorum, totalWeight };
}
