import type { JournalRecord } from '../../../src/consensus/state.ts';
import type { LeafOf } from '../../../src/protocol/leaf.ts';
import type { Authentic, SignedLeaf } from '../../../src/protocol/signed-leaf.ts';
import { approve, idOf, Validator } from '../fixture.ts';
import { committee, leaves, speaker, v, w } from '../round.ts';

/** One honest validator of four in the exhaustive check: where it stands, and what a move of the adversary makes of it. */

/** Of the four, this one is Byzantine, and proposes in every round; all honest ones are alike. */
export const BYZANTINE = 3;
export const VALUES = [v, w] as const;
/** A value by its place in VALUES; null is nil. */
export type Choice = 0 | 1 | null;

export interface Prevote {
  choice: Choice;
  validRound: number;
}

/** What a validator has said and knows, as far as anything can follow from it. */
export interface Local {
  readonly key: string;
  readonly round: number;
  readonly step: string;
  /** Round and choice, as text. */
  readonly lock: string;
  /** Own votes by round; a round without one is left out. */
  readonly prevotes: ReadonlyMap<number, Prevote>;
  readonly precommits: ReadonlyMap<number, Choice>;
  /** What is journaled: the validator is restarted from it before every move. */
  readonly records: readonly JournalRecord[];
}

/** What the adversary lets a validator hear, in order, and which timer fires then; a timer that is not armed does not. */
export interface Move {
  readonly name: string;
  readonly hear: readonly Said[];
  readonly fire?: { readonly name: 'propose' | 'prevote' | 'precommit'; readonly round: number };
}

/** `by` counts the other honest validators up from 1, and is BYZANTINE for the adversary's own words. */
export type Said =
  | { readonly type: 'PROPOSAL'; readonly round: number; readonly choice: 0 | 1; readonly validRound: number }
  | ({ readonly type: 'PREVOTE'; readonly by: number; readonly round: number } & Prevote)
  | { readonly type: 'PRECOMMIT'; readonly by: number; readonly round: number; readonly choice: Choice };

const SELF = 0;
const ids = VALUES.map(idOf);

/** A validator that is ready to vote: the collection is complete. */
export function firstLocal(): Local {
  const node = new Validator({ committee, self: SELF });
  node.start();
  node.judge(approve(SELF));
  node.hear(...leaves.filter(({ signer }) => signer !== SELF));
  return localOf(node, []);
}

/** R28: restarted from its journal, it hears the collection again, then what the move brings. */
export function afterMove(local: Local, move: Move): Local {
  const node = new Validator({ committee, self: SELF, records: local.records });
  Object.assign(node.instance, { proposers: [BYZANTINE] });
  node.start();
  node.hear(...leaves, ...ownVotes(local));
  // PRECOMMITs that end a round by their timeout only arm it again after a restart.
  if (node.instance.round < local.round) node.fire('precommit', node.instance.round);
  const restored = node.instance.round === local.round && node.instance.step === local.step;
  if (!restored) throw new Error(`${local.key} was not restored`);
  const before = node.records.length;
  for (const said of move.hear) node.hear(signed(said));
  if (move.fire !== undefined && isArmed(node, move.fire)) node.fire(move.fire.name, move.fire.round);
  return node.records.length === before ? local : localOf(node, local.records);
}

function isArmed(node: Validator, { name, round }: NonNullable<Move['fire']>): boolean {
  return node.effects.some(
    ({ kind, ...effect }) =>
      kind === 'timer' &&
      'timer' in effect &&
      effect.timer.name === name &&
      'round' in effect.timer &&
      effect.timer.round === round,
  );
}

function ownVotes({ prevotes, precommits }: Local): Authentic<SignedLeaf>[] {
  return [
    ...[...prevotes].map(([round, vote]) => signed({ type: 'PREVOTE', by: SELF, round, ...vote })),
    ...[...precommits].map(([round, choice]) => signed({ type: 'PRECOMMIT', by: SELF, round, choice })),
  ];
}

const cache = new Map<string, Authentic<SignedLeaf>>();
/** The same words are signed once: nothing in the check depends on who made them when. */
function signed(said: Said): Authentic<SignedLeaf> {
  const key = JSON.stringify(said);
  const known = cache.get(key) ?? signAnew(said);
  cache.set(key, known);
  return known;
}

function signAnew(said: Said): Authentic<SignedLeaf> {
  const value = said.choice === null ? null : VALUES[said.choice];
  if (said.type === 'PROPOSAL') return speaker.proposal(BYZANTINE, said.round, VALUES[said.choice], said.validRound);
  if (said.type === 'PREVOTE') return speaker.prevote(said.by, said.round, value, said.validRound);
  return speaker.precommit(said.by, said.round, value);
}

function localOf(node: Validator, records: readonly JournalRecord[]): Local {
  const { round, step, lock, own } = node.instance;
  const prevotes = new Map<number, Prevote>();
  const precommits = new Map<number, Choice>();
  for (const { leaf } of own.values()) {
    if (leaf.type === 'PREVOTE') prevotes.set(leaf.round, { choice: choiceOf(leaf), validRound: leaf.validRound });
    if (leaf.type === 'PRECOMMIT') precommits.set(leaf.round, choiceOf(leaf));
  }
  // The valid value is left out: it is for proposers, and no honest validator ever proposes here.
  const locked = lock && [lock.round, ids.indexOf(idOf(lock.value))];
  const key = JSON.stringify([round, step, [...prevotes], [...precommits], locked]);
  return { key, round, step, lock: String(locked), prevotes, precommits, records: [...records, ...node.records] };
}

function choiceOf({ valueId }: LeafOf<'PREVOTE' | 'PRECOMMIT'>): Choice {
  return valueId === null ? null : (ids.indexOf(valueId) as 0 | 1);
}
