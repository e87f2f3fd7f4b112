import { type DiffFile, parseDiff } from '../models/diff/parse-diff.ts';
import { ValidationError } from '../protocol/errors.ts';

/** A diff without the files that its author left out of a review. */
export interface SelectedDiff {
  diff: string;
  /** Paths of the files left out, in the diff's order. */
  leftOut: string[];
}

/**
 * Takes the files out of a git diff that `wanted` refuses. A renamed file stays if either of its names is wanted, and
 * so does every section whose files cannot be told apart: what is read as left out is really out.
 * @throws ValidationError INVALID_TASK for a diff without git's `diff --git` lines
 */
export function selectFiles(diff: string, wanted: (path: string) => boolean): SelectedDiff {
  const sections = diff.split(/^(?=diff --(?:git|cc|combined) )/m);
  if (!sections.some((section) => section.startsWith('diff --'))) {
    throw new ValidationError('paths can be left out of a diff in the form of git only: use git diff', 'INVALID_TASK');
  }
  const leftOut: string[] = [];
  const kept = sections.filter((section) => {
    const { files } = parseDiff(section);
    const paths = files.flatMap(namesOf);
    if (files.length !== 1 || paths.some(wanted)) return true;
    leftOut.push(files[0]!.path);
    return false;
  });
  return { diff: kept.join(''), leftOut };
}

function namesOf({ path, oldPath }: DiffFile): string[] {
  return oldPath === undefined ? [path] : [path, oldPath];
}

/** What a diff shows of one file: its lines' text without white space, and the numbers of the added ones. */
export interface ShownFile {
  /** Line numbers in the changed file, from 1. */
  added: ReadonlySet<number>;
  /** Added and context lines. */
  standing: ReadonlySet<string>;
  removed: ReadonlySet<string>;
}

/** What a diff shows, by path after the change. */
export function shownFiles(diff: string): Map<string, ShownFile> {
  const shown = new Map<string, ShownFile>();
  for (const { path, hunks } of parseDiff(diff).files) {
    const lines = hunks.flatMap((hunk) => hunk.lines);
    const texts = (removed: boolean) =>
      lines.filter(({ kind }) => (kind === 'removed') === removed).map(({ text }) => text.replace(/\s+/g, ''));
    const before = shown.get(path);
    shown.set(path, {
      added: new Set([
        ...(before?.added ?? []),
        ...lines.filter(({ kind }) => kind === 'added').map(({ line }) => line),
      ]),
      standing: new Set([...(before?.standing ?? []), ...texts(false)]),
      removed: new Set([...(before?.removed ?? []), ...texts(true)]),
    });
  }
  return shown;
}
