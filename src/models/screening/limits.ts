/** Bounds of screening. A task is at most 4 MiB; these bound the work per byte of it and what is told of it. */

/** Characters read at a time: what is held of them in memory is some forty times as much. */
export const BLOCK_CHARS = 32 * 1024;
/** Characters that two blocks share, lest an attempt be cut in two unseen: longer than the longest of ordinary ones. */
export const OVERLAP_CHARS = 1024;
/** Sentences scored by the classifier; at 30 microseconds each, about a second. What is beyond is not screened. */
export const SENTENCES_MAX = 30_000;
/** Words of one scored sentence; longer ones are scored in pieces, so that a good start hides no bad end. */
export const SENTENCE_WORDS_MAX = 40;
/** Encoded pieces looked into in one block of text; benign changes hold a few keys and checksums. */
export const ENCODED_PIECES_MAX = 500;
/** Characters of one encoded piece that are decoded: an instruction stands at its beginning or is long itself. */
export const ENCODED_CHARS_MAX = 20_000;
/** Findings of one task: a reader needs a few examples, and defects keep their room in the report. */
export const INJECTION_FINDINGS_MAX = 10;
/** Characters of a quote: enough to recognise an attempt, too few to be one again for the next reader. */
export const QUOTE_CHARS_MAX = 160;
