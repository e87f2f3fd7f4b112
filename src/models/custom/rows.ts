import { z } from 'zod';
import { ValidationError } from '../../protocol/errors.ts';
import { NAME_CHARS_MAX } from '../../protocol/limits.ts';
import { parseTask, type Task } from '../../protocol/task.ts';

/** A task with the verdict that is right for it. */
export interface LabelledTask {
  task: Task;
  label: 'approve' | 'reject';
  /** Rows of one group are never on both sides of a held-out split; the repository or the question unless given. */
  group?: string;
}

const label = z.enum(['approve', 'reject'], 'must be approve or reject');
const name = z.string().trim().min(1).max(NAME_CHARS_MAX);
const whole = z.object({ task: z.unknown().optional(), label, group: name.optional() });
/** Rows of evaluation data; what else stands in them means nothing here. */
const flat = z.object({
  diff: z.unknown().optional(),
  content: z.unknown().optional(),
  requirements: z.unknown().optional(),
  skill: name.optional(),
  label,
  group: name.optional(),
  repo: name.optional(),
  qid: name.optional(),
});

/**
 * Reads one row of training data: `{task, label}` with a task as `pheme judge` takes it, or flat, `{diff, label}` or
 * `{content, requirements, label}`; `group` (flat also `repo` or `qid`) is optional.
 * @param where how messages name the row, e.g. `line 7`
 * @throws ValidationError INVALID_DATA with `details.where`
 */
export function parseRow(row: unknown, where: string): LabelledTask {
  const nested = typeof row === 'object' && row !== null && typeof (row as { task?: unknown }).task === 'object';
  const parsed = (nested ? whole : flat).safeParse(row);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw badRow(where, `${issue?.path.join('.') || 'row'}: ${issue?.message}`);
  }
  const fields: Partial<z.infer<typeof flat>> & Partial<z.infer<typeof whole>> = parsed.data;
  const group = fields.group ?? fields.repo ?? fields.qid;
  try {
    const task = parseTask(nested ? fields.task : taskOfFlat(fields));
    return { task, label: parsed.data.label, ...(group === undefined ? {} : { group }) };
  } catch (error) {
    if (error instanceof ValidationError) throw badRow(where, error.message);
    throw error;
  }
}

const LEVEL = 50; // flat rows name none, and no judge weighs it

function taskOfFlat({ diff, content, requirements, skill = 'any' }: Partial<z.infer<typeof flat>>): unknown {
  if (diff !== undefined) {
    const asked = { style: false, security: true, performance: false };
    return { type: 'CODE_REVIEW', pullRequest: { url: '', diff, files: [] }, requirements: asked };
  }
  if (content === undefined) {
    const remedy = 'give a task, or a diff, or a content with its requirements';
    throw new ValidationError(`holds nothing to judge: ${remedy}`, 'INVALID_DATA');
  }
  return {
    type: 'SKILL_ASSESSMENT',
    submission: { content, evidence: [] },
    criteria: { skill, level: LEVEL, requirements },
  };
}

export function badRow(where: string, message: string): ValidationError {
  return new ValidationError(`${where}: ${message}`, 'INVALID_DATA', { where });
}
