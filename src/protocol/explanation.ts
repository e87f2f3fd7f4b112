import type { AbstainReason } from './judgement.ts';
import type { Reason } from './value.ts';

/**
 * The closed lists behind every explanation: what happens to a task, how a validator stands to it, and why. One table
 * of words, so that status, readiness, explain, metrics and the dashboard say the same.
 */

/** What happens to a task, in the usual order. */
export const TIMELINE_EVENTS = [
  'seen',
  'judged',
  'committed',
  'closed',
  'revealed',
  'round_started',
  'proposed',
  'prevoted', // a quorum, for one value
  'precommitted', // a quorum, for one value
  'round_ended',
  'decided',
  'late_signature',
  'deadline_passed',
  'not_connected',
  'equivocated',
  'following_only',
  'restarted',
] as const;
export type TimelineEvent = (typeof TIMELINE_EVENTS)[number];

/** How far an undecided task is. */
export const TASK_PHASES = ['collecting', 'revealing', 'voting'] as const;
export type TaskPhase = (typeof TASK_PHASES)[number];

/** How events read in timelines and logs; the validator stands before, and a note behind. */
export const EVENT_TEXTS: Readonly<Record<TimelineEvent, string>> = {
  seen: 'the task became known here',
  judged: 'judged it here',
  committed: 'committed to a judgement',
  closed: 'closed its list of commitments',
  revealed: 'revealed its judgement',
  round_started: 'is the proposer of the round that begins',
  proposed: 'proposed a value',
  prevoted: 'a quorum prevoted one value',
  precommitted: 'a quorum precommitted one value',
  round_ended: 'the round ended',
  decided: 'decided',
  late_signature: 'signed after the decision',
  deadline_passed: "the task's deadline passed",
  not_connected: 'is away',
  equivocated: 'contradicted itself',
  following_only: 'this node signs nothing for it',
  restarted: 'this node started again',
};

/** How a validator stands to one task. */
export const STANDINGS = [
  'agreed', // its verdict is the outcome
  'dissented', // its verdict is the other one
  'voted', // it gave a verdict, and the network reached none
  'abstained', // its result counts for neither side
  'late', // it took part, too late for the value
  'unrevealed', // it committed in time, and its result is not in the value
  'missing', // nothing of it came
  'waiting', // the task is open: it may still come
] as const;
export type Standing = (typeof STANDINGS)[number];

export type ReasonCode =
  | Reason
  | `abstained_${AbstainReason}`
  | 'too_few_results'
  | 'below_min_confidence'
  | 'partial_approval'
  | 'not_connected'
  | 'no_commitment_in_time'
  | 'commitment_late'
  | 'reveal_withheld'
  | 'reveal_late'
  | 'proposer_silent'
  | 'proposal_refused'
  | 'votes_missing'
  | 'others_went_on'
  | 'no_quorum'
  | 'deadline_passed'
  | 'following_only'
  | 'equivocated'
  | 'given_up'
  | 'task_stopped';

/** What a reason means, and what its operator can do. */
export interface ReasonText {
  /** Follows a name and a colon: `validator 2 (ab12cd34…): ...`. */
  words: string;
  remedy: string;
}

const OPERATOR_OF_IT = 'ask its operator to run pheme doctor and pheme health';

