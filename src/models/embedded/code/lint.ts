import type { ParsedDiff } from '../../diff/parse-diff.ts';
import type { Analysers } from './analysers/analysers.ts';
import { type Evidence, type SourceFile, sourceFilesOf } from './evidence.ts';

/** A change as it is read: both versions of its files, and what linters say of each. */
export interface ReadChange {
  diff: ParsedDiff;
  sources: readonly SourceFile[];
  original: readonly SourceFile[];
  linted: { after: readonly Evidence[]; before: readonly Evidence[]; leftOut: readonly string[] };
}

export function readChange(diff: ParsedDiff, analysers: Analysers): ReadChange {
  const [sources, original] = [sourceFilesOf(diff), sourceFilesOf(diff, 'original')];
  const leftOut: string[] = [];
  const after = analysers.evidence(sources, (note) => leftOut.push(note));
  return { diff, sources, original, linted: { after, before: analysers.evidence(original), leftOut } };
}

export const isSecret = ({ rule }: Evidence): boolean => rule.startsWith('secret/');
