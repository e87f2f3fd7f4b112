import type { CodeReviewTask, SkillAssessmentTask, Task } from '../../protocol/task.ts';
import { parseDiff } from '../diff/parse-diff.ts';

/** A text of the task that some model may read, with the places of its lines. */
export interface Passage {
  /** The path in the diff, `submission`, or the name of the field. */
  file: string;
  text: string;
  /** The number of each line of `text`. */
  lines: readonly number[];
  /** Sentences run over the ends of lines; in code only within comments. */
  prose: boolean;
}

/** Every text of a task, whoever wrote it: a requester may try to steer a judge as well as an author. */
export function passagesOf(task: Task): Passage[] {
  const own = task.type === 'CODE_REVIEW' ? ofReview(task) : ofAssessment(task);
  const { subject = '', repository = '', escalates } = task;
  const named = [field('subject', subject), field('repository', repository)];
  return [...own, ...named, field('escalates.reason', escalates?.reason ?? '')].filter(({ text }) => text !== '');
}

export const SUBMISSION = 'submission';
export const evidenceName = (i: number) => `submission.evidence.${i}`;

function ofAssessment({ submission, criteria }: SkillAssessmentTask): Passage[] {
  return [
    field(SUBMISSION, submission.content),
    ...submission.evidence.map((item, i) => field(evidenceName(i), item)),
    field('criteria.skill', criteria.skill),
    ...criteria.requirements.map((item, i) => field(`criteria.requirements.${i}`, item)),
  ];
}

function ofReview({ pullRequest }: CodeReviewTask): Passage[] {
  const passages: Passage[] = [field('pullRequest.url', pullRequest.url)];
  const paths = new Set(pullRequest.files);
  for (const { path, oldPath, language, hunks } of parseDiff(pullRequest.diff).files) {
    for (const name of [path, oldPath ?? path]) paths.add(name);
    const lines = hunks.flatMap((hunk) => hunk.lines);
    const prose = language === 'text';
    for (const kept of [lines.filter(({ kind }) => kind !== 'removed'), lines.filter(({ kind }) => kind === 'removed')])
      passages.push({
        file: path,
        text: kept.map(({ text }) => text).join('\n'),
        lines: kept.map(({ line }) => line),
        prose,
      });
  }
  return [...passages, ...[...paths].map((path) => ({ file: path, text: path, lines: [1], prose: false }))];
}

function field(file: string, text: string): Passage {
  return { file, text, lines: Array.from(text.split('\n'), (_, i) => i + 1), prose: true };
}

/** The line of a passage at an offset of its text: its number, and where it begins and ends. */
export function lineAt({ text, lines }: Passage, offset: number): { line: number; start: number; end: number } {
  const start = offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;
  const end = text.indexOf('\n', offset);
  let index = 0;
  for (let i = text.indexOf('\n'); i >= 0 && i < start; i = text.indexOf('\n', i + 1)) index++;
  return { line: Math.max(1, lines[index] ?? 1), start, end: end < 0 ? text.length : end };
}
