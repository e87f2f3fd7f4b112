import type { ConsensusResult } from '../../protocol/consensus-result.ts';
import type { Signer } from '../../protocol/ed25519.ts';
import type { Task } from '../../protocol/task.ts';
import type { WebhookEvent } from '../../protocol/webhook.ts';
import type { AdapterHost } from '../adapter.ts';

const TYPES: Readonly<Record<ConsensusResult['outcome'], WebhookEvent>> = {
  APPROVED: 'pheme.task.decided.v1',
  REJECTED: 'pheme.task.decided.v1',
  INCONCLUSIVE: 'pheme.task.inconclusive.v1',
  EXPIRED: 'pheme.task.expired.v1',
};

/** A CloudEvent 1.0 in structured JSON form; the same bytes for every attempt. */
export interface CloudEvent {
  specversion: '1.0';
  /** The task's id: with the source it is unique, and it is the same for every node that tells of the task. */
  id: string;
  /** The network and the node: `pheme:NETWORK_ID/PUBLIC_KEY`. */
  source: string;
  type: WebhookEvent;
  subject: string;
  /** When it was decided, ISO 8601. */
  time: string;
  datacontenttype: 'application/json';
  data: { result: ConsensusResult; task: TaskFacts | null };
}

/** What receivers need to know what it was about, and nothing of the body; null where the node does not hold it. */
type TaskFacts = Pick<Task, 'type' | 'repository' | 'headSha' | 'baseSha' | 'subject'> & {
  pullRequestUrl?: string;
  skill?: string;
  level?: number;
};

/** The result goes as `pheme verify` takes it, without reports: they quote what is private. */
export function eventOf(
  { networkId, publicKey }: Pick<AdapterHost, 'networkId' | 'publicKey'>,
  result: ConsensusResult,
  task: Task | null,
): CloudEvent {
  const { judgements: _reports, findings: _quotes, modelFamilies: _families, ...proof } = result;
  return {
    specversion: '1.0',
    id: result.taskId,
    source: `pheme:${networkId}/${publicKey}`,
    type: TYPES[result.outcome],
    subject: result.taskId,
    time: result.decidedAt,
    datacontenttype: 'application/json',
    data: { result: proof, task: task === null ? null : factsOf(task) },
  };
}

function factsOf(task: Task): TaskFacts {
  const { type, repository, headSha, baseSha, subject } = task;
  const about =
    task.type === 'CODE_REVIEW'
      ? { pullRequestUrl: task.pullRequest.url }
      : { skill: task.criteria.skill, level: task.criteria.level };
  const given = Object.entries({ repository, headSha, baseSha, subject }).filter(([, value]) => value !== undefined);
  return { type, ...Object.fromEntries(given), ...about };
}

/** Headers of the Standard Webhooks specification, asymmetric form: `v1a` is Ed25519 over `id.timestamp.body`. */
export function signedHeaders(id: string, body: string, signer: Signer, nowMs: number): Record<string, string> {
  const timestamp = String(Math.floor(nowMs / 1000));
  const signature = Buffer.from(signer.sign(Buffer.from(`${id}.${timestamp}.${body}`))).toString('base64');
  return {
    'content-type': 'application/cloudevents+json; charset=utf-8',
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1a,${signature}`,
  };
}
