import type { Logger, Notes } from '../engine/ports.ts';
import { asksTheSame } from '../protocol/escalation.ts';
import type { Digest } from '../protocol/hash.ts';
import { decodeTask, type Task } from '../protocol/task.ts';
import type { EscalationLinks } from '../rpc/api.ts';
import type { ValidatorNode } from './validator-node.ts';

/** Of one task: a person asks again some times, and whoever asks more often fills no disk by it. */
const LINKS_MAX = 16;

export interface EscalationsContext {
  node: Pick<ValidatorNode, 'store' | 'watch'>;
  notes: Notes;
  logger: Logger;
}

/**
 * Which tasks ask others again. The second names the first, which is signed; that the first was asked again is noted
 * here when the second comes in, and only if it asks the same.
 */
export class Escalations {
  readonly #context: EscalationsContext;
  readonly #unwatch: () => void;
  #writing: Promise<void> = Promise.resolve();

  constructor(context: EscalationsContext) {
    this.#context = context;
    this.#unwatch = context.node.watch({ onOpened: (taskId, task) => this.#noteLater(taskId, task) });
  }

  /** @param task null where its body is not held: what it escalates is then not known */
  async linksOf(taskId: Digest, task: Task | null): Promise<EscalationLinks> {
    const escalatedBy = await this.#escalatedBy(taskId);
    const { escalates } = task ?? {};
    return {
      ...(escalates === undefined || task === null
        ? {}
        : { escalates: { ...escalates, sameQuestion: await this.#asksAgain(task, escalates.taskId) } }),
      ...(escalatedBy.length === 0 ? {} : { escalatedBy }),
    };
  }

  /** Resolves once what came in is noted. */
  async stop(): Promise<void> {
    this.#unwatch();
    await this.#writing;
  }

  #noteLater(taskId: Digest, task: Task): void {
    const first = task.escalates?.taskId;
    if (first === undefined) return;
    this.#writing = this.#writing
      .then(() => this.#note(first, taskId, task))
      .catch((error: Error) =>
        this.#context.logger.debug({ taskId, error: error.message }, 'an escalation was not noted'),
      );
  }

  async #note(first: Digest, second: Digest, task: Task): Promise<void> {
    const known = await this.#escalatedBy(first);
    if (known.includes(second) || known.length >= LINKS_MAX || !(await this.#asksAgain(task, first))) return;
    await this.#context.notes.set(noteOf(first), [...known, second].join(' '));
  }

  async #escalatedBy(taskId: Digest): Promise<Digest[]> {
    const text = await this.#context.notes.get(noteOf(taskId));
    return text === undefined || text === '' ? [] : text.split(' ');
  }

  /** Null where the first task's body is not held. */
  async #asksAgain(task: Task, first: Digest): Promise<boolean | null> {
    const stored = await this.#context.node.store.task(first);
    return stored === undefined ? null : asksTheSame(task, decodeTask(stored.taskBytes));
  }
}

function noteOf(taskId: Digest): string {
  return `escalated/${taskId}`;
}
