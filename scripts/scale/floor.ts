/** The fastest way through the six steps of a task among those who run: delays and writes only, no timer. */
export interface FloorInput {
  /** One-way delays in milliseconds. */
  oneWayMs: readonly (readonly number[])[];
  /** Of one synced write; each of the six steps needs one before it is said. */
  writeMs: number;
  /** Numbers of validators that make a quorum, and a verdict. */
  quorum: number;
  threshold: number;
}

/**
 * Milliseconds from the last judgement to the decision, durable everywhere: the mean over all origins and proposers.
 * Judges take equally long.
 */
export function floorMs(input: FloorInput): number {
  const indexes = [...input.oneWayMs.keys()];
  const floors = indexes.flatMap((origin) => indexes.map((proposer) => floorFromMs(input, origin, proposer)));
  return floors.reduce((sum, floor) => sum + floor, 0) / floors.length;
}

function floorFromMs({ oneWayMs, writeMs, quorum, threshold }: FloorInput, origin: number, proposer: number): number {
  /** When `count` of the statements said at these times have reached `to`. */
  const heard = (saidMs: readonly number[], to: number, count: number) =>
    saidMs.map((atMs, from) => atMs + oneWayMs[from]![to]!).sort((a, b) => a - b)[count - 1]!;
  /** Everybody says the next thing once it has heard `count` of the last, and written. */
  const step = (saidMs: readonly number[], count: number) => saidMs.map((_, to) => heard(saidMs, to, count) + writeMs);

  const judged = oneWayMs[origin]!; // who hears of a task later judges it later
  const committed = judged.map((atMs) => atMs + writeMs);
  const closed = step(committed, oneWayMs.length); // R4: at once only if all commitments are there
  const revealed = step(closed, quorum).map((atMs) => atMs - writeMs); // R27: a reveal needs no record
  const proposedMs = heard(revealed, proposer, threshold) + writeMs;
  const prevoted = oneWayMs[proposer]!.map((hopMs) => proposedMs + hopMs + writeMs);
  const precommitted = step(prevoted, quorum);
  return Math.max(...step(precommitted, quorum)) - Math.max(...judged);
}
