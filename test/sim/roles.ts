import { freshValue } from '../../src/consensus/valuation.ts';
import type { FetchAnswer, FetchRequest } from '../../src/protocol/fetch.ts';
import type { WireFrame } from '../../src/protocol/frame.ts';
import type { Digest } from '../../src/protocol/hash.ts';
import type { LeafOf } from '../../src/protocol/leaf.ts';
import type { SignedLeaf } from '../../src/protocol/signed-leaf.ts';
import { commitmentOf } from '../../src/protocol/validation-result.ts';
import { type Commitment, commitmentSetDigest, encodeCore, type Value, valueIdOf } from '../../src/protocol/value.ts';
import type { Actor, Said } from './actor.ts';
import { lie, lieAbout, replay } from './lies.ts';

/** Byzantine behaviours. Twins run two engines under one key, the silent one none; the others lead an engine astray. */
export const ROLES = [
  'twins',
  'silent',
  'copy',
  'echo',
  'cherryPick',
  'yes',
  'withhold',
  'partial',
  'split',
  'replay',
  'lie',
  'flood',
] as const;
export type Role = (typeof ROLES)[number];

/**
 * Those that cannot keep an honest result out of the lists. Any other may: a list that it signs early makes the
 * honest close a moment before the last of them has heard all the commitments.
 */
export const PUNCTUAL: ReadonlySet<Role> = new Set(['silent', 'cherryPick', 'yes', 'withhold', 'lie', 'split']);

/** What a role does with what its engine would say, with what it hears, and with what it is asked. */
export interface Behaviour {
  /** What is said instead of these statements; those that are to reach only some it says itself. */
  says?(actor: Actor, said: Said[]): Said[];
  hears?(actor: Actor, leaf: SignedLeaf): void;
  /** A whole frame passed by. */
  sees?(actor: Actor, frame: WireFrame, bytes: Uint8Array): void;
  answers?(actor: Actor, request: FetchRequest, honest: FetchAnswer): FetchAnswer;
}

/** Extra statements of one flooder on one task. */
const FLOOD_LEAVES = 60;

