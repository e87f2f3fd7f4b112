import type { Committee } from '../protocol/committee.ts';
import { type DsseEnvelope, parseEnvelope, signersOf } from '../protocol/dsse.ts';
import { ValidationError } from '../protocol/errors.ts';
import type { Digest } from '../protocol/hash.ts';
import { statementBytes } from '../protocol/statement.ts';
import { encodeTask, type Task, taskIdOf } from '../protocol/task.ts';
import type { Core } from '../protocol/value.ts';

/** What an attestation was checked against. */
export interface AttestedResult {
  /** Of an authentic result. */
  core: Core;
  /** The task, whose id must be the core's. */
  task: Task;
}

/**
 * Checks an envelope that a node gave: its payload must be the statement that follows from the verified result and the
 * task, and validators of a quorum's weight must have signed it. What is no validator's, or does not hold, is dropped.
 * @throws ValidationError NOT_AUTHENTIC, and UNAVAILABLE with less than a quorum
 */
export function authenticEnvelope(input: unknown, committee: Committee, { core, task }: AttestedResult): DsseEnvelope {
  const envelope = parseEnvelope(input);
  assertTask(committee, core.taskId, task);
  const payload = Buffer.from(statementBytes(core, task)).toString('base64');
  if (envelope.payload !== payload) {
    throw new ValidationError('the attestation is not the statement that follows from the result', 'NOT_AUTHENTIC');
  }
  const { signers, weight, refused } = signersOf(committee, envelope);
  if (weight < committee.quorum) {
    const message = `validators of weight ${weight} attest the result now, a quorum is ${committee.quorum} of ${committee.totalWeight}: ask again when more of them can be reached`;
    throw new ValidationError(message, 'UNAVAILABLE', { signers, refused });
  }
  const holds = ({ keyid }: { keyid: string }) => !refused.includes(keyid);
  return { ...envelope, signatures: envelope.signatures.filter(holds) };
}

function assertTask({ networkId, epoch }: Committee, taskId: Digest, task: Task): void {
  if (taskIdOf(networkId, epoch, encodeTask(task)) === taskId) return;
  throw new ValidationError(`the node's task is not ${taskId}: its id is another`, 'NOT_AUTHENTIC');
}
