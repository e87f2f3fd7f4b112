import { setTimeout as wait } from 'node:timers/promises';
import type { VerifyingClient } from '../node/client.ts';
import { authenticEnvelope } from '../node/verify-attestation.ts';
import { fromHex } from '../protocol/bytes.ts';
import type { ConsensusResult } from '../protocol/consensus-result.ts';
import type { DsseEnvelope } from '../protocol/dsse.ts';
import { committeeOfResult } from '../protocol/epoch-change.ts';
import { ValidationError } from '../protocol/errors.ts';
import { parseTask, type Task } from '../protocol/task.ts';
import { decodeCore } from '../protocol/value.ts';

/** A validator attests what it has stored, which is up to a moment after another has said that it is decided. */
const ASKED_AT_MOST = 6;
const ASK_AGAIN_MS = 250;

/**
 * The in-toto statement of a verified result, with the signatures of a quorum; the node's own word counts for nothing.
 * Asks again for a moment where validators have just decided.
 * @throws ValidationError UNAVAILABLE, NO_TASK, NOT_AUTHENTIC
 */
export async function attestationOf(
  client: VerifyingClient,
  result: ConsensusResult,
  signal: AbortSignal,
): Promise<DsseEnvelope> {
  const task = await heldTask(client, result.taskId, signal);
  for (let asked = 1; ; asked++) {
    try {
      return await attestationNow(client, result, task, signal);
    } catch (error) {
      if (asked === ASKED_AT_MOST || !isUnavailable(error)) throw error;
      await wait(ASK_AGAIN_MS, undefined, { signal });
    }
  }
}

async function attestationNow(
  client: VerifyingClient,
  { taskId, core, ...result }: ConsensusResult,
  task: Task,
  signal: AbortSignal,
): Promise<DsseEnvelope> {
  const envelope = await client.rpc.call('pheme_getAttestation', { taskId }, { signal });
  if (envelope === null)
    throw new ValidationError('no validator attests the result now: ask another node', 'UNAVAILABLE');
  const committee = committeeOfResult(client.genesis, result);
  return authenticEnvelope(envelope, committee, { core: decodeCore(fromHex(core)), task });
}

const isUnavailable = (error: unknown) => error instanceof ValidationError && error.code === 'UNAVAILABLE';

/** A task's body; the caller compares its id. @throws ValidationError NO_TASK, INVALID_TASK */
export async function heldTask({ rpc }: VerifyingClient, taskId: string, signal: AbortSignal): Promise<Task> {
  const task = (await rpc.call('pheme_getTask', { taskId }, { signal }))?.task;
  if (task == null)
    throw new ValidationError('the node does not hold the task any more: ask another', 'NO_TASK', { taskId });
  return parseTask(task);
}