export const BEHAVIOURS: Record<Exclude<Role, 'twins' | 'silent'>, Behaviour> = {
  /** Closes an empty list early, waits for the first reveal, then commits to it and signs lists that name it. */
  copy: {
    says: (_actor, said) => said.filter(({ leaf }) => leaf.type !== 'COMMIT' && leaf.type !== 'REVEAL'),
    hears: (actor, { leaf, signer }) => {
      if (leaf.type !== 'REVEAL' || signer === actor.index || !actor.once(`copy/${leaf.taskId}`, 3)) return;
      const { taskId, opening } = leaf;
      const commitment = commitmentOf(taskId, actor.key, opening);
      const lists = listsWith(actor, taskId, { index: actor.index, commitment });
      actor.say([{ leaf: { type: 'COMMIT', taskId, commitment }, attachment: null }]);
      actor.say(lists.map((set) => closing(taskId, set)));
      actor.say([{ leaf, attachment: null }]);
    },
  },
  /** Takes another's commitment for its own, and opens it with the other's reveal. */
  echo: {
    says: (_actor, said) => said.filter(({ leaf }) => leaf.type !== 'COMMIT' && leaf.type !== 'REVEAL'),
    hears: (actor, { leaf, signer }) => {
      if (signer === actor.index || (leaf.type !== 'COMMIT' && leaf.type !== 'REVEAL')) return;
      const { taskId } = leaf;
      const victim = (signer + 1) % actor.committee.validators.length === actor.index;
      if (victim && actor.once(`echo/${leaf.type}/${taskId}`)) actor.say([{ leaf, attachment: null }]);
    },
  },
  /** Proposes the results that suit it, to some these and to others those. */
  cherryPick: {
    says: (actor, said) => said.flatMap((item) => (item.leaf.type === 'PROPOSAL' ? cherryPicked(actor, item) : [item])),
  },
  /** Votes for whatever anybody proposes, at once and in every round, as often as there are proposals. */
  yes: {
    says: (_actor, said) => said.filter(({ leaf }) => !('valueId' in leaf) || leaf.valueId !== null),
    hears: (actor, { leaf }) => {
      if (leaf.type !== 'PROPOSAL' && leaf.type !== 'PREVOTE') return;
      const { taskId, round, validRound, valueId } = leaf;
      if (valueId === null || !actor.once(`yes/${taskId}/${round}/${valueId}`)) return;
      actor.say([
        { leaf: { type: 'PREVOTE', taskId, round, valueId, validRound }, attachment: null },
        { leaf: { type: 'PRECOMMIT', taskId, round, valueId }, attachment: null },
      ]);
    },
  },
  /** Commits and closes, and never opens. */
  withhold: {
    says: (_actor, said) => said.filter(({ leaf }) => leaf.type !== 'REVEAL'),
    answers: (actor, _request, honest) =>
      honest.kind === 'leaves'
        ? {
            ...honest,
            leaves: honest.leaves.filter(({ signer, leaf }) => signer !== actor.index || leaf.type !== 'REVEAL'),
          }
        : honest,
  },
  /** Tells each peer something else, or nothing: lists, votes and proposals contradict one another. */
  partial: {
    says: (actor, said) => {
      for (const peer of actor.peers()) {
        if (actor.random.chance(0.7))
          actor.say(
            said.map((item) => variant(actor, item)),
            [peer],
          );
      }
      return [];
    },
    answers: (actor, _request, honest) =>
      honest.kind === 'leaves' && actor.random.chance(0.5) ? none(honest) : honest,
  },
  /** Helps one victim to decide, tells everybody else that nothing is, and proposes something else in every round. */
  split: {
    says: (actor, said) =>
      said
        .filter(({ leaf }) => leaf.type !== 'PREVOTE' && leaf.type !== 'PRECOMMIT')
        .flatMap((item) => (item.leaf.type === 'PROPOSAL' ? championed(actor, item) : [item])),
    hears: (actor, { leaf }) => {
      if (leaf.type !== 'PROPOSAL' || !actor.once(`split/${leaf.taskId}/${leaf.round}`)) return;
      const { taskId, round, validRound, valueId } = leaf;
      actor.say([{ leaf: { type: 'PREVOTE', taskId, round, valueId, validRound }, attachment: null }]);
      for (const peer of actor.peers()) {
        const precommitted = peer === actor.victim ? valueId : null;
        actor.say([{ leaf: { type: 'PRECOMMIT', taskId, round, valueId: precommitted }, attachment: null }], [peer]);
      }
    },
  },
  /** Says again what others said: as it was, as its own, of another task, of another round, in their name. */
  replay: { sees: replay },
  /** Lies to whoever asks. */
  lie: { sees: lieAbout, answers: lie },
  /** Fills every slot that it has, and rounds far ahead. */
  flood: {
    hears: (actor, { leaf, signer }) => {
      if (signer === actor.index || !actor.once(`flood/${leaf.taskId}`, FLOOD_LEAVES)) return;
      const { taskId } = leaf;
      const junk = () => Buffer.from(actor.random.bytes(32)).toString('hex');
      const now = Math.max(0, actor.engine?.openTasks.get(taskId)?.instance.round ?? 0);
      const round = actor.random.chance(0.4) ? now : actor.random.integer(0, 200);
      actor.say([
        { leaf: { type: 'COMMIT', taskId, commitment: junk() }, attachment: null },
        closing(taskId, [{ index: actor.index, commitment: junk() }]),
        { leaf: { type: 'PREVOTE', taskId, round, valueId: junk(), validRound: -1 }, attachment: null },
        { leaf: { type: 'PRECOMMIT', taskId, round, valueId: junk() }, attachment: null },
        ...proposals(actor, taskId, round),
      ]);
    },
  },
};

function none(answer: Extract<FetchAnswer, { kind: 'leaves' }>): FetchAnswer {
  return { ...answer, leaves: [], bundles: [] };
}

function closing(taskId: Digest, set: readonly Commitment[]): Said {
  return { leaf: { type: 'CLOSE', taskId, set: commitmentSetDigest(set) }, attachment: set };
}

