import { parseDiff } from '../../models/diff/parse-diff.ts';

/** What the viewer needs of a finding; agreed ones and those of one model have it alike. */
export interface PlacedFinding {
  file: string;
  line: number;
  severity: 'error' | 'warning' | 'note';
  category: string;
  message: string;
  suggestion?: string | undefined;
  quote: string;
  /** `agreement` stands on agreed findings only. */
  agreement?: { found: number; of: number };
}

export interface DiffRow<F> {
  kind: 'added' | 'removed' | 'context';
  /** In the changed file, or in the original for removed lines. */
  line: number;
  text: string;
  findings: F[];
}

export interface DiffFileView<F> {
  path: string;
  status: string;
  binary: boolean;
  added: number;
  removed: number;
  hunks: DiffRow<F>[][];
}

export interface DiffView<F> {
  files: DiffFileView<F>[];
  /** Findings whose line is not part of the diff shown. */
  elsewhere: F[];
  /** Lines that are not shown. */
  leftOut: number;
}

/** Lines drawn at once: a browser stays quick, and a reader does not read more. */
export const DIFF_ROWS_MAX = 3000;

/** A diff with every finding at its line; the judges read the same parser's lines, so the numbers are theirs. */
export function diffView<F extends PlacedFinding>(diff: string, findings: readonly F[]): DiffView<F> {
  const left = new Map<string, F[]>();
  for (const finding of findings) {
    const key = keyOf(finding.file, finding.line);
    left.set(key, [...(left.get(key) ?? []), finding]);
  }
  let rows = 0;
  let leftOut = 0;
  const files = parseDiff(diff).files.map((file) => {
    const hunks = file.hunks.map(({ lines }) => {
      const shown = lines.slice(0, Math.max(0, DIFF_ROWS_MAX - rows));
      rows += shown.length;
      leftOut += lines.length - shown.length;
      return shown.map((line) => ({ ...line, findings: line.kind === 'removed' ? [] : take(file.path, line.line) }));
    });
    const { path, status, binary } = file;
    return { path, status, binary, ...counts(file.hunks.flatMap(({ lines }) => lines)), hunks };
  });
  return { files, elsewhere: [...left.values()].flat(), leftOut };

  function take(path: string, line: number): F[] {
    const key = keyOf(path, line);
    const placed = left.get(key) ?? [];
    left.delete(key);
    return placed;
  }
}

function keyOf(file: string, line: number): string {
  return JSON.stringify([file, line]);
}

function counts(lines: readonly { kind: string }[]): { added: number; removed: number } {
  const count = (kind: string) => lines.filter((line) => line.kind === kind).length;
  return { added: count('added'), removed: count('removed') };
}
