import type { TimelineEntry } from '../engine/ports.ts';
import type { Committee } from '../protocol/committee.ts';
import type { Standing } from '../protocol/explanation.ts';
import type { Digest } from '../protocol/hash.ts';
import type { Core } from '../protocol/value.ts';
import type { Participation } from '../rpc/api.ts';
import { effectiveFamilies, type FamilyVotes } from './explain/effective-families.ts';
import { abstentionOf, standingsOf } from './explain/standing.ts';

/** Decided tasks over which participation is counted: some days of a busy team, and a MB or two of memory. */
export const WINDOW_TASKS_MAX = 1_000;

/** A decided task as this node knows it. */
export interface DecidedTaskRecord {
  taskId: Digest;
  core: Core;
  /** Positions of the validators whose signatures the certificate holds. */
  signers: ReadonlySet<number>;
  /** Empty if this node was not there. */
  timeline: readonly TimelineEntry[];
}

interface Mark {
  standing: Standing;
  committed: boolean;
  revealed: boolean;
  signed: boolean;
  commitMs: number | null;
}

/** One decided task of the window. */
interface Row {
  marks: Mark[];
  families: FamilyVotes;
}

/** What every validator did for the latest tasks that this node holds; the oldest are forgotten. */
export class ParticipationWindow {
  readonly #committee: Committee;
  readonly #tasksMax: number;
  /** Oldest first. */
  #rows = new Map<Digest, Row>();
  readonly #equivocations: number[];

  constructor(committee: Committee, tasksMax = WINDOW_TASKS_MAX) {
    this.#committee = committee;
    this.#tasksMax = tasksMax;
    this.#equivocations = committee.validators.map(() => 0);
  }

  /** A task was decided. */
  add(task: DecidedTaskRecord): void {
    if (this.#rows.has(task.taskId)) return;
    this.#rows.set(task.taskId, this.#rowOf(task));
    if (this.#rows.size > this.#tasksMax) this.#rows.delete(this.#rows.keys().next().value as Digest);
  }

  /** Puts tasks of the runs before in front of those of this one. @param tasks newest first */
  addEarlier(tasks: readonly DecidedTaskRecord[]): void {
    const earlier = tasks
      .filter(({ taskId }) => !this.#rows.has(taskId))
      .slice(0, this.#tasksMax - this.#rows.size)
      .map((task): [Digest, Row] => [task.taskId, this.#rowOf(task)]);
    this.#rows = new Map([...earlier.reverse(), ...this.#rows]);
  }

  /** True once no earlier task finds room. */
  get isFull(): boolean {
    return this.#rows.size >= this.#tasksMax;
  }

  /** A signature that came after the decision: to sign is to take part, however late. */
  credit(taskId: Digest, index: number): void {
    const mark = this.#rows.get(taskId)?.marks[index];
    if (mark === undefined) return;
    mark.signed = true;
    if (mark.standing === 'missing') mark.standing = 'late';
  }

  /** Proof is held that a validator signed two different statements for one slot. */
  equivocated(index: number): void {
    if (this.#equivocations[index] !== undefined) this.#equivocations[index] += 1;
  }

  of(index: number): Participation {
    const marks = [...this.#rows.values()].map((row) => row.marks[index]!);
    const count = (test: (mark: Mark) => boolean) => marks.filter(test).length;
    const standing = (wanted: Standing) => count((mark) => mark.standing === wanted);
    const commitMs = marks.flatMap((mark) => mark.commitMs ?? []).sort((a, b) => a - b);
    return {
      tasks: marks.length,
      committed: count(({ committed }) => committed),
      revealed: count(({ revealed }) => revealed),
      agreed: standing('agreed'),
      dissented: standing('dissented'),
      voted: standing('voted'),
      abstained: standing('abstained'),
      late: standing('late'),
      unrevealed: standing('unrevealed'),
      missing: standing('missing'),
      signed: count(({ signed }) => signed),
      commitMsP50: quantile(commitMs, 0.5),
      commitMsP99: quantile(commitMs, 0.99),
      equivocations: this.#equivocations[index] ?? 0,
    };
  }

  /** See {@link effectiveFamilies}; null if too little is known. */
  effectiveFamilies(): number | null {
    const effective = effectiveFamilies([...this.#rows.values()].map(({ families }) => families));
    return effective === undefined ? null : Math.round(effective * 100) / 100;
  }

  #rowOf({ core, signers, timeline }: DecidedTaskRecord): Row {
    const marks = standingsOf({ committee: this.#committee, core, signers, timeline }).map((found) => ({
      standing: found.standing,
      committed: found.committedAfterMs !== null || found.result !== undefined || found.standing === 'unrevealed',
      revealed: found.result !== undefined,
      signed: found.signed,
      commitMs: found.committedAfterMs,
    }));
    return { marks, families: familyVotes(this.#committee, core) };
  }
}

/** The mean vote of each family's validators that gave a verdict. */
function familyVotes(committee: Committee, core: Core): FamilyVotes {
  const votes = new Map<string, number[]>();
  for (const { result } of core.reveals) {
    if (abstentionOf(committee, result) !== undefined) continue;
    votes.set(result.modelFamily, [...(votes.get(result.modelFamily) ?? []), result.vote === 'approve' ? 1 : -1]);
  }
  return new Map([...votes].map(([family, all]) => [family, all.reduce((sum, vote) => sum + vote, 0) / all.length]));
}

/** By nearest rank, of ascending values; null of none. */
function quantile(sorted: readonly number[], share: number): number | null {
  return sorted.length === 0 ? null : sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
}
