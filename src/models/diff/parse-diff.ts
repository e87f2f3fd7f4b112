import { hunkNumbers, pathOfMark, pathsOfGitLine } from './header.ts';
import { isInertBinary, type Language, languageOf } from './language.ts';
import { DIFF_FILES_MAX, DIFF_LINES_MAX, LINE_CHARS_MAX, OMISSIONS_MAX } from './limits.ts';

/** A line of a hunk. `line` counts in the changed file, for removed lines in the original, from 1. */
export interface DiffLine {
  kind: 'added' | 'removed' | 'context';
  line: number;
  text: string;
}

export interface DiffHunk {
  lines: DiffLine[];
}

export interface DiffFile {
  /** Path after the change; before it where the file was deleted. */
  path: string;
  oldPath?: string;
  status: 'added' | 'deleted' | 'modified' | 'renamed';
  language: Language;
  binary: boolean;
  hunks: DiffHunk[];
}

/** A diff as read within the limits; what was not read stands in `omitted`. */
export interface ParsedDiff {
  files: DiffFile[];
  filesTotal: number;
  addedTotal: number;
  addedJudged: number;
  /** Changed lines in all hunks, added and removed. */
  changedLines: number;
  omitted: { what: string; reason: string }[];
  /** False if something that could matter was left out: long lines, unknown binaries, files beyond the limit. */
  complete: boolean;
}

/**
 * Reads unified and git diffs: several files, renames, new, deleted and binary files, quoted paths, CRLF, mail
 * wrapping, and hunks whose counts are wrong. Never throws; time and memory are linear in the input.
 */
export function parseDiff(diff: string): ParsedDiff {
  const reader = new DiffReader();
  const lines = linesOf(diff);
  let [text, next, third] = [lines.next(), lines.next(), lines.next()];
  while (text.done !== true) {
    const marks = reader.line(text.value, next.value ?? '', third.value ?? '@@ ');
    [text, next, third] = [next, third, lines.next()];
    if (marks) [text, next, third] = [next, third, lines.next()];
  }
  return reader.finish();
}

/** Lines without their ends, cut one character past the limit, which is enough to see that they are too long. */
function* linesOf(diff: string): Generator<string, undefined> {
  for (let start = 0; start < diff.length; ) {
    const newline = diff.indexOf('\n', start);
    const end = newline < 0 ? diff.length : newline;
    const text = diff.slice(start, Math.min(end, start + LINE_CHARS_MAX + 2));
    yield text.endsWith('\r') ? text.slice(0, -1) : text;
    start = end + 1;
  }
}

class DiffReader {
  readonly #files: DiffFile[] = [];
  readonly #omitted: { what: string; reason: string }[] = [];
  #omissions = 0;
  #filesTotal = 0;
  #linesRead = 0;
  #addedTotal = 0;
  #addedJudged = 0;
  #changedLines = 0;
  #complete = true;
  #file: DiffFile | undefined;
  #hunk: DiffHunk | undefined;
  #oldLine = 0;
  #newLine = 0;
  #oldLeft = 0;
  #newLeft = 0;

  /** Reads one line; true if it and the next one were the `---` and `+++` of a file. */
  line(text: string, next: string, third: string): boolean {
    const inside = this.#hunk !== undefined && (this.#oldLeft > 0 || this.#newLeft > 0);
    // Inside a hunk the same two lines may be content, unless a hunk follows, which content cannot do.
    if (text.startsWith('--- ') && next.startsWith('+++ ') && (!inside || third.startsWith('@@ '))) {
      this.#fileMarks(text, next);
      return true;
    }
    if (this.#hunk === undefined || !this.#inHunk(text, inside)) this.#header(text);
    return false;
  }

  /** Takes a line that belongs to the open hunk; false if the line ends it. */
  #inHunk(text: string, inside: boolean): boolean {
    const first = text[0];
    if (first === '\\') return true;
    const blank = text === '' && inside; // mail programs strip the blank of an empty context line
    const body = first === '+' || first === '-' || first === ' ' || blank;
    if (!body || (!inside && (text === '-- ' || text === '--'))) {
      this.#hunk = undefined;
      return false;
    }
    this.#hunkLine(text);
    return true;
  }

