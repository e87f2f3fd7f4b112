/** Bounds of diff reading. A task is at most 4 MiB; these bound the work per byte of it. */

/** Files read from one diff; more is a bulk change that no reviewer reads either. */
export const DIFF_FILES_MAX = 2000;
/** Changed and context lines read from one diff: about 4 MiB of ordinary code. */
export const DIFF_LINES_MAX = 60_000;
/** Longest line that is judged. Longer ones are generated or hide something; every pattern sees at most this. */
export const LINE_CHARS_MAX = 2000;
/** Omissions told one by one; what is beyond is summed up in one entry. */
export const OMISSIONS_MAX = 50;
/** Length of a path as reported. */
export const PATH_CHARS_MAX = 1024;
