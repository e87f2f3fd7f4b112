import { parseDiff } from '../../models/diff/parse-diff.ts';

/** What a person typed; both kinds stand side by side, so that switching loses nothing. */
export interface TaskForm {
  type: 'CODE_REVIEW' | 'SKILL_ASSESSMENT';
  diff: string;
  url: string;
  style: boolean;
  security: boolean;
  performance: boolean;
  content: string;
  evidence: string;
  skill: string;
  level: string;
  requirements: string;
}

export const EMPTY_FORM: TaskForm = {
  type: 'CODE_REVIEW',
  diff: '',
  url: '',
  style: true,
  security: true,
  performance: true,
  content: '',
  evidence: '',
  skill: '',
  level: '1',
  requirements: '',
};

/** A fault and the field that it is about. */
export interface FormFault {
  field: keyof TaskForm;
  message: string;
}

/** What must be mended before the form makes a task; the node checks everything again. */
export function formFaults(form: TaskForm): FormFault[] {
  const faults: FormFault[] = [];
  const needed = (field: keyof TaskForm, what: string) => {
    if (String(form[field]).trim() === '') faults.push({ field, message: `${what} is missing` });
  };
  if (form.type === 'CODE_REVIEW') {
    needed('diff', 'The diff');
    if (faults.length === 0 && parseDiff(form.diff).files.length === 0)
      faults.push({ field: 'diff', message: 'This is no diff: paste what `git diff` prints' });
    if (!form.style && !form.security && !form.performance)
      faults.push({ field: 'security', message: 'Ask for at least one of style, security, performance' });
    return faults;
  }
  needed('content', 'The answer');
  needed('skill', 'The skill');
  needed('requirements', 'At least one requirement');
  if (!/^(?:\d{1,2}|100)$/.test(form.level.trim()))
    faults.push({ field: 'level', message: 'The level is a whole number from 0 to 100' });
  return faults;
}

/** The task in the words of the RPC; call {@link formFaults} first. */
export function taskOfForm(form: TaskForm): Record<string, unknown> {
  if (form.type === 'CODE_REVIEW') {
    const { diff, url, style, security, performance } = form;
    const files = parseDiff(diff).files.map(({ path }) => path);
    const pullRequest = { url: url.trim(), diff, files: [...new Set(files)] };
    return { type: form.type, pullRequest, requirements: { style, security, performance } };
  }
  return {
    type: form.type,
    submission: { content: form.content, evidence: linesOf(form.evidence) },
    criteria: { skill: form.skill.trim(), level: Number(form.level), requirements: linesOf(form.requirements) },
  };
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
