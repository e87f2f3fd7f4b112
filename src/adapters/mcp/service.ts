import type { ConsensusResult } from '../../protocol/consensus-result.ts';
import type { Digest } from '../../protocol/hash.ts';
import type { OpenSkillTask, Recommendations } from '../../protocol/recommendation.ts';
import type { Task } from '../../protocol/task.ts';

/** One check of a verification. */
export interface ServiceCheck {
  name: string;
  ok: boolean;
  detail: string;
}

/** What the tools ask; behind it stands a client that takes a node's word for nothing. */
export interface ValidationService {
  /** @throws ValidationError */
  submit(task: Task, signal: AbortSignal): Promise<Digest>;
  /** A verified result, or null while there is none. @throws ValidationError NOT_AUTHENTIC */
  result(taskId: Digest, signal: AbortSignal): Promise<ConsensusResult | null>;
  /** @throws ValidationError TIMEOUT, UNAVAILABLE, NOT_AUTHENTIC */
  wait(task: Task, timeoutMs: number, signal: AbortSignal): Promise<ConsensusResult>;
  /** Checks a result from anywhere against the pinned genesis, offline. */
  verify(result: unknown, task: Task | undefined): { authentic: boolean; satisfied: boolean; checks: ServiceCheck[] };
  /** Ranks open tasks for a subject by its signed results. */
  recommend(
    params: { subject: string; tasks: OpenSkillTask[]; limit: number },
    signal: AbortSignal,
  ): Promise<Recommendations>;
}
