import { equalBytes } from '../protocol/bytes.ts';
import type { Committee } from '../protocol/committee.ts';
import type { Aggregate, Core } from '../protocol/value.ts';
import { encodeCore } from '../protocol/value.ts';
import { aggregate } from './aggregate.ts';

/**
 * R30: what anybody can recompute of a core alone; the first thing that does not follow, or undefined.
 * Timeliness, reveal signatures and `unrevealed` are vouched for by the quorum that signed it.
 */
export function coreFault(committee: Committee, core: Core): string | undefined {
  if (core.networkId !== committee.networkId) return 'networkId is of another network';
  if (core.configDigest !== committee.configDigest) return 'configDigest is of another configuration';
  const known = (index: number) => index < committee.validators.length;
  if (!core.reveals.every(({ index }) => known(index)) || !core.unrevealed.every(known))
    return 'names an unknown validator';
  const recomputed: Aggregate = aggregate(committee, core.reveals);
  return equalBytes(encodeCore({ ...core, ...recomputed }), encodeCore(core))
    ? undefined
    : 'outcome does not follow from the results';
}
