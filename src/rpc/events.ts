import { z } from 'zod';
import { OUTCOMES, REASONS } from '../protocol/value.ts';
import { healthReport, taskProgress } from './views.ts';

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const peer = z.strictObject({
  publicKey: digest,
  /** Position in the genesis, or null for an observer. */
  validatorIndex: z.int().min(0).nullable(),
});

/** What happens at a node, as `GET /events` tells it; nothing of a judgement before its reveal. */
export const EVENTS = {
  /** A task was taken in, from a client or a peer. */
  'task.seen': z.strictObject({ taskId: digest, type: z.enum(['CODE_REVIEW', 'SKILL_ASSESSMENT']) }),
  /** A statement about an open task came in; several at once are told as one. */
  'task.progress': z.strictObject({ taskId: digest, ...taskProgress.shape }),
  /** A decision is durable: the result can be fetched. */
  'task.decided': z.strictObject({
    taskId: digest,
    outcome: z.enum(OUTCOMES),
    reason: z.enum(REASONS).exactOptional(),
    approved: z.boolean(),
    confidence: z.number().min(0).max(1),
  }),
  'peer.connected': peer,
  'peer.disconnected': peer,
  /** The health report, whenever it differs from the one before. */
  'health.changed': healthReport,
  /** Events between the last id that the client saw and this one are gone: ask for the state anew. */
  reset: z.strictObject({ reason: z.string() }),
  /** The last event before this server ends the connection; come back with the last id. */
  dropped: z.strictObject({ reason: z.string() }),
} as const;

export type EventType = keyof typeof EVENTS;
/** What the node itself tells. */
export type NodeEventType = Exclude<EventType, 'reset' | 'dropped'>;
type Told<Type extends EventType> = { [T in Type]: { type: T; data: z.output<(typeof EVENTS)[T]> } }[Type];
export type NodeEvent = Told<NodeEventType>;
/** An event as a client gets it; ids ascend, over restarts of the node too. */
export type RpcEvent = Told<EventType> & { id: number };

export const EVENT_TYPES = Object.keys(EVENTS) as EventType[];
