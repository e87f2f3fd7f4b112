import type { Bundle } from '../protocol/bundle.ts';
import type { Instance, OwnLeaf } from './state.ts';

/** Rounds whose votes are repeated: a peer that lags further behind catches up by the ROUNDCERT. */
const LATEST_ROUNDS = 2;

/** R24: what an undecided node says again: its stored leaves, the last rounds' votes, and what proves them. */
export function repeatOf(instance: Instance): { leaves: OwnLeaf[]; bundles: Bundle[] } {
  const oldest = instance.round - LATEST_ROUNDS + 1;
  const leaves = [...instance.own.values()].filter(({ leaf }) => !('round' in leaf) || leaf.round >= oldest);
  const bundles = [instance.roundCert, instance.valid?.polka].filter((bundle) => bundle != null);
  return { leaves, bundles };
}
