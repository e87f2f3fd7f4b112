import type { Finding, Severity } from '../../../protocol/judgement.ts';
import { FINDING_CHARS_MAX, FINDINGS_MAX } from '../../../protocol/limits.ts';
import { isCode, isTestPath } from '../../diff/language.ts';
import { lexHunk, type SourceLine } from '../../diff/lexer.ts';
import type { DiffFile, ParsedDiff } from '../../diff/parse-diff.ts';
import { describeFlow } from './flow-text.ts';
import { type Flow, flowsOf } from './flows.ts';
import { hasCatastrophicPattern, loopsIn } from './loops.ts';
import { MEMORY_RULES } from './rules/memory.ts';
import { PERFORMANCE_RULES, STYLE_RULES } from './rules/quality.ts';
import type { LineRule } from './rules/rule.ts';
import { maskSecrets, secretsIn } from './rules/secrets.ts';
import { SECURITY_RULES } from './rules/security.ts';
import { SIGNS } from './signs.ts';
import { SINKS, sqlIn } from './sinks.ts';

/** A finding with the probability that a reviewer would stop for it. */
export interface Evidence extends Finding {
  belief: number;
}

/** A changed file as judges read it: the lines of the changed version, hunk by hunk. */
export interface SourceFile {
  file: DiffFile;
  isTest: boolean;
  hunks: SourceLine[][];
}

/** The files of a diff as they stand after it, or, with `original`, before it: there removed lines count as added. */
export function sourceFilesOf(diff: ParsedDiff, version: 'changed' | 'original' = 'changed'): SourceFile[] {
  return diff.files
    .filter((file) => !file.binary && file.hunks.length > 0)
    .map((file) => ({
      file,
      isTest: isTestPath(file.path),
      hunks: file.hunks.map((hunk) => lexHunk(hunk, file.language, version)),
    }));
}

const LINE_RULES = [...SECURITY_RULES, ...MEMORY_RULES, ...STYLE_RULES, ...PERFORMANCE_RULES];

/** The rules, sinks and signs as text, for the digest by which a judgement names them. */
export function ruleTexts(): string[] {
  const rules = LINE_RULES.map(
    ({ id, severity, belief, pattern, unless }) => `${id} ${severity} ${belief} ${pattern} ${unless}`,
  );
  const sinks = SINKS.map(({ kind, languages, call, needs }) => `${kind} ${languages} ${call} ${needs}`);
  return [...rules, ...sinks, ...SIGNS.map(({ name, pattern, risky }) => `${name} ${pattern} ${risky}`)];
}

/** Whether an added line runs a statement, a command or a page, opens a file, or the like: where defects do harm. */
export function touchesSink(source: SourceFile): boolean {
  if (source.isTest || !isCode(source.file.language)) return false;
  const sinks = SINKS.filter(({ languages }) => languages.includes(source.file.language));
  return addedLines(source).some(
    ({ code, bare }) => sqlIn(code, bare) >= 0 || sinks.some(({ call }) => call.test(bare)),
  );
}

/** What patterns on single added lines say. */
export function lineEvidence(source: SourceFile): Evidence[] {
  const { file } = source;
  const rules = LINE_RULES.filter((rule) => applies(rule, source));
  return addedLines(source).flatMap((line) =>
    rules
      .filter((rule) => rule.pattern.test(line[rule.on]) && rule.unless?.test(line[rule.on]) !== true)
      .map((rule) => {
        const { category, message, suggestion, belief } = rule;
        const severity = rule.id === 'conflict-marker' ? rule.severity : inContext(rule.severity, source);
        return {
          ...at(source, line),
          rule: `${file.language}/${rule.id}`,
          severity,
          category,
          message,
          suggestion,
          belief,
        };
      }),
  );
}

/** Insecure calls and settings that single lines show. */
export function securityLineEvidence(source: SourceFile): Evidence[] {
  return lineEvidence(source).filter(({ category }) => category === 'security');
}

/** What every judge looks at: credentials, style, performance. They differ in how they judge what code does. */
export function commonEvidence(source: SourceFile): Evidence[] {
  const quality = lineEvidence(source).filter(({ category }) => category !== 'security');
  return [...quality, ...secretEvidence(source), ...structureEvidence(source)];
}

