import type { Finding } from '../../protocol/judgement.ts';
import type { SkillAssessmentTask, Task } from '../../protocol/task.ts';
import { maskSecrets } from '../embedded/code/rules/secrets.ts';
import type { Attempt, InjectionDetector } from './detector.ts';
import { INJECTION_FINDINGS_MAX, QUOTE_CHARS_MAX } from './limits.ts';
import { evidenceName, lineAt, type Passage, passagesOf, SUBMISSION } from './passages.ts';

/** What screening found in a task. */
export interface Screening {
  /** The task as models are asked about it: of a submission, attempts to steer are no part. */
  task: Task;
  findings: Finding[];
}

const MESSAGES: Record<string, string> = {
  override: 'This text tells its reader to set aside instructions or criteria.',
  'demanded-verdict': 'This text asks for a verdict or a score.',
  'addressed-judge': 'This text is addressed to whoever judges the task.',
  'false-authority': 'This text claims that the judging was already done or is not needed.',
  suppression: 'This text asks that defects go unreported.',
  persona: 'This text gives its reader another role.',
  'prompt-theft': 'This text asks for the instructions of a model.',
  pressure: 'This text promises or threatens something for a verdict.',
  'role-tag': 'This text imitates the marks of a conversation with a model.',
  'planted-verdict': 'This text imitates the answer of a judge.',
  'hidden-text': 'Characters that people do not see stand here, which models read.',
  encoded: 'Decoded, this text tries to steer a judge.',
  'resembles-injection': 'This sentence resembles attempts to steer a model.',
  unscreened: 'The task holds more text than is searched for attempts to steer a judge.',
};

/** Searches every text of a task for attempts to steer whoever judges it. Time is linear in the task's size. */
export function screenTask(task: Task, detector: InjectionDetector): Screening {
  detector.renew();
  const found = passagesOf(task).map((passage) => ({
    passage,
    attempts: detector.attemptsIn(passage.text, passage.prose),
  }));
  const findings = found.flatMap(({ passage, attempts }) => findingsOf(passage, attempts));
  if (detector.exhausted) findings.push(unscreened(found[0]!.passage));
  if (task.type === 'CODE_REVIEW') return { task, findings: findings.slice(0, INJECTION_FINDINGS_MAX) };
  const attempts = new Map(found.map(({ passage, attempts: own }) => [passage.file, own]));
  return { task: withoutAttempts(task, attempts), findings: findings.slice(0, INJECTION_FINDINGS_MAX) };
}

/** One finding a line, by the attempt that is told first; nothing is told twice. */
function findingsOf(passage: Passage, attempts: readonly Attempt[]): Finding[] {
  const byLine = new Map<number, Finding>();
  for (const { rule, start, end } of attempts.slice(0, 10 * INJECTION_FINDINGS_MAX)) {
    const place = lineAt(passage, firstInked(passage.text, start));
    if (byLine.has(place.line)) continue;
    const quote = passage.text.slice(Math.max(place.start, start), Math.min(place.end, end));
    byLine.set(place.line, findingOf(rule, passage.file, place.line, quote));
  }
  return [...byLine.values()];
}

function firstInked(text: string, start: number): number {
  const blank = /\s*/y;
  blank.lastIndex = start;
  return Math.min(text.length, start + (blank.exec(text)?.[0].length ?? 0));
}

function findingOf(rule: string, file: string, line: number, text: string): Finding {
  return {
    rule: `injection/${rule}`,
    severity: 'warning',
    category: 'security',
    file,
    line,
    quote: maskSecrets(text).trim().slice(0, QUOTE_CHARS_MAX).toWellFormed(),
    message: MESSAGES[rule]!,
    suggestion:
      'Take it out, or let a person judge the task: a task that tries to steer its judges is approved by none.',
  };
}

function unscreened({ file, text }: Passage): Finding {
  return findingOf('unscreened', file, 1, text.split('\n', 1)[0]!);
}

/** The submission with every attempt blanked; lines keep their numbers. */
function withoutAttempts(task: SkillAssessmentTask, attempts: ReadonlyMap<string, readonly Attempt[]>): Task {
  const blank = (name: string, text: string) => blanked(text, attempts.get(name) ?? []);
  const { content, evidence } = task.submission;
  const kept = {
    content: blank(SUBMISSION, content),
    evidence: evidence.map((item, i) => blank(evidenceName(i), item)),
  };
  return { ...task, submission: kept };
}

/** Behind the marks that end a sentence or a quotation. */
function pastMarks(text: string, end: number): number {
  const marks = /[^\s\p{L}\p{N}]{0,5}/uy;
  marks.lastIndex = end;
  return end + (marks.exec(text)?.[0].length ?? 0);
}

function blanked(text: string, attempts: readonly Attempt[]): string {
  let [kept, at] = ['', 0];
  for (const { start, end } of attempts.toSorted((a, b) => a.start - b.start)) {
    const until = pastMarks(text, end);
    if (until <= at) continue;
    const from = Math.max(start, at);
    kept += text.slice(at, from) + text.slice(from, until).replace(/\S/gu, ' ');
    at = until;
  }
  return kept + text.slice(at);
}
