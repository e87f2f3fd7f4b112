import type { Instance } from '../../src/consensus/state.ts';
import type { Engine } from '../../src/engine/engine.ts';
import type { Committee } from '../../src/protocol/committee.ts';

/** R26 as numbers of its own: what one instance may hold of a slot, of a round, and of rounds. */
const LEAVES_PER_SLOT = 2;
const PROPOSALS_PER_ROUND = 2;
/** Rounds ahead of single votes, and a few that bundles may have named. */
const ROUNDS_BEYOND = 16 + 16;

/** What an engine holds beyond its bounds, or gave up; in words. */
export function boundFaults(committee: Committee, engine: Engine): string[] {
  return [...engine.openTasks.values()].flatMap(({ taskId, instance, fault }) => {
    const faults = fault === undefined ? overfull(committee, instance) : [`stopped: ${fault}`];
    return faults.map((text) => `task ${taskId}: ${text}`);
  });
}

function overfull(committee: Committee, instance: Instance): string[] {
  const { length } = committee.validators;
  const proposals = [...instance.rounds.values()].map((round) => round.proposals.length);
  const held: [string, number, number][] = [
    ['leaves in a slot', Math.max(0, ...[...instance.seen.values()].map((leaves) => leaves.length)), LEAVES_PER_SLOT],
    ['proposals in a round', Math.max(0, ...proposals), PROPOSALS_PER_ROUND],
    ['rounds', instance.rounds.size, Math.max(0, instance.round) + 1 + ROUNDS_BEYOND],
    ['values', instance.values.size, 2 + PROPOSALS_PER_ROUND * instance.rounds.size],
    ['lists', instance.closes.size, length],
  ];
  return held.filter(([, count, most]) => count > most).map(([what, count, most]) => `${count} ${what}, over ${most}`);
}