  #hunkLine(text: string): void {
    const kind = text[0] === '+' ? 'added' : text[0] === '-' ? 'removed' : 'context';
    const line = kind === 'removed' ? this.#oldLine : this.#newLine;
    if (kind !== 'added') [this.#oldLine, this.#oldLeft] = [this.#oldLine + 1, this.#oldLeft - 1];
    if (kind !== 'removed') [this.#newLine, this.#newLeft] = [this.#newLine + 1, this.#newLeft - 1];
    if (kind !== 'context') this.#changedLines++;
    if (kind === 'added') this.#addedTotal++;
    this.#linesRead++;
    if (this.#linesRead > DIFF_LINES_MAX) {
      if (this.#linesRead === DIFF_LINES_MAX + 1) this.#omit(`lines after ${DIFF_LINES_MAX}`, 'too many lines', true);
      return;
    }
    if (text.length > LINE_CHARS_MAX + 1) {
      if (kind === 'added') this.#omit(`${this.#file?.path}:${line}`, 'line too long', true);
      return;
    }
    if (this.#filesTotal > DIFF_FILES_MAX) return;
    if (kind === 'added') this.#addedJudged++;
    this.#hunk!.lines.push({ kind, line, text: text.slice(1) });
  }

  #header(text: string): void {
    if (text.startsWith('diff --git ')) {
      const [oldPath, path] = pathsOfGitLine(text.slice(11));
      this.#open(path, oldPath);
    } else if (text.startsWith('diff --cc ') || text.startsWith('diff --combined ')) {
      this.#open(text.slice(text.indexOf(' ', 7) + 1), undefined);
      this.#omit(this.#file!.path, 'diff of a merge', true);
    } else if (text.startsWith('@@ ')) {
      this.#openHunk(text);
    } else if (this.#file !== undefined) {
      this.#extended(this.#file, text);
    }
  }

  #extended(file: DiffFile, text: string): void {
    if (text.startsWith('new file mode ')) file.status = 'added';
    else if (text.startsWith('deleted file mode ')) file.status = 'deleted';
    else if (text.startsWith('rename to ') || text.startsWith('copy to ')) file.status = 'renamed';
    else if (text.startsWith('Binary files ') || text.startsWith('GIT binary patch')) this.#binary(file);
  }

  #binary(file: DiffFile): void {
    if (file.binary) return;
    file.binary = true;
    this.#omit(file.path, 'binary', file.status !== 'deleted' && !isInertBinary(file.path));
  }

  /** `--- old` and `+++ new`: the paths of the git file just opened, or a new file of a plain diff. */
  #fileMarks(minus: string, plus: string): void {
    const [oldPath, newPath] = [pathOfMark(minus.slice(4)), pathOfMark(plus.slice(4))];
    const fresh = this.#file !== undefined && this.#file.hunks.length === 0 && this.#file.path !== '';
    if (!fresh) this.#open(newPath ?? oldPath ?? 'unknown', oldPath ?? undefined);
    this.#hunk = undefined;
    const file = this.#file!;
    if (newPath !== null) this.#rename(file, newPath);
    if (oldPath === null) file.status = 'added';
    if (newPath === null) file.status = 'deleted';
  }

  #rename(file: DiffFile, path: string): void {
    file.path = path;
    file.language = languageOf(path);
  }

  #open(path: string, oldPath: string | undefined): void {
    this.#hunk = undefined;
    this.#filesTotal++;
    const renamed = oldPath !== undefined && oldPath !== path;
    this.#file = {
      path,
      status: renamed ? 'renamed' : 'modified',
      language: languageOf(path),
      binary: false,
      hunks: [],
    };
    if (renamed) this.#file.oldPath = oldPath;
    if (this.#filesTotal <= DIFF_FILES_MAX) this.#files.push(this.#file);
    else if (this.#filesTotal === DIFF_FILES_MAX + 1)
      this.#omit(`files after ${DIFF_FILES_MAX}`, 'too many files', true);
  }

  #openHunk(text: string): void {
    const numbers = hunkNumbers(text);
    if (numbers === null) return;
    if (this.#file === undefined) this.#open('unknown', undefined);
    this.#hunk = { lines: [] };
    if (this.#filesTotal <= DIFF_FILES_MAX) this.#file!.hunks.push(this.#hunk);
    this.#oldLine = Math.max(1, numbers.oldStart);
    this.#newLine = Math.max(1, numbers.newStart);
    [this.#oldLeft, this.#newLeft] = [numbers.oldLines, numbers.newLines];
  }

  #omit(what: string, reason: string, matters: boolean): void {
    if (matters) this.#complete = false;
    this.#omissions++;
    if (this.#omissions <= OMISSIONS_MAX) this.#omitted.push({ what, reason });
  }

  finish(): ParsedDiff {
    const more = this.#omissions - this.#omitted.length;
    if (more > 0) this.#omitted.push({ what: `${more} more`, reason: 'not listed' });
    return {
      files: this.#files,
      filesTotal: this.#filesTotal,
      addedTotal: this.#addedTotal,
      addedJudged: this.#addedJudged,
      changedLines: this.#changedLines,
      omitted: this.#omitted,
      complete: this.#complete,
    };
  }
}
