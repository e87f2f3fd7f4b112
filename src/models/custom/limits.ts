/** Rows of one training: more of them would fit, but asking the prior about each would take hours. */
export const TRAINING_ROWS_MAX = 20_000;
/** Rows of one type of task below which a held-out estimate says nothing. */
export const TRAINING_ROWS_MIN = 12;
/** Rows of the rarer label: each fold must be able to hold one out and keep some. */
export const TRAINING_ROWS_PER_LABEL_MIN = 4;
/** A model file: two heads of int8 weights are 60 KB, the rest is room for later versions. */
export const MODEL_FILE_BYTES_MAX = 512 * 1024;
/** Hashed features of one head: few rows fill few of them, and a file stays small. */
export const FEATURE_BUCKETS = 2 ** 14;
/** Features kept of one task, the weightiest: with the rows it bounds a training's memory to 240 MB. */
export const FEATURES_MAX = 1500;
/** Words or code tokens read of one task: what stands further back adds little to normed counts. */
export const TOKENS_MAX = 6000;
