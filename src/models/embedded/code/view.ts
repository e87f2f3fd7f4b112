import { isCode } from '../../diff/language.ts';
import {
  type Evidence,
  flowEvidence,
  type SourceFile,
  securityLineEvidence,
  structureEvidence,
  touchesSink,
} from './evidence.ts';
import { isSecret, type ReadChange } from './lint.ts';

/** A changed line with comments blanked (`code`), and with strings blanked too (`bare`). */
export interface ChangedLine {
  code: string;
  bare: string;
}

/** One version of what a change touches: its own lines, and what the rules say of them. */
export interface Side {
  lines: readonly ChangedLine[];
  evidence: readonly Evidence[];
  touchesSink: boolean;
  /** Whether all of its code is among the lines. */
  whole: boolean;
}

/** What the learned judges read of a change: the lines that it brings and those that it takes away. */
export interface ChangeView {
  sources: readonly SourceFile[];
  after: Side;
  before: Side;
  kind: ChangeKind;
}

/** Language and form of a change; what is known of one kind says little of another. */
export type ChangeKind = `${'js' | 'python' | 'c' | 'other'} ${'new' | 'change'}`;

/** Code read of one side, over a thousand lines: a bulk change may be rejected by its first part, not approved. */
const SIDE_CHARS_MAX = 60_000;

export function viewOf({ sources, original, linted }: ReadChange): ChangeView {
  const [after, before] = [sideOf(sources, linted.after), sideOf(original, linted.before)];
  return { sources, after, before, kind: kindOf(sources) };
}

function sideOf(sources: readonly SourceFile[], linted: readonly Evidence[]): Side {
  const lines: ChangedLine[] = [];
  let left = SIDE_CHARS_MAX;
  for (const { added, code, bare } of judgedCode(sources).flatMap(({ hunks }) => hunks.flat())) {
    if (!added || code.trim() === '') continue;
    left -= code.length;
    if (left > 0) lines.push({ code, bare });
  }
  const remarks = linted.filter((item) => item.category === 'security' && !isSecret(item));
  const evidence = [...sources.flatMap(securityOf), ...remarks];
  return { lines, evidence, touchesSink: sources.some(touchesSink), whole: left > 0 };
}

/** The files with code that runs where users are; where a change holds none, the tests themselves. */
export function judgedCode(sources: readonly SourceFile[]): SourceFile[] {
  const code = sources.filter(({ file }) => isCode(file.language));
  const shipped = code.filter(({ isTest }) => !isTest);
  return shipped.length > 0 ? shipped : code;
}

function securityOf(source: SourceFile): Evidence[] {
  const evidence = [...securityLineEvidence(source), ...flowEvidence(source, true), ...structureEvidence(source)];
  return evidence.filter((item) => item.category === 'security');
}

/** New code stands alone; a change stands among lines that were there, whether or not it takes any away. */
function kindOf(sources: readonly SourceFile[]): ChangeKind {
  const code = judgedCode(sources);
  const sizes = new Map<string, number>();
  for (const { file } of code) {
    const lines = file.hunks.reduce((sum, hunk) => sum + hunk.lines.length, 0);
    sizes.set(file.language, (sizes.get(file.language) ?? 0) + lines);
  }
  const [language] = [...sizes].sort((a, b) => b[1] - a[1])[0] ?? ['other'];
  const known = language === 'js' || language === 'python' || language === 'c' ? language : 'other';
  const changes = code.some(({ file }) =>
    file.hunks.some(({ lines }) => lines.some(({ kind, text }) => kind !== 'added' && text.trim() !== '')),
  );
  return `${known} ${changes ? 'change' : 'new'}`;
}

/** A rule without its language, which means the same everywhere. */
export function ruleOf({ rule, severity }: Evidence): string {
  return `${rule.slice(rule.indexOf('/') + 1)} ${severity}`;
}

/** Features that one side has more of, with their signed surplus: positive where they are gained. */
export function gains(after: readonly string[], before: readonly string[]): [feature: string, surplus: number][] {
  const counts = new Map<string, number>();
  for (const feature of after) counts.set(feature, (counts.get(feature) ?? 0) + 1);
  for (const feature of before) counts.set(feature, (counts.get(feature) ?? 0) - 1);
  return [...counts].filter(([, count]) => count !== 0);
}
