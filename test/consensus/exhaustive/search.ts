import { afterMove, BYZANTINE, type Choice, firstLocal, type Local, type Move, type Said } from './local.ts';

/**
 * Every run of four validators, one of them Byzantine and the proposer of every round, up to a round: the adversary
 * decides who hears what and when, and which armed timers fire. An honest validator only ever hears as much as makes it
 * take a step. That is enough: what it has heard can never stop a step, and more of it can be delivered later. It is
 * restarted from its journal before every step, so that nothing but what is durable counts.
 *
 * In layers, all prevotes of a round come before its precommits, and these before the next round. A vote depends on
 * votes of earlier layers only (to be led into a round by a vote in it, of the same), so that runs in another order
 * end in the same states; a test holds the two searches against each other.
 *
 * By facts, layered states are taken for one if they differ only in votes of rounds that are over, and these make the
 * same polkas and decisions possible: a polka needs two honest votes, whoever gave them, and the adversary's.
 */

export interface Exhausted {
  states: number;
  transitions: number;
  /** Distinct states of one validator. */
  locals: number;
  /** A run that led to two decisions, if there is one. */
  disagreement: string[] | null;
  /** The bound on states was reached first. */
  cut: boolean;
  /** Every combination of what three validators have said, however it came about. */
  reached: ReadonlySet<number>;
}

export interface SearchOptions {
  rounds: number;
  statesMax: number;
  reduction: 'none' | 'layers' | 'facts';
}

const QUORUM = 3;
const HONEST = 3;
/** Ids of one validator's states, three of them in a number with the layer. */
const IDS = 2 ** 14;

/** The three honest validators, in the order of their ids: they are alike. */
interface State {
  readonly layer: number;
  readonly ids: readonly number[];
}

export function search({ rounds, statesMax, reduction }: SearchOptions): Exhausted {
  const space = new LocalSpace();
  const first = { layer: 0, ids: Array.from({ length: HONEST }, () => space.idOf(firstLocal())) };
  const cameFrom = new Map<number, number>([[numberOf(first), -1]]);
  const facts = new Set<string>();
  const stack = [numberOf(first)];
  const reached = new Set<number>();
  let transitions = 0;
  for (let number = stack.pop(); number !== undefined; number = stack.pop()) {
    const state = stateOf(number);
    const contradictory = decidable(state.ids.map((id) => space.local(id))).size > 1;
    reached.add(numberOf({ ...state, layer: 0 }));
    if (contradictory || cameFrom.size > statesMax) {
      const disagreement = contradictory ? pathTo(space, cameFrom, number) : null;
      return { states: cameFrom.size, transitions, locals: space.size, disagreement, cut: !contradictory, reached };
    }
    for (const next of nextStates(space, state, rounds, reduction !== 'none')) {
      transitions += 1;
      const known = numberOf(next);
      if (cameFrom.has(known) || (reduction === 'facts' && !isNewFact(facts, space, next))) continue;
      cameFrom.set(known, number);
      stack.push(known);
    }
  }
  return { states: cameFrom.size, transitions, locals: space.size, disagreement: null, cut: false, reached };
}

function* nextStates(space: LocalSpace, { layer, ids }: State, rounds: number, layered: boolean): Generator<State> {
  const locals = ids.map((id) => space.local(id));
  for (const [position, local] of locals.entries()) {
    if (ids.indexOf(ids[position]!) !== position) continue; // alike
    const others = locals.filter((_, other) => other !== position);
    for (const move of movesOf(local, others, rounds)) {
      if (layered && move.layer !== layer) continue;
      const id = space.after(ids[position]!, move);
      if (id !== ids[position]) yield { layer, ids: ids.with(position, id).toSorted((a, b) => a - b) };
    }
  }
  if (layered && layer + 1 < 2 * rounds) yield { layer: layer + 1, ids };
}

