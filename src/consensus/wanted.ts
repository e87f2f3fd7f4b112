import type { Digest } from '../protocol/hash.ts';
import type { VoteLeaf } from '../protocol/leaf.ts';
import type { Instance, VoteTally } from './state.ts';

/** What an instance lacks to go on, and who has it. */
export interface Wanted {
  /** Leaf digests of missing witnesses. */
  digests: Digest[];
  /** A vote names a value that I do not hold: everything that a voter has is wanted. */
  value: boolean;
  /** Validators to ask: the proposers of the values in question, then those who voted for them. */
  holders: number[];
}

/** What is missing now; asked for at once and again with every repeat, until it is here. */
export function wanted(instance: Instance): Wanted {
  const digests = new Set<Digest>();
  const holders = new Set<number>();
  let value = false;
  for (const round of instance.rounds.values()) {
    for (const proposal of round.proposals) {
      const held = instance.values.get(proposal.leaf.valueId)!;
      if (held.missing.size === 0) continue;
      for (const key of held.missing) digests.add(key.split('/')[1]!);
      holders.add(proposal.signer);
    }
    for (const group of [...round.prevotes.groups.values(), ...round.precommits.groups.values()]) {
      const { valueId } = group.leaf;
      if (valueId === null || group.weight <= instance.committee.faulty || instance.values.has(valueId)) continue;
      value = true;
      for (const voter of group.votes.keys()) holders.add(voter);
    }
  }
  return { digests: [...digests], value, holders: [...holders].filter((index) => index !== instance.self) };
}

/** Asked after every input, so that it makes nothing. */
export function hasWants(instance: Instance): boolean {
  for (const round of instance.rounds.values()) {
    for (const { leaf } of round.proposals) if (instance.values.get(leaf.valueId)!.missing.size > 0) return true;
    if (lacksValue(instance, round.prevotes) || lacksValue(instance, round.precommits)) return true;
  }
  return false;
}

function lacksValue(instance: Instance, { groups }: VoteTally<VoteLeaf>): boolean {
  for (const { leaf, weight } of groups.values()) {
    const { valueId } = leaf;
    if (valueId !== null && weight > instance.committee.faulty && !instance.values.has(valueId)) return true;
  }
  return false;
}
