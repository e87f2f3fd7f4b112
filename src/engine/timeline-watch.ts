import type { Entries } from '../consensus/lazy.ts';
import type { Effect, Input, Instance, Round, VoteTally } from '../consensus/state.ts';
import { proposerOf } from '../consensus/state.ts';
import type { ReasonCode } from '../protocol/explanation.ts';
import type { Digest } from '../protocol/hash.ts';
import type { TimelineEntry } from './ports.ts';

/** Tells of an entry; its time is added. */
export type Tell = (taskId: Digest, entry: Untimed) => void;

type Untimed = Omit<TimelineEntry, 'atMs'>;

/** Stages of a round that are told once. */
type Stage = 'proposed' | 'prevoted' | 'precommitted';

/** Sees what each input changed in an instance, so that the core itself knows nothing of timelines. */
export class TimelineWatch {
  readonly #instance: Instance;
  readonly #onEntry: Tell;
  /** How many of each were told, in the order in which they came: none is ever taken back. */
  readonly #told = { committed: 0, closed: 0, revealed: 0 };
  readonly #stages: Stage[] = [];
  #round: number;

  constructor(instance: Instance, onEntry: Tell) {
    this.#instance = instance;
    this.#onEntry = onEntry;
    this.#round = instance.round;
  }

  /** To be called after each step of the instance, with what went in and what came out. */
  observe(input: Input, effects: readonly Effect[]): void {
    const { commits, closes, reveals } = this.#instance;
    if (input.kind === 'deadline') this.#tell({ event: 'deadline_passed', reason: 'deadline_passed' });
    this.#tellNew('committed', commits);
    this.#tellNew('closed', closes);
    this.#tellNew('revealed', reveals);
    if (this.#instance.round !== this.#round) this.#tellRound();
    this.#tellStages();
    for (const effect of effects) this.#tellEffect(effect, input);
  }

  #tell(entry: Untimed): void {
    this.#onEntry(this.#instance.taskId, entry);
  }

  #tellNew(event: 'committed' | 'closed' | 'revealed', said: Entries<number, unknown>): void {
    const told = this.#told[event];
    if (said.size === told) return;
    this.#told[event] = said.size;
    for (const validatorIndex of [...said.keys()].slice(told)) this.#tell({ event, validatorIndex });
  }

  #tellRound(): void {
    const { round } = this.#instance;
    if (this.#round >= 0) {
      this.#tellStages(); // what came with the votes that ended it
      this.#tell({ event: 'round_ended', round: this.#round, ...this.#whyEnded(this.#round) });
    }
    this.#round = round;
    this.#stages.length = 0;
    this.#tell({ event: 'round_started', round, validatorIndex: proposerOf(this.#instance, round) });
  }

  /** Why a round came to nothing; its proposer is named where it is about the proposer. */
  #whyEnded(number: number): { reason: ReasonCode; validatorIndex?: number } {
    const { committee, rounds } = this.#instance;
    const round = rounds.get(number);
    if (round === undefined || round.precommits.weight < committee.quorum) return { reason: 'others_went_on' };
    if (round.proposals.length === 0)
      return { reason: 'proposer_silent', validatorIndex: proposerOf(this.#instance, number) };
    return { reason: this.#hasQuorum(round.prevotes, null) ? 'proposal_refused' : 'votes_missing' };
  }

  #tellStages(): void {
    const round = this.#instance.rounds.get(this.#round);
    if (round === undefined || this.#stages.length === 3) return;
    const validatorIndex = proposerOf(this.#instance, this.#round);
    if (round.proposals.length > 0) this.#tellStage('proposed', { validatorIndex });
    if (this.#hasQuorum(round.prevotes)) this.#tellStage('prevoted');
    if (this.#hasQuorum(round.precommits)) this.#tellStage('precommitted');
  }

  #tellStage(stage: Stage, more: { validatorIndex?: number } = {}): void {
    if (this.#stages.includes(stage)) return;
    this.#stages.push(stage);
    this.#tell({ event: stage, round: this.#round, ...more });
  }

  /** @param valueId null for nil; left out for any value */
  #hasQuorum(tally: Round['prevotes'] | Round['precommits'], valueId?: null): boolean {
    const { quorum } = this.#instance.committee;
    return [...(tally as VoteTally).groups.values()].some(
      ({ weight, leaf }) => weight >= quorum && (valueId === null ? leaf.valueId === null : leaf.valueId !== null),
    );
  }

  #tellEffect(effect: Effect, input: Input): void {
    if (effect.kind === 'evidence')
      this.#tell({ event: 'equivocated', reason: 'equivocated', validatorIndex: effect.leaves[0].signer });
    if (effect.kind === 'muted') this.#tell({ event: 'following_only', reason: 'following_only' });
    if (effect.kind !== 'decided') return;
    const told = input.kind === 'bundle' && input.bundle.kind === 'CERT';
    this.#tell({
      event: 'decided',
      round: effect.cert.votes[0]!.leaf.round,
      ...(told ? { note: 'by the certificate of a peer' } : {}),
    });
  }
}
