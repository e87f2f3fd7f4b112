import { ValidationError } from '../../src/protocol/errors.ts';
import { parseTask, type Task } from '../../src/protocol/task.ts';
import type { CodeRow, SkillRow } from '../training/data.ts';

/** A labelled task. */
export interface EvalRow {
  kind: 'code' | 'skill';
  /** What is reported apart, e.g. `js change`. */
  slice: string;
  /** Repository or question: rows of one group are no independent evidence. */
  group: string;
  /** Shared by the bad and the good side of one case. */
  pair?: string | undefined;
  bad: boolean;
  /** An ordinary change that people merged; a rejection of it is a false alarm. */
  benign: boolean;
  /** A change that adds about as many lines as it removes, so that its direction does not give it away. */
  neutral: boolean;
  source: string;
  task: Task;
}

/** Sources that the shipped weights were trained on: figures on their rows are in sample. */
const TRAINED_ON = /sven|ossf-cve|CyberSecEval|merged commit|sciEntsBank|beetle|^saf/i;
/** How the merged commits of the data folder call their source. */
const BENIGN = /merged commit/i;

/** The labels of the change sets are about security and nothing else. */
export const SECURITY_ONLY = { style: false, security: true, performance: false };
/** What `pheme review` asks for without a flag. */
export const EVERYTHING = { style: true, security: true, performance: true };

export function reviewTask(diff: string, requirements = SECURITY_ONLY): Task {
  return parseTask({ type: 'CODE_REVIEW', pullRequest: { url: '', diff, files: [] }, requirements });
}

/** Level 50 of 100 asks for half of what the requirements name, as the labels of graded answers do. */
export function assessmentTask(content: string, skill: string, requirements: readonly string[]): Task {
  return parseTask({
    type: 'SKILL_ASSESSMENT',
    submission: { content, evidence: [] },
    criteria: { skill, level: 50, requirements },
  });
}

/** Undefined for a row that no network would take as a task, e.g. an empty answer. */
export function asEvalRow<Row>(row: Row, evalRow: (row: Row) => EvalRow | undefined): EvalRow | undefined {
  try {
    return evalRow(row);
  } catch (error) {
    if (error instanceof ValidationError && error.code === 'INVALID_TASK') return undefined;
    throw error;
  }
}

export function codeEvalRow({ diff, bad, group, slice, pair, source }: CodeRow): EvalRow {
  return {
    kind: 'code',
    slice,
    group,
    pair,
    bad,
    benign: BENIGN.test(source),
    neutral: isNeutral(diff),
    source,
    task: reviewTask(diff),
  };
}

export function skillEvalRow({ content, requirements, skill, good, group, source }: SkillRow): EvalRow {
  const task = assessmentTask(content, skill, requirements);
  return { kind: 'skill', slice: source, group, bad: !good, benign: false, neutral: false, source, task };
}

/** Added and removed lines of a diff differ by no more than this in a neutral change. */
const NEUTRAL_LINES_MAX = 1;

function isNeutral(diff: string): boolean {
  const count = (sign: RegExp) => diff.match(sign)?.length ?? 0;
  const [added, removed] = [count(/^\+(?!\+\+ )/gm), count(/^-(?!-- )/gm)];
  return removed > 0 && Math.abs(added - removed) <= NEUTRAL_LINES_MAX;
}

/**
 * A row of a labelled file: a `task`, or a `diff`, or a `content` with `requirements`; and a `label`, approve or reject.
 * Undefined for what carries neither: texts of an injection set, for example.
 */
export function labelledRow(record: Record<string, unknown>): EvalRow | undefined {
  const task = taskOf(record);
  const label = record['label'];
  if (task === undefined || (label !== 'approve' && label !== 'reject')) return undefined;
  const source = text(record['source']) ?? 'unnamed';
  const slice = [source, text(record['lang']), text(record['form'])].filter((part) => part !== undefined).join(' ');
  const pair = text(record['pair']);
  return {
    kind: task.type === 'CODE_REVIEW' ? 'code' : 'skill',
    slice,
    group: text(record['repo']) ?? text(record['qid']) ?? text(record['group']) ?? JSON.stringify(record),
    pair: pair === undefined ? undefined : `${pair} ${record['form']}`,
    bad: label === 'reject',
    benign: BENIGN.test(source),
    neutral: task.type === 'CODE_REVIEW' && isNeutral(task.pullRequest.diff),
    source,
    task,
  };
}

function taskOf(record: Record<string, unknown>): Task | undefined {
  if (record['task'] !== null && typeof record['task'] === 'object') return parseTask(record['task']);
  if (typeof record['diff'] === 'string') return reviewTask(record['diff']);
  const { content, requirements, skill } = record;
  if (typeof content !== 'string' || !Array.isArray(requirements)) return undefined;
  return assessmentTask(content, text(skill) ?? 'any', requirements as string[]);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

/** The sources among the rows that the shipped weights know. */
export function inSampleSources(rows: readonly EvalRow[]): string[] {
  return [...new Set(rows.map(({ source }) => source).filter((source) => TRAINED_ON.test(source)))];
}