/** True for the first state of those that differ in nothing that can still matter. */
function isNewFact(facts: Set<string>, space: LocalSpace, { layer, ids }: State): boolean {
  const locals = ids.map((id) => space.local(id));
  const standing = locals.map(({ round, step, lock, prevotes, precommits }) => {
    const vote = prevotes.get(Math.floor(layer / 2));
    const last = precommits.get(Math.floor((layer - 1) / 2));
    return JSON.stringify([round, step, lock, vote, last === undefined ? 'none' : last]);
  });
  const key = [layer, ...standing.toSorted(), ...polkasOf(locals), 'decidable', ...decidable(locals)].join(' ');
  const before = facts.size;
  return facts.add(key).size > before;
}

/** The PREVOTEs that two honest validators share. */
function polkasOf(locals: readonly Local[]): string[] {
  const counts = new Map<string, number>();
  for (const { prevotes } of locals) {
    for (const [round, { choice, validRound }] of prevotes) {
      const name = `${round}:${choice}:${validRound}`;
      if (choice !== null) counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  return [...counts]
    .filter(([, count]) => count + 1 >= QUORUM)
    .map(([name]) => name)
    .toSorted();
}

function numberOf({ layer, ids }: State): number {
  return ids.reduce((number, id) => number * IDS + id, layer);
}

function stateOf(number: number): State {
  const ids: number[] = [];
  let rest = number;
  for (let i = 0; i < HONEST; i++) {
    ids.unshift(rest % IDS);
    rest = Math.floor(rest / IDS);
  }
  return { layer: rest, ids };
}

/** The states of one validator by number, and where its moves lead, each worked out once by the real core. */
class LocalSpace {
  readonly #locals: Local[] = [];
  readonly #ids = new Map<string, number>();
  readonly #moves = new Map<string, number>();

  get size(): number {
    return this.#locals.length;
  }

  local(id: number): Local {
    return this.#locals[id]!;
  }

  idOf(local: Local): number {
    const known = this.#ids.get(local.key);
    if (known !== undefined) return known;
    if (this.#locals.length === IDS) throw new Error(`one validator has more than ${IDS} states`);
    this.#locals.push(local);
    this.#ids.set(local.key, this.#locals.length - 1);
    return this.#locals.length - 1;
  }

  after(id: number, move: Move): number {
    const key = `${id} ${move.name}`;
    const known = this.#moves.get(key) ?? this.idOf(afterMove(this.local(id), move));
    this.#moves.set(key, known);
    return known;
  }
}

/** Values for which PRECOMMITs of weight Q can be shown to somebody, the adversary's own among them. */
function decidable(locals: readonly Local[]): Set<Choice> {
  const decided = new Set<Choice>();
  const rounds = Math.max(...locals.map(({ round }) => round));
  for (let round = 0; round <= rounds; round++) {
    for (const choice of [0, 1] as const) {
      const voters = locals.filter(({ precommits }) => precommits.get(round) === choice);
      if (voters.length + 1 >= QUORUM) decided.add(choice);
    }
  }
  return decided;
}

function* movesOf(self: Local, others: readonly Local[], rounds: number): Generator<Move & { layer: number }> {
  const { round, step } = self;
  const prevoting = 2 * round;
  const precommitting = prevoting + 1;
  if (step === 'propose') {
    for (const move of proposals(self, others)) yield { ...move, layer: prevoting };
    yield { name: 'propose timeout', hear: [], fire: { name: 'propose', round }, layer: prevoting };
  }
  for (let of = 0; of <= round; of++) {
    for (const polka of polkas(self, others, of)) {
      const { choice, validRound } = polka;
      const hear = [...polka.votes, { type: 'PROPOSAL', round: of, choice, validRound } as const];
      yield { name: `polka ${of} ${choice} ${validRound} ${names(polka.votes)}`, hear, layer: precommitting };
    }
  }
  if (step === 'prevote')
    for (const move of timeouts('prevote', self, others, round)) yield { ...move, layer: precommitting };
  if (round + 1 < rounds)
    for (const move of timeouts('precommit', self, others, round)) yield { ...move, layer: prevoting + 2 };
  for (let of = round + 1; of < rounds; of++) {
    for (const move of skips(others, of)) yield { ...move, layer: 2 * of };
  }
}

/** What the adversary may propose: either value, fresh, with a polka that it can show, or with one that is not there. */
function* proposals(self: Local, others: readonly Local[]): Generator<Move> {
  const { round } = self;
  for (const choice of [0, 1] as const) {
    yield { name: `fresh ${choice}`, hear: [{ type: 'PROPOSAL', round, choice, validRound: -1 }] };
    for (let of = 0; of < round; of++) {
      const proposal = { type: 'PROPOSAL', round, choice, validRound: of } as const;
      yield { name: `claimed ${of} ${choice}`, hear: [proposal] };
      for (const polka of polkas(self, others, of)) {
        if (polka.choice !== choice) continue;
        yield {
          name: `${names(polka.votes)} for ${of} ${choice} ${polka.validRound}`,
          hear: [...polka.votes, proposal],
        };
      }
    }
  }
}

/** Equal PREVOTEs of weight Q for a value; the adversary adds its own. */
function polkas(self: Local, others: readonly Local[], round: number) {
  const found: { choice: 0 | 1; validRound: number; votes: Said[] }[] = [];
  for (const choice of [0, 1] as const) {
    for (let validRound = -1; validRound < round; validRound++) {
      const says = ({ prevotes }: Local) =>
        prevotes.get(round)?.choice === choice && prevotes.get(round)?.validRound === validRound;
      const votes = others.flatMap((other, index) => (says(other) ? [index + 1] : []));
      if (votes.length + Number(says(self)) + 1 < QUORUM) continue;
      const by = [...votes, BYZANTINE];
      found.push({
        choice,
        validRound,
        votes: by.map((voter) => ({ type: 'PREVOTE', by: voter, round, choice, validRound })),
      });
    }
  }
  return found;
}

/** Votes of weight Q for anything, then the timeout: two honest ones, and the adversary's nil. */
function* timeouts(
  name: 'prevote' | 'precommit',
  self: Local,
  others: readonly Local[],
  round: number,
): Generator<Move> {
  const votesOf = (local: Local, by: number): Said[] => {
    if (name === 'prevote') {
      const vote = local.prevotes.get(round);
      return vote === undefined ? [] : [{ type: 'PREVOTE', by, round, ...vote }];
    }
    const choice = local.precommits.get(round);
    return choice === undefined ? [] : [{ type: 'PRECOMMIT', by, round, choice }];
  };
  const nil: Said =
    name === 'prevote'
      ? { type: 'PREVOTE', by: BYZANTINE, round, choice: null, validRound: -1 }
      : { type: 'PRECOMMIT', by: BYZANTINE, round, choice: null };
  const own = votesOf(self, 0).length;
  const votes = others.flatMap((other, index) => votesOf(other, index + 1));
  if (own + votes.length + 1 < QUORUM) return;
  for (const hear of own === 1 ? votes.map((vote) => [vote, nil]) : [[...votes, nil]])
    yield { name: `${name} timeout ${names(hear)}`, hear, fire: { name, round } };
}

/** One honest vote of a later round, and one of the adversary: weight F+1. */
function* skips(others: readonly Local[], round: number): Generator<Move> {
  for (const [index, { prevotes }] of others.entries()) {
    const vote = prevotes.get(round);
    if (vote === undefined) continue;
    const nil: Said = { type: 'PRECOMMIT', by: BYZANTINE, round, choice: null };
    const hear: Said[] = [{ type: 'PREVOTE', by: index + 1, round, ...vote }, nil];
    yield { name: `skip ${names(hear)}`, hear };
  }
}

/** Moves of equal names do the same: the names say everything that is heard. */
function names(said: readonly Said[]): string {
  return said
    .map((one) => `${'by' in one ? one.by : ''}${one.type === 'PREVOTE' ? 'v' : 'c'}${one.round}:${one.choice}`)
    .join(',');
}

function pathTo(space: LocalSpace, cameFrom: ReadonlyMap<number, number>, last: number): string[] {
  const path: string[] = [];
  for (let number = last; number >= 0; number = cameFrom.get(number)!)
    path.unshift(
      stateOf(number)
        .ids.map((id) => space.local(id).key)
        .join('  '),
    );
  return path;
}