function applies(rule: LineRule, { file }: SourceFile): boolean {
  if (rule.languages === undefined) return isCode(file.language) || rule.id === 'conflict-marker';
  return rule.languages.includes(file.language);
}

function addedLines(source: SourceFile): SourceLine[] {
  return source.hunks.flat().filter((line) => line.added);
}

/** Credentials in added lines of any file; in tests and examples they are often made up. */
export function secretEvidence(source: SourceFile): Evidence[] {
  return addedLines(source).flatMap((line) =>
    secretsIn(line.raw).map(({ id, category, severity, belief, message, suggestion }) => ({
      ...at(source, line),
      rule: id,
      category,
      severity: source.isTest ? 'warning' : severity,
      belief: source.isTest ? belief - 0.25 : belief,
      message,
      suggestion,
    })),
  );
}

/** What values do: with `tracked`, followed through variables; without, as one statement shows it. */
export function flowEvidence(source: SourceFile, tracked: boolean): Evidence[] {
  if (!isCode(source.file.language)) return [];
  return flowsOf(source.hunks, source.file.language, tracked).map((flow) => flowFinding(source, flow));
}

function flowFinding(source: SourceFile, flow: Flow): Evidence {
  const { belief, severity, message, suggestion } = describeFlow(flow);
  const rule = `${source.file.language}/${flow.kind}-${flow.level === 'direct' || flow.level === 'tracked' ? 'injection' : 'built'}`;
  return {
    ...at(source, flow.line),
    rule,
    severity: inContext(severity, source),
    category: 'security',
    message,
    suggestion,
    belief,
  };
}

const LOOP_TEXT = {
  'query-in-loop': {
    belief: 0.82,
    severity: 'error',
    message: 'A query runs for every turn of the loop.',
    suggestion: 'Fetch everything in one query before the loop.',
  },
  'blocking-in-loop': {
    belief: 0.72,
    severity: 'warning',
    message: 'Blocking work runs for every turn of the loop.',
    suggestion: 'Do it once before the loop, or concurrently.',
  },
  'deep-nesting': {
    belief: 0.6,
    severity: 'warning',
    message: 'Three loops inside one another: the work grows with the cube.',
    suggestion: 'Index by a map first.',
  },
} as const;

/** Loops that repeat costly work, and regular expressions that bait can stall. */
export function structureEvidence(source: SourceFile): Evidence[] {
  if (!isCode(source.file.language)) return [];
  const loops = source.hunks.flatMap(loopsIn).map(({ id, line }): Evidence => {
    const { severity, ...text } = LOOP_TEXT[id];
    return {
      ...at(source, line),
      rule: `loop/${id}`,
      category: 'performance',
      severity: inContext(severity, source),
      ...text,
    };
  });
  const patterns = addedLines(source)
    .filter(hasCatastrophicPattern)
    .map(
      (line): Evidence => ({
        ...at(source, line),
        rule: 'regex/catastrophic',
        category: 'security',
        severity: inContext('error', source),
        belief: 0.84,
        message: 'Nested repetition: a chosen input makes this pattern run for ever.',
        suggestion: 'Repeat once, or use a linear-time engine.',
      }),
    );
  return [...loops, ...patterns];
}

/** Errors in tests and examples do not run where users are. */
function inContext(severity: Severity, source: SourceFile): Severity {
  return source.isTest && severity === 'error' ? 'warning' : severity;
}

/** Place and quote of a line; secrets in the quote are masked. */
export function at(source: SourceFile, line: SourceLine): { file: string; line: number; quote: string } {
  return { file: source.file.path, line: line.line, quote: maskSecrets(line.raw).trim().slice(0, FINDING_CHARS_MAX) };
}

const RANK: Record<Severity, number> = { error: 0, warning: 1, note: 2 };

/** One finding per line and kind of defect, the gravest and surest first, at most FINDINGS_MAX. */
export function merge(evidence: readonly Evidence[]): Evidence[] {
  const ordered = [...evidence].sort((a, b) => RANK[a.severity] - RANK[b.severity] || b.belief - a.belief);
  const seen = new Set<string>();
  const merged = ordered.filter((item) => {
    const topic = item.category === 'security' && !item.rule.startsWith('secret/') ? 'security' : item.rule;
    const key = `${item.file}\n${item.line}\n${topic}`;
    return !seen.has(key) && seen.add(key);
  });
  return merged.slice(0, FINDINGS_MAX);
}