/** Every reason that an explanation gives. */
export const REASON_TEXTS: Readonly<Record<ReasonCode, ReasonText>> = {
  split: {
    words: 'the validators disagree: enough gave a verdict, and neither side reached the threshold',
    remedy: 'read the findings of both sides; a person decides, or a changed input is judged anew',
  },
  low_confidence: {
    words: 'too many validators abstained or were not confident enough',
    remedy: 'see why each abstained; a stronger model or a smaller input may help',
  },
  missing: {
    words: 'too few validators gave a result that counts',
    remedy: 'see who was missing and why, then ask again with --retry',
  },
  model_diversity: {
    words: 'the models behind the verdict are of fewer families than the network demands',
    remedy: 'run models of more families, or wait until the validators that run them are back',
  },
  too_few_results: {
    words: 'fewer validators gave a result that counts than the network requires',
    remedy: 'see who was missing and why, then ask again with --retry',
  },
  abstained_model_error: {
    words: 'abstained: its model or its endpoint failed',
    remedy: 'check the endpoint, its key and its quota; pheme health names the model',
  },
  abstained_timeout: {
    words: 'abstained: its model gave no answer within the judge budget',
    remedy: 'use a faster model, raise worker.concurrency, or judge smaller inputs',
  },
  abstained_unreadable_reply: {
    words: "abstained: its model's reply could not be read",
    remedy: 'pheme doctor checks whether the model obeys the schema; choose one that does',
  },
  abstained_not_judgeable: {
    words: 'abstained: the input holds nothing that its model can judge',
    remedy: 'give a diff or a submission in a form and language that the models know',
  },
  abstained_incomplete: {
    words: 'abstained: too much of the input was left out to approve it',
    remedy: 'split the input into smaller tasks',
  },
  abstained_low_confidence: {
    words: 'abstained: its model could not tell',
    remedy: 'a stronger model may tell more; more evidence may, too',
  },
  abstained_too_large: {
    words: "abstained: the input is past its model's or its worker's bounds",
    remedy: 'split the input into smaller tasks, or use a model with a longer context',
  },
  abstained_refused: {
    words: 'abstained: its model declined to answer',
    remedy: 'read its report; another model may answer',
  },
  abstained_copied_prompt: {
    words: 'abstained: the submission repeats the question, which is no evidence of skill',
    remedy: 'submit an answer in own words',
  },
  abstained_overloaded: {
    words: 'abstained: it had no free worker within the judge budget',
    remedy: 'raise worker.concurrency there, or use a faster model',
  },
  abstained_worker_crashed: {
    words: 'abstained: its judging worker died on this input',
    remedy: 'see its log, and report the input if it does so again',
  },
  below_min_confidence: {
    words: "gave a verdict below the network's minimum confidence, which counts as an abstention",
    remedy: 'read its report; a stronger model may be surer',
  },
  partial_approval: {
    words: 'approved only a part of the input, which counts as an abstention',
    remedy: 'split the input, so that all of it is covered',
  },
  not_connected: { words: 'was not connected', remedy: 'start it again, and check its address and firewall' },
  no_commitment_in_time: {
    words: 'was connected, and committed to no judgement before the lists closed',
    remedy: `${OPERATOR_OF_IT}: its model may be slow, or its database full`,
  },
  commitment_late: {
    words: 'committed to a judgement after the lists had closed',
    remedy: 'use a faster model there; its vote still counts as participation',
  },
  reveal_withheld: {
    words: 'committed in time, and never revealed its judgement',
    remedy: `${OPERATOR_OF_IT}; if it does so again and again, doubt it`,
  },
  reveal_late: {
    words: 'revealed its judgement too late for the value',
    remedy: 'check its connection and its load',
  },
  proposer_silent: {
    words: 'the proposer of the round sent no proposal in time',
    remedy: 'nothing, if it is rare: the next validator proposes; see whether the proposer is connected',
  },
  proposal_refused: {
    words: 'a quorum refused the proposal, or had not heard it in time',
    remedy: 'nothing, if it is rare: the next validator proposes',
  },
  votes_missing: {
    words: 'the votes of the round came together for no single value',
    remedy: 'nothing, if it is rare: the next round gives more time',
  },
  others_went_on: {
    words: 'other validators had already gone on to a later round',
    remedy: 'nothing, if it is rare; else check this connection and load',
  },
  no_quorum: {
    words: 'less than a quorum is connected: the task waits, and decides when they are back',
    remedy: 'start the validators that are not connected',
  },
  deadline_passed: { words: "the task's deadline passed", remedy: 'give a later deadline, or none' },
  following_only: {
    words: 'this node follows the task and signs nothing: its journal may lack what its key has signed',
    remedy: 'run a key in one place only; after two observation times it signs for new tasks again',
  },
  equivocated: {
    words: 'signed two different statements for one slot',
    remedy: 'pheme_getEvidence holds the proof; its operator must explain it',
  },
  given_up: {
    words: 'this node gave the task up undecided: too few validators took part in it for too long',
    remedy: 'submit it again with --retry; a certificate that still comes is taken',
  },
  task_stopped: {
    words: 'this node stopped the task after a fault of the program',
    remedy: 'restart this node, and report the fault',
  },
};

/** All codes, for schemas and labels. */
export const REASON_CODES = Object.keys(REASON_TEXTS) as ReasonCode[];

/** The name under which sentences speak of a validator: position in the genesis, from 0, and its key's beginning. */
export function validatorLabel(index: number, publicKey: string): string {
  return `validator ${index} (${publicKey.slice(0, 8)}…)`;
}

/** The one sentence about an absent validator, wherever it is told. */
export function absenceSentence(index: number, publicKey: string, sinceMs: number): string {
  return `${validatorLabel(index, publicKey)} is not connected since ${isoSeconds(sinceMs)}`;
}

/** ISO 8601 in UTC, to the second. */
export function isoSeconds(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
