import { parseDiff } from '../../../../../src/models/diff/parse-diff.ts';
import { type SourceFile, sourceFilesOf } from '../../../../../src/models/embedded/code/evidence.ts';

/** Files of a diff with one hunk each that begins at line 10: lines that begin with `+` are added, the others are context. */
export function sourcesOf(files: Record<string, readonly string[]>): SourceFile[] {
  const diffs = Object.entries(files).map(([path, lines]) => {
    const old = lines.filter((line) => !line.startsWith('+')).length;
    const body = lines.map((line) => (line.startsWith('+') ? line : ` ${line}`)).join('\n');
    return `diff --git a/${path} b/${path}\n--- a/${path}\n+++ b/${path}\n@@ -10,${old} +10,${lines.length} @@\n${body}\n`;
  });
  return sourceFilesOf(parseDiff(diffs.join('')));
}

/** The same with every line added. */
export function addedTo(path: string, lines: readonly string[]): SourceFile[] {
  return sourcesOf({ [path]: lines.map((line) => `+${line}`) });
}
