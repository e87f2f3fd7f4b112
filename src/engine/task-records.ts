import type { Digest } from '../protocol/hash.ts';
import type { Authentic, SignedLeaf } from '../protocol/signed-leaf.ts';
import type { Certificates } from './certificates.ts';
import { LateVotes } from './late-votes.ts';
import type { Logger } from './ports.ts';
import { Timelines, type TimelinesContext } from './timeline.ts';

/** How this node came to know a task: in words, and by whose statement. */
export interface Origin {
  note: string;
  validatorIndex?: number;
  /** Who signed that the task came in by it. */
  announcedBy?: number;
}

/** What is recorded beside the agreement: timelines, and the signatures that come after a decision. */
export class TaskRecords {
  readonly timelines: Timelines;
  readonly #lateVotes: LateVotes;
  readonly #logger: Logger;

  constructor(context: TimelinesContext & { certificates: Certificates }) {
    this.#logger = context.logger;
    this.timelines = new Timelines(context);
    this.#lateVotes = new LateVotes({
      ...context,
      onCredited: (taskId, validatorIndex, round) =>
        this.timelines.note(taskId, { event: 'late_signature', validatorIndex, round }),
    });
  }

  /** @param origin left out for a task that was open before a restart */
  opened(taskId: Digest, maySign: boolean, origin?: Origin): void {
    this.timelines.begin(taskId);
    const { announcedBy: _, ...seen } = origin ?? { note: '' };
    this.timelines.note(taskId, origin === undefined ? { event: 'restarted' } : { event: 'seen', ...seen });
    if (!maySign) this.timelines.note(taskId, { event: 'following_only', reason: 'following_only' });
    if (origin === undefined) this.timelines.restore(taskId);
  }

  /** Something was said of a task after its decision here. */
  lateLeaf(leaf: Authentic<SignedLeaf>): void {
    this.#lateVotes.take(leaf);
  }

  /** Writes what gathers in memory; what cannot be written is lost, and told at debug. */
  async flush(): Promise<void> {
    try {
      await this.#lateVotes.credit();
      await this.timelines.flush();
    } catch (error) {
      this.#logger.debug({ error: (error as Error).message }, 'timelines and late signatures were not written');
    }
  }

  /** Writes no more. */
  stop(): void {
    this.#lateVotes.stop();
    this.timelines.stop();
  }
}
