import type { Logger, TimelineEntry } from '../engine/ports.ts';
import type { Cert } from '../protocol/bundle.ts';
import type { Committee } from '../protocol/committee.ts';
import { EVENT_TEXTS, REASON_TEXTS } from '../protocol/explanation.ts';
import type { Digest } from '../protocol/hash.ts';
import { decodeCore } from '../protocol/value.ts';
import type { NodeWatcher } from './validator-node.ts';

/** Characters of an id that tell tasks and keys apart for people. */
const ID_CHARS = 8;

/** Tells each task's way as a story: every step at debug, its end at info. Nothing that a peer wrote is in it. */
export class TaskStory implements NodeWatcher {
  readonly #logger: Logger;
  readonly #committee: Committee;

  constructor(logger: Logger, committee: Committee) {
    this.#logger = logger;
    this.#committee = committee;
  }

  onProgress(taskId: Digest, entry: TimelineEntry): void {
    this.#logger.debug({ taskId }, `task ${taskId.slice(0, ID_CHARS)}: ${this.#sentence(entry)}`);
  }

  onDecided(taskId: Digest, { coreBytes, votes }: Cert): void {
    const { outcome, reason } = decodeCore(coreBytes);
    const why = reason === null ? '' : ` (${REASON_TEXTS[reason].words})`;
    const rounds = votes[0]!.leaf.round + 1;
    const id = taskId.slice(0, ID_CHARS);
    this.#logger.info({ taskId, outcome, reason, rounds }, `task ${id}: ${outcome}${why}, and the decision is stored`);
  }

  #sentence({ event, validatorIndex, round, reason, note }: TimelineEntry): string {
    const key = validatorIndex === undefined ? undefined : this.#committee.validators[validatorIndex]?.publicKey;
    const who = key === undefined ? '' : `validator ${validatorIndex} (${key.slice(0, ID_CHARS)}…) `;
    const told = note ?? (reason === undefined ? undefined : REASON_TEXTS[reason].words);
    const inRound = round === undefined ? '' : `, round ${round}`;
    return `${who}${EVENT_TEXTS[event]}${inRound}${told === undefined || told === '' ? '' : `: ${told}`}`;
  }
}
