import type { Logger, TimelineEntry } from '../engine/ports.ts';
import type { Cert } from '../protocol/bundle.ts';
import type { Committee } from '../protocol/committee.ts';
import { EVENT_TEXTS, REASON_TEXTS } from '../protocol/explanation.ts';
import type { Digest } from '../protocol/hash.ts';
import { decodeCore } from '../protocol/value.ts';
import type { NodeWatcher } from './node-watcher.ts';

/** Characters of an id that tell tasks and keys apart for people. */
const ID_CHARS = 8;

/** Tells each task's way as a story: every step at debug, its end at info. Nothing that a peer wrote is in it. */
export class TaskStory implements NodeWatcher {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  onProgress(taskId: Digest, entry: TimelineEntry, committee: Committee): void {
    this.#logger.debug({ taskId }, `task ${taskId.slice(0, ID_CHARS)}: ${sentence(entry, committee)}`);
  }

  onDecided(taskId: Digest, { coreBytes, votes }: Cert): void {
    const { outcome, reason } = decodeCore(coreBytes);
    const why = reason === null ? '' : ` (${REASON_TEXTS[reason].words})`;
    const rounds = votes[0]!.leaf.round + 1;
    const id = taskId.slice(0, ID_CHARS);
    this.#logger.info({ taskId, outcome, reason, rounds }, `task ${id}: ${outcome}${why}, and the decision is stored`);
  }
}

function sentence({ event, validatorIndex, round, reason, note }: TimelineEntry, { validators }: Committee): string {
  const key = validatorIndex === undefined ? undefined : validators[validatorIndex]?.publicKey;
  const who = key === undefined ? '' : `validator ${validatorIndex} (${key.slice(0, ID_CHARS)}…) `;
  const told = note ?? (reason === undefined ? undefined : REASON_TEXTS[reason].words);
  const inRound = round === undefined ? '' : `, round ${round}`;
  return `${who}${EVENT_TEXTS[event]}${inRound}${told === undefined || told === '' ? '' : `: ${told}`}`;
}
