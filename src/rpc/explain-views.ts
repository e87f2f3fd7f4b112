import { z } from 'zod';
import { REASON_CODES, STANDINGS, TIMELINE_EVENTS } from '../protocol/explanation.ts';
import { OUTCOMES, REASONS } from '../protocol/value.ts';

/** The shapes of explanations and participation. Times are ISO 8601 in UTC; durations milliseconds; indexes from 0. */

const count = z.int().min(0);
const durationMs = z.number().min(0);
const digest = z.string().regex(/^[0-9a-f]{64}$/);
const time = z.iso.datetime();

const timelineEntry = z.strictObject({
  at: time,
  event: z.enum(TIMELINE_EVENTS),
  /** Whose it is, or null where it is the network's. */
  validatorIndex: count.nullable(),
  /** Round of the vote from 0, or null outside of it. */
  round: count.nullable(),
  /** More about it, in words. */
  note: z.string().exactOptional(),
});

/** What a validator did for one task. */
const validatorExplanation = z.strictObject({
  index: count,
  publicKey: digest,
  standing: z.enum(STANDINGS),
  /** Why, where it is not simply part of the outcome. */
  reason: z.enum(REASON_CODES).exactOptional(),
  /** The same in a sentence. */
  words: z.string(),
  /** Once it is revealed, and so are the next three. */
  vote: z.enum(['approve', 'reject', 'abstain']).exactOptional(),
  /** 0 to 1. */
  confidence: z.number().min(0).max(1).exactOptional(),
  model: z.string().exactOptional(),
  family: z.string().exactOptional(),
  /** After the task was first seen here; null if this node did not see it commit. */
  committedAfterMs: durationMs.nullable(),
  revealedAfterMs: durationMs.nullable(),
  /** Its signature stands in the certificate held here. */
  signed: z.boolean(),
});

/** Tasks that ask for a reason what is decided already, and those they ask again. */
export const escalationLinks = z.strictObject({
  /** What the task says that it escalates; `sameQuestion` is null where the first body is not held here. */
  escalates: z
    .strictObject({ taskId: digest, reason: z.string(), sameQuestion: z.boolean().nullable() })
    .exactOptional(),
  /** Tasks that asked the same again, oldest first; only those that this node met undecided. */
  escalatedBy: z.array(digest).exactOptional(),
});

/**
 * A task's story as this node saw it, in the words that status, readiness and alerts use too. Nothing of a judgement
 * shows here before its reveal.
 */
export const taskExplanation = z.strictObject({
  taskId: digest,
  state: z.enum(['open', 'decided']),
  outcome: z.enum(OUTCOMES).exactOptional(),
  /** Why there is no verdict. */
  reason: z.enum(REASONS).exactOptional(),
  /** Plain sentences, the most important first. */
  summary: z.array(z.string()),
  /** In the order in which it happened here; empty if this node was not there, or kept no record. */
  timeline: z.array(timelineEntry),
  /** One a validator, by index. */
  validators: z.array(validatorExplanation),
  /** Distinct model families among the revealed verdicts. */
  families: count,
  /** As how many independent judges the network's families voted of late, at least; null if too little is known. */
  effectiveFamilies: z.number().min(1).nullable(),
  /** While it is open: what it waits for, and for whom. */
  waitingFor: z.string().exactOptional(),
  ...escalationLinks.shape,
});

/** What a validator did for the latest tasks that this node holds: counts of tasks, over `tasks` of them. */
export const participation = z.strictObject({
  tasks: count,
  /** Tasks for which this node saw it commit, or holds its result. */
  committed: count,
  /** Tasks whose agreed value holds its result. */
  revealed: count,
  agreed: count,
  dissented: count,
  /** Gave a verdict where the network reached none. */
  voted: count,
  abstained: count,
  late: count,
  unrevealed: count,
  missing: count,
  /** Certificates here that carry its signature. */
  signed: count,
  /** From this node's first sight of a task to the validator's commitment; null if none was seen. */
  commitMsP50: durationMs.nullable(),
  commitMsP99: durationMs.nullable(),
  /** Slots for which this node holds proof that it signed two different statements. */
  equivocations: count,
});

/** Whether a validator is connected to this node, since when, and how it took part. */
export const validatorPresence = z.strictObject({
  /** Null while it is not connected, and for the node itself. */
  connectedSince: time.nullable(),
  /** Since this node lost it, or started without it; null while it is connected. */
  disconnectedSince: time.nullable(),
  /** The sentence about its absence, the same everywhere. */
  absence: z.string().exactOptional(),
  participation,
});

export type EscalationLinks = z.infer<typeof escalationLinks>;
export type TaskExplanation = z.infer<typeof taskExplanation>;
export type TimelineEntryView = z.infer<typeof timelineEntry>;
export type ValidatorExplanation = z.infer<typeof validatorExplanation>;
export type Participation = z.infer<typeof participation>;
export type ValidatorPresence = z.infer<typeof validatorPresence>;
