import type { Task } from '../../protocol/task.ts';
import { hash32 } from '../embedded/hashing.ts';

/** Smallest hashes of a text's runs of words, by which near copies are found (MinHash, Broder 1997). */
export type Sketch = Uint32Array;

const HASHES = 16;
/** Texts that agree in all hashes of one band are near copies: likely from about two thirds of common runs on. */
const BAND = 4;
/** Words of a text that are sketched. */
const WORDS_MAX = 4000;

/** Lines of a diff that are no code: they are alike in all. */
const HEADER = /^(?:diff |index |--- |\+\+\+ |@@ |new file |deleted file |similarity |rename ).*$/gm;

/**
 * The sketch of what a task asks to judge. The two sides of a change count alike, so that a fix meets its reversal; an
 * answer belongs to its question, since "I do not know" is said to all of them.
 */
export function sketchOf(task: Task): Sketch {
  const text = task.type === 'CODE_REVIEW' ? task.pullRequest.diff.replace(HEADER, '') : task.submission.content;
  const question = task.type === 'CODE_REVIEW' ? '' : task.criteria.requirements.join('\n');
  const words = text
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u, WORDS_MAX)
    .filter((word) => word !== '');
  const own = hash32(question);
  const sketch = new Uint32Array(HASHES).fill(0xffffffff);
  for (let i = 0; i < Math.max(1, words.length - 1); i++) {
    const run = hash32(`${words[i] ?? ''} ${words[i + 1] ?? ''}`) ^ own;
    for (let j = 0; j < HASHES; j++) sketch[j] = Math.min(sketch[j]!, mixed(run, j));
  }
  return sketch;
}

/** One of several independent hashes of a hash (the finaliser of MurmurHash3, seeded). */
function mixed(value: number, seed: number): number {
  let state = value ^ Math.imul(seed + 1, 0x9e3779b9);
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return (state ^ (state >>> 16)) >>> 0;
}

export interface Groupable {
  /** What the rows name or share: a repository, a question. */
  group: string | undefined;
  sketch: Sketch;
}

/** What is held out as a whole. */
export type HoldOut = 'group' | 'row';
/** With fewer questions or repositories than this, holding out whole ones would leave too little to learn from. */
export const GROUPS_MIN = 5;

/** `group` where there are enough of them. */
export function defaultHoldOut(rows: readonly Groupable[]): HoldOut {
  return new Set(rows.flatMap(({ group }) => group ?? [])).size >= GROUPS_MIN ? 'group' : 'row';
}

/** Numbers of the groups that must not be split: near copies always, and with `group` what the rows share. */
export function groupRows(rows: readonly Groupable[], holdOut: HoldOut): number[] {
  const parents = rows.map((_, i) => i);
  const rootOf = (i: number): number => {
    let root = i;
    while (parents[root] !== root) root = parents[root]!;
    parents[i] = root;
    return root;
  };
  const first = new Map<string, number>();
  const join = (key: string, i: number) => {
    const known = first.get(key);
    if (known === undefined) first.set(key, i);
    else parents[rootOf(i)] = rootOf(known);
  };
  rows.forEach(({ group, sketch }, i) => {
    if (holdOut === 'group' && group !== undefined) join(`group ${group}`, i);
    for (let at = 0; at < HASHES; at += BAND) join(`${at} ${sketch.subarray(at, at + BAND).join(' ')}`, i);
  });
  return rows.map((_, i) => rootOf(i));
}
