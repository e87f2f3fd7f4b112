/** How one configured model is reached and asked; the form that config files take after parsing. */
export interface ModelSettings {
  provider: 'embedded' | 'openai' | 'custom' | 'instant';
  /** Embedded: which judge, e.g. `rules`; see EMBEDDED_VARIANTS. */
  variant?: string;
  /** Custom: absolute path of the model that `pheme train` wrote. */
  file?: string;
  /** OpenAI-compatible: base URL, e.g. `https://api.openai.com/v1`. */
  endpoint?: string;
  apiKey?: string;
  /** OpenAI-compatible: the model's name at the endpoint; the configured name where absent. */
  model?: string;
  /** Models that err alike; the part of the model's name before its version where absent. */
  family?: string;
  /** 0 to 2. */
  temperature?: number;
  /** Tokens of an answer. */
  maxTokens?: number;
  /** 0 to 1. */
  topP?: number;
  /** Wall-clock cap of one prediction with all its retries; less where the task leaves less. */
  timeoutMs?: number;
  /** Characters of a task that fit the model's context beside prompt and answer. */
  contextCharsMax?: number;
  /** Millionths of the operator's currency for a thousand tokens. */
  promptCostMicros?: number;
  completionCostMicros?: number;
  /** Fitted to labelled outcomes; without it what the model says of its certainty counts for less. */
  calibration?: { slope: number; offset: number };
  /** Configured names to ask, in this order, when this model fails. Nothing else is ever fallen back to. */
  fallbacks?: readonly string[];
}

/** The founding documents' defaults. */
export const TEMPERATURE_DEFAULT = 0.7;
export const MAX_TOKENS_DEFAULT = 2000;
export const TOP_P_DEFAULT = 1;
/** One attempt of a judge, as `worker.timeout` has it. */
export const TIMEOUT_MS_DEFAULT = 30_000;
