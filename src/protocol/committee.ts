import { fromHex } from './bytes.ts';
import type { CborValue } from './cbor.ts';
import type { Genesis, GenesisValidator, Rules } from './genesis.ts';
import { type Digest, digestBytes, hash } from './hash.ts';
import { PPM } from './ppm.ts';

/** The version of the consensus rules; nodes of different versions have different config digests. */
export const PROTOCOL_VERSION = 1;

/**
 * R1: who decides, and how much is enough; everything that follows from a genesis, worked out once.
 * quorum, faulty and threshold are weights of distinct validators, shares of the total (never of the votes cast).
 */
export interface Committee {
  readonly networkId: Digest;
  readonly configDigest: Digest;
  readonly epoch: number;
  readonly validators: readonly GenesisValidator[];
  readonly rules: Rules;
  /** W, the sum of all weights. */
  readonly totalWeight: number;
  /** Q = floor(2W/3) + 1: any two quorums share more than F. Fixed by safety. */
  readonly quorum: number;
  /** F = W - Q: the weight that may be faulty. */
  readonly faulty: number;
  /** Tw = ceil(W * consensusThreshold): the weight that a verdict needs. Policy. */
  readonly threshold: number;
}

export function createCommittee(genesis: Genesis): Committee {
  const { name, createdAt, validators, rules } = genesis;
  const networkId = hash('pheme/network/1', name, createdAt, membersCbor(validators), rulesCbor(rules));
  return committeeOf(networkId, 0, genesis);
}

/** The committee of the epoch after this one; the network stays the same. */
export function nextCommittee({ networkId, epoch }: Committee, genesis: Genesis): Committee {
  return committeeOf(networkId, epoch + 1, genesis);
}

function committeeOf(networkId: Digest, epoch: number, { validators, rules }: Genesis): Committee {
  const totalWeight = validators.reduce((sum, { weight }) => sum + weight, 0);
  const quorum = (2 * totalWeight - ((2 * totalWeight) % 3)) / 3 + 1; // exact: no fraction arises
  const members = membersCbor(validators);
  const configDigest = hash('pheme/config/1', digestBytes(networkId), epoch, members, rulesCbor(rules));
  const threshold = Number((BigInt(totalWeight) * BigInt(rules.consensusThresholdPpm) + BigInt(PPM - 1)) / BigInt(PPM));
  const faulty = totalWeight - quorum;
  return { networkId, configDigest, epoch, validators, rules, totalWeight, quorum, faulty, threshold };
}

function membersCbor(validators: readonly GenesisValidator[]): CborValue {
  return validators.map(({ publicKey, weight }) => [fromHex(publicKey, 32), weight]);
}

function rulesCbor({
  kind,
  minConfidencePpm,
  consensusThresholdPpm,
  requiredValidators,
  minModelFamilies,
  timers,
}: Rules): CborValue {
  const { judgeBudgetMs, observeMs, graceMs, revealGraceMs, finalMs, roundBaseMs, roundCapMs } = timers;
  const shares = [minConfidencePpm, consensusThresholdPpm];
  const waits = [judgeBudgetMs, observeMs, graceMs, revealGraceMs, finalMs, roundBaseMs, roundCapMs];
  return [PROTOCOL_VERSION, kind, shares, [requiredValidators, minModelFamilies], waits];
}

/** The weight of a set of validators, each counted once. */
export function weightOf(committee: Committee, indexes: Iterable<number>): number {
  let sum = 0;
  for (const index of new Set(indexes)) sum += committee.validators[index]?.weight ?? 0;
  return sum;
}

/** The validator's position in the committee, or undefined for a key that is not in it. */
export function indexOfKey(committee: Committee, publicKey: string): number | undefined {
  const index = committee.validators.findIndex((validator) => validator.publicKey === publicKey);
  return index < 0 ? undefined : index;
}
