import type { StoredEvidence } from '../../engine/ports.ts';
import { toHex } from '../../protocol/bytes.ts';
import type { ConsensusResult } from '../../protocol/consensus-result.ts';
import type { Genesis } from '../../protocol/genesis.ts';
import type { Digest } from '../../protocol/hash.ts';
import type { Task } from '../../protocol/task.ts';

/** A decision as it is mirrored; the body is null where it is not held. */
export interface MirroredDecision {
  sequence: number;
  result: ConsensusResult;
  task: Task | null;
}

/** Rows of one table by column; what is undefined or left out becomes NULL. */
export type Row = Readonly<Record<string, unknown>>;

export function taskRow({ result, task }: MirroredDecision): Row {
  const ids = { task_id: result.taskId, network_id: result.networkId };
  if (task === null) return ids;
  const { type, repository, headSha, baseSha, subject, attempt, escalates, deadline } = task;
  return {
    ...ids,
    type,
    repository,
    head_sha: headSha,
    base_sha: baseSha,
    subject,
    attempt: attempt ?? 0,
    escalates: escalates?.taskId,
    deadline: deadline === undefined ? undefined : timeOf(deadline),
    ...(task.type === 'CODE_REVIEW'
      ? { pull_request_url: task.pullRequest.url }
      : { skill: task.criteria.skill, level: task.criteria.level }),
    body: task,
  };
}

/** PostgreSQL reads years of more than four digits without the sign that ISO 8601 wants before them. */
function timeOf(unixSeconds: number): string {
  return new Date(unixSeconds * 1000).toISOString().replace(/^\+0*/, '');
}

export function resultRow({ result }: MirroredDecision): Row {
  return {
    task_id: result.taskId,
    network_id: result.networkId,
    config_digest: result.configDigest,
    outcome: result.outcome,
    reason: result.reason,
    approved: result.approved,
    confidence: result.confidence,
    score: result.score,
    decided_at: result.decidedAt,
    validators: result.validators,
    signatures: result.signatures,
    core: result.core,
    certificate: result.certificate,
  };
}

export function judgementRows(result: ConsensusResult): Row[] {
  return (result.judgements ?? []).map((judgement) => ({
    task_id: result.taskId,
    validator: judgement.validator,
    vote: judgement.vote,
    abstain_reason: judgement.abstainReason,
    confidence: judgement.confidence,
    score: judgement.score,
    complete: judgement.complete,
    model_id: judgement.model.id,
    model_family: judgement.model.family,
    model_digest: judgement.model.digest,
    prompt_digest: judgement.promptDigest,
    judged_at: judgement.judgedAt,
    report_digest: judgement.reportDigest,
    report: judgement.report,
  }));
}

export function deliveryRow(node: string, { sequence, result }: MirroredDecision): Row {
  return { node, sequence, task_id: result.taskId };
}

export function validatorRows(networkId: Digest, { validators }: Genesis): Row[] {
  return validators.map(({ publicKey, weight }, index) => ({
    network_id: networkId,
    public_key: publicKey,
    validator_index: index,
    weight,
  }));
}

export function evidenceRow({ validators }: Genesis, stored: StoredEvidence): Row {
  return {
    task_id: stored.taskId,
    validator: validators[stored.validatorIndex]!.publicKey,
    validator_index: stored.validatorIndex,
    slot: stored.slot,
    evidence: toHex(stored.evidenceBytes),
  };
}

/** PostgreSQL keeps no NUL in text: it becomes U+FFFD, as does half a surrogate pair; the signed bytes keep theirs. */
export function rowsToJson(rows: readonly Row[]): string {
  return JSON.stringify(rows, (_name, value: unknown) =>
    typeof value === 'string' ? value.replaceAll('\0', '\u{fffd}').toWellFormed() : value,
  );
}
