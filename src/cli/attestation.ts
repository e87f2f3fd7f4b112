import type { VerifyingClient } from '../node/client.ts';
import { authenticEnvelope } from '../node/verify-attestation.ts';
import { fromHex } from '../protocol/bytes.ts';
import type { ConsensusResult } from '../protocol/consensus-result.ts';
import type { DsseEnvelope } from '../protocol/dsse.ts';
import { committeeOfResult } from '../protocol/epoch-change.ts';
import { ValidationError } from '../protocol/errors.ts';
import { parseTask, type Task } from '../protocol/task.ts';
import { decodeCore } from '../protocol/value.ts';

/**
 * The in-toto statement of a verified result, with the signatures of a quorum; the node's own word counts for nothing.
 * @throws ValidationError UNAVAILABLE, NO_TASK, NOT_AUTHENTIC
 */
export async function attestationOf(
  client: VerifyingClient,
  result: ConsensusResult,
  signal: AbortSignal,
): Promise<DsseEnvelope> {
  const { taskId, core } = result;
  const envelope = await client.rpc.call('pheme_getAttestation', { taskId }, { signal });
  if (envelope === null)
    throw new ValidationError('no validator attests the result now: ask another node', 'UNAVAILABLE');
  const task = await heldTask(client, taskId, signal);
  return authenticEnvelope(envelope, committeeOfResult(client.genesis, result), {
    core: decodeCore(fromHex(core)),
    task,
  });
}

/** A task's body; the caller compares its id. @throws ValidationError NO_TASK, INVALID_TASK */
export async function heldTask({ rpc }: VerifyingClient, taskId: string, signal: AbortSignal): Promise<Task> {
  const task = (await rpc.call('pheme_getTask', { taskId }, { signal }))?.task;
  if (task == null)
    throw new ValidationError('the node does not hold the task any more: ask another', 'NO_TASK', { taskId });
  return parseTask(task);
}