/** Two lists that differ, each with a commitment that came too late. */
function listsWith(actor: Actor, taskId: Digest, late: Commitment): Commitment[][] {
  const commits = [...(actor.engine?.openTasks.get(taskId)?.instance.commits.values() ?? [])];
  const others = commits
    .map(({ signer, leaf }) => ({ index: signer, commitment: leaf.commitment }))
    .filter(({ index }) => index !== late.index);
  return [others, others.slice(1)].map((list) => [...list, late].sort((a, b) => a.index - b.index));
}

/** A fresh value from some of the results and some of the lists that are held. */
function someValue(actor: Actor, taskId: Digest): Value | undefined {
  const instance = actor.engine?.openTasks.get(taskId)?.instance;
  if (instance === undefined) return undefined;
  const some = <V>(map: Iterable<[number, V]>, chance: number) =>
    new Map([...map].filter(() => actor.random.chance(chance)));
  return freshValue({ ...instance, reveals: some(instance.reveals, 0.6), closes: some(instance.closes, 0.9) });
}

function proposing(leaf: Omit<LeafOf<'PROPOSAL'>, 'valueId' | 'type'>, value: Value): Said {
  return { leaf: { type: 'PROPOSAL', ...leaf, valueId: valueIdOf(encodeCore(value.core)) }, attachment: value };
}

function proposals(actor: Actor, taskId: Digest, round: number): Said[] {
  const value = someValue(actor, taskId);
  return value === undefined ? [] : [proposing({ taskId, round, validRound: -1 }, value)];
}

function cherryPicked(actor: Actor, honest: Said): Said[] {
  const { taskId, round, valueId } = honest.leaf as LeafOf<'PROPOSAL'>;
  const value = someValue(actor, taskId);
  if (value === undefined) return [honest];
  // In place of a value with a polka, too: as if there had been none, or as if this one had had it.
  const validRound = round > 0 && actor.random.chance(0.4) ? round - 1 : -1;
  const picked = proposing({ taskId, round, validRound }, actor.random.chance(0.5) ? tampered(actor, value) : value);
  if (actor.random.chance(0.1)) return [{ ...picked, leaf: { ...picked.leaf, valueId } as LeafOf<'PROPOSAL'> }];
  if (actor.random.chance(0.5)) return [picked];
  const some = actor.peers().filter(() => actor.random.chance(0.5));
  actor.say([picked], some);
  return [honest];
}

/** A fresh value with one result less, as if there were neither a polka nor a lock, and its own votes for it. */
function championed(actor: Actor, honest: Said): Said[] {
  const { taskId, round } = honest.leaf as LeafOf<'PROPOSAL'>;
  const instance = actor.engine?.openTasks.get(taskId)?.instance;
  if (instance === undefined) return [honest];
  const reveals = new Map(instance.reveals);
  if (reveals.size > 0) reveals.delete(actor.random.pick([...reveals.keys()]));
  const value = freshValue({ ...instance, reveals });
  const validRound = round > 0 && actor.random.chance(0.3) ? round - 1 : -1;
  const proposal = proposing({ taskId, round, validRound }, value);
  const { valueId } = proposal.leaf as LeafOf<'PROPOSAL'>;
  return [
    proposal,
    { leaf: { type: 'PREVOTE', taskId, round, valueId, validRound }, attachment: null },
    { leaf: { type: 'PRECOMMIT', taskId, round, valueId }, attachment: null },
  ];
}

/** A value that does not follow from what it names: another outcome, or other lists under the same id. */
function tampered(actor: Actor, { core, closes }: Value): Value {
  if (actor.random.chance(0.5)) return { core, closes: closes.slice(1) };
  return { core: { ...core, outcome: 'APPROVED', reason: null, confidencePpm: 1_000_000 }, closes };
}

/** The same slot, with other words in it. */
function variant(actor: Actor, { leaf, attachment }: Said): Said {
  if (actor.random.chance(0.5)) return { leaf, attachment };
  if (leaf.type === 'PREVOTE') return { leaf: { ...leaf, valueId: null, validRound: -1 }, attachment };
  if (leaf.type === 'PRECOMMIT') return { leaf: { ...leaf, valueId: null }, attachment };
  if (leaf.type === 'CLOSE') return closing(leaf.taskId, (attachment as Commitment[]).slice(1));
  if (leaf.type === 'PROPOSAL') return cherryPicked(actor, { leaf, attachment })[0]!;
  return { leaf, attachment };
}
