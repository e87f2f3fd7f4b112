/** Three answers; an abstention says why. */
export type Vote = 'approve' | 'reject' | 'abstain';

/** Why a validator gave no verdict: the closed list that signatures and users see. Order is the wire code: append only. */
export const ABSTAIN_REASONS = [
  'model_error', // the model or its endpoint failed
  'timeout', // no answer within the judge budget
  'unreadable_reply', // the model's text broke its schema, also after one repair try
  'not_judgeable', // the input holds nothing this model can judge (no hunk, binary only, unknown language)
  'incomplete', // too much was left out to approve
  'low_confidence', // the model itself says that it cannot tell
  'too_large', // past the model's context or the worker's bounds
  'refused', // the model declined to answer
  'copied_prompt', // the submission repeats the question or the requirements: no evidence of skill
  'overloaded', // the validator had no free worker within the budget
  'worker_crashed', // the judging worker died on this input
] as const;
export type AbstainReason = (typeof ABSTAIN_REASONS)[number];

export const SEVERITIES = ['error', 'warning', 'note'] as const;
export type Severity = (typeof SEVERITIES)[number];

export const CATEGORIES = ['security', 'style', 'performance', 'correctness'] as const;
export type Category = (typeof CATEGORIES)[number];

/** One observation about one line. Severity error in a required category rejects; warnings and notes never do. */
export interface Finding {
  /** Stable rule identifier, e.g. `js/sql-injection`. */
  rule: string;
  severity: Severity;
  category: Category;
  /** Path as the diff names it after the change. */
  file: string;
  /** Line in the changed file, from 1. */
  line: number;
  /** Literal text of that line (secrets masked), trimmed. */
  quote: string;
  message: string;
  suggestion?: string;
}

/** What of the input was judged; signed, since an approval never covers what was not seen. */
export interface Coverage {
  filesTotal: number;
  filesJudged: number;
  /** Added lines of a diff, or lines of a submission. */
  linesTotal: number;
  linesJudged: number;
  /** What was left out and why, e.g. `{what: "logo.png", reason: "binary"}`. */
  omitted: { what: string; reason: string }[];
}

/** How one requirement of a submission was met; score from 0 to 1. */
export interface RequirementFeedback {
  requirement: string;
  score: number;
  comment: string;
}

/** What a model call used; cost in millionths of the currency unit that the operator configured. */
export interface Usage {
  promptTokens: number;
  completionTokens: number;
  costMicros: number;
}

export interface ModelIdentity {
  /** E.g. `embedded:rules` or `gpt4`. */
  id: string;
  /** Models of one family share data or method and so err together, e.g. `embedded-rules`, `gpt`. */
  family: string;
  /** Hex SHA-256 of weights and rules, where they are known. */
  digest?: string;
}

/**
 * What a model says of a task, before it is signed.
 * `confidence` is the calibrated probability that the vote is right, from 0.5 (knows nothing) to 1.
 */
export interface Judgement {
  vote: Vote;
  /** Present exactly if the vote is abstain. */
  abstainReason?: AbstainReason;
  confidence: number;
  /** 0 to 1, for assessments. */
  score?: number;
  /** Level reached, for assessments, on the scale of `criteria.level`. */
  level?: number;
  /** False if part of what was asked for was not covered; such an approval counts as an abstention. */
  complete: boolean;
  summary: string;
  findings: Finding[];
  feedback?: RequirementFeedback[];
  coverage: Coverage;
  model: ModelIdentity;
  /** Hex digest of the prompt's text and settings, where a prompt was used. */
  promptDigest?: string;
  usage?: Usage;
}
