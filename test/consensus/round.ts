import type { Bundle } from '../../src/protocol/bundle.ts';
import type { Authentic } from '../../src/protocol/signed-leaf.ts';
import { approve, fakeCommittee, Speaker, Validator } from './fixture.ts';

/** Four equal validators whose collection is complete: everything is ready to vote. Q = 3, F = 1. */

export const committee = fakeCommittee();
export const speaker = new Speaker(committee);
export const openings = [0, 1, 2, 3].map((index) => [index, approve(index)] as const);
export const leaves = speaker.collection(openings, [0, 1, 2, 3]);

/** Validators in the order of their turns. */
export const order = [0, 1, 2, 3].map((round) => speaker.proposer(round)) as [number, number, number, number];
/** The validator under test: it proposes in round 3 for the first time. */
export const self = order[3];
/** The other three, a quorum without it. */
export const others = order.slice(0, 3) as [number, number, number];

/** Two hard-valid values: under all CLOSEs, and under three of them. */
export const v = speaker.valueWith(leaves);
export const w = speaker.valueWith(leaves.filter(({ leaf, signer }) => leaf.type !== 'CLOSE' || signer !== 3));

/** At step propose of round 0, with everything said that comes before. */
export function ready(position: number | null = self): Validator {
  const node = new Validator({ committee, self: position });
  node.start();
  if (position !== null) node.judge(approve(position));
  node.hear(...leaves.filter(({ signer }) => signer !== position));
  return node;
}

/** At step precommit of round 0, locked on a value by the prevotes of the others. */
export function lockedOn(value: typeof v): Validator {
  const node = ready();
  node.hear(speaker.proposal(order[0], 0, value), ...others.map((index) => speaker.prevote(index, 0, value)));
  return node;
}

/** Votes of the others that end a round for nil. */
export function nilPrecommits(round: number): Authentic<Bundle> {
  return speaker.roundCert(others.map((index) => speaker.precommit(index, round, null)));
}

/** Moves on to a round by nil PRECOMMITs of the one before. */
export function moveTo(node: Validator, round: number): void {
  node.take(nilPrecommits(round - 1));
}
