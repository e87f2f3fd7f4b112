import { z } from 'zod';
import { type CborValue, decodeCanonical, encodeCanonical } from './cbor.ts';
import { invalidInput, ProtocolError } from './errors.ts';
import { type Digest, digestBytes, hash } from './hash.ts';
import {
  ATTEMPTS_MAX,
  CRITERIA_CHARS_MAX,
  CRITERIA_ITEMS_MAX,
  FILES_MAX,
  NAME_CHARS_MAX,
  SECONDS_MAX,
  TASK_BYTES_MAX,
} from './limits.ts';

/** The version of the task's form; an absent `version` means this one. */
export const TASK_VERSION = 1;

const text = (charsMax: number) =>
  z
    .string({ error: (issue) => (issue.input === undefined ? 'is missing: give a string' : 'must be a string') })
    .max(charsMax, `must have at most ${charsMax} characters`)
    .refine((value) => value.isWellFormed(), 'must be well-formed Unicode (it holds a lone surrogate)');
const filled = (charsMax: number) => text(charsMax).refine((value) => value.trim() !== '', 'must not be empty');
const flag = z.boolean({
  error: (issue) => (issue.input === undefined ? 'is missing: give true or false' : 'must be true or false'),
});
const integer = (min: number, max: number, unit: string) =>
  z
    .int({ error: (issue) => (issue.input === undefined ? `is missing: give ${unit}` : `must be ${unit}`) })
    .min(min, `must be at least ${min}`)
    .max(max, `must be at most ${max}`)
    .transform((value) => value + 0); // -0 becomes 0
const texts = (itemsMax: number, charsMax: number) =>
  z
    .array(text(charsMax), {
      error: (issue) =>
        issue.input === undefined ? 'is missing: give a list of strings' : 'must be a list of strings',
    })
    .max(itemsMax, `must have at most ${itemsMax} items`);
const unixSeconds = integer(0, SECONDS_MAX, 'a time in whole seconds since 1970');
const sha = z
  .string()
  .regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/, 'must be a commit id of 40 or 64 lower-case hex digits');
const digest = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits');
const part = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: (issue) => {
      if (issue.code === 'unrecognized_keys')
        return `has unknown fields: ${issue.keys.slice(0, 5).join(', ')}; remove them`;
      return issue.input === undefined ? 'is missing: give an object' : 'must be an object';
    },
  });

const common = {
  version: integer(1, TASK_VERSION, `the number ${TASK_VERSION}`).optional(),
  attempt: integer(0, ATTEMPTS_MAX, 'a whole number').optional(),
  escalates: part({ taskId: digest, reason: filled(NAME_CHARS_MAX) }).optional(),
  deadline: unixSeconds.optional(),
  notAfter: unixSeconds.optional(),
  subject: filled(NAME_CHARS_MAX).optional(),
  repository: filled(NAME_CHARS_MAX).optional(),
  headSha: sha.optional(),
  baseSha: sha.optional(),
};

const codeReview = part({
  type: z.literal('CODE_REVIEW'),
  pullRequest: part({
    url: text(NAME_CHARS_MAX),
    diff: filled(TASK_BYTES_MAX),
    files: texts(FILES_MAX, NAME_CHARS_MAX),
  }),
  requirements: part({ style: flag, security: flag, performance: flag }).refine(
    (asked) => asked.style || asked.security || asked.performance,
    'must ask for at least one of style, security, performance',
  ),
  ...common,
});

const skillAssessment = part({
  type: z.literal('SKILL_ASSESSMENT'),
  submission: part({
    content: filled(TASK_BYTES_MAX),
    evidence: texts(CRITERIA_ITEMS_MAX, CRITERIA_CHARS_MAX),
  }),
  criteria: part({
    skill: filled(NAME_CHARS_MAX),
    level: integer(0, 100, 'a whole number from 0 to 100'),
    requirements: texts(CRITERIA_ITEMS_MAX, CRITERIA_CHARS_MAX).min(1, 'must name at least one requirement'),
  }),
  ...common,
});

type Exact<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** Review of a pull request's diff under the asked categories. */
export type CodeReviewTask = Exact<z.infer<typeof codeReview>>;
/** Assessment of a submission against the requirements of a skill at a level. */
export type SkillAssessmentTask = Exact<z.infer<typeof skillAssessment>>;
/** What a network is asked to judge. Times in Unix seconds; every field is bound by the task id. */
export type Task = CodeReviewTask | SkillAssessmentTask;

const SCHEMAS = { CODE_REVIEW: codeReview, SKILL_ASSESSMENT: skillAssessment } as const;

/** The form of a task, for documents and views; what comes in is read by {@link parseTask}. */
export const taskSchema = z.discriminatedUnion('type', [codeReview, skillAssessment]) as unknown as z.ZodType<Task>;

/**
 * Parses a task from JSON, strictly: unknown fields, wrong types and sizes are faults, all reported at once.
 * Adds nothing; `version: 1` and `attempt: 0`, which mean the same as absence, are dropped.
 * @throws ValidationError INVALID_TASK with `details.faults`
 */
export function parseTask(input: unknown): Task {
  const type = typeof input === 'object' && input !== null ? (input as { type?: unknown }).type : undefined;
  if (type !== 'CODE_REVIEW' && type !== 'SKILL_ASSESSMENT') {
    throw invalidInput('not a task', [{ path: 'type', message: 'must be CODE_REVIEW or SKILL_ASSESSMENT' }]);
  }
  const parsed = SCHEMAS[type].safeParse(input);
  if (!parsed.success) {
    const faults = parsed.error.issues
      .slice(0, 20)
      .map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
    throw invalidInput('not a valid task', faults);
  }
  const task = withoutDefaults(parsed.data);
  const bytes = encodeTask(task).length;
  if (bytes > TASK_BYTES_MAX) {
    const message = `is ${bytes} bytes, at most ${TASK_BYTES_MAX} are judged: split the change`;
    throw invalidInput('task too large', [{ path: '', message }], 'TASK_TOO_LARGE');
  }
  return task;
}

function withoutDefaults(parsed: z.infer<typeof codeReview> | z.infer<typeof skillAssessment>): Task {
  const { version: _one, attempt, ...rest } = parsed;
  const kept = Object.entries(attempt ? { ...rest, attempt } : rest).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as unknown as Task;
}

/** The canonical bytes of a task: deterministic CBOR `[version, type, content, common]`, arrays only. */
export function encodeTask(task: Task): Uint8Array {
  return encodeCanonical([TASK_VERSION, task.type, contentOf(task), commonOf(task)]);
}

function contentOf(task: Task): CborValue {
  if (task.type === 'CODE_REVIEW') {
    const { pullRequest, requirements } = task;
    return [
      [pullRequest.url, pullRequest.diff, pullRequest.files],
      [requirements.style, requirements.security, requirements.performance],
    ];
  }
  const { submission, criteria } = task;
  return [
    [submission.content, submission.evidence],
    [criteria.skill, criteria.level, criteria.requirements],
  ];
}

function commonOf(task: Task): CborValue {
  const escalates = task.escalates === undefined ? null : [task.escalates.taskId, task.escalates.reason];
  const { attempt, deadline, notAfter, subject, repository, headSha, baseSha } = task;
  const rest = [deadline, notAfter, subject, repository, headSha, baseSha].map((value) => value ?? null);
  return [attempt ?? 0, escalates, ...rest];
}

/**
 * Reads canonical bytes back. Accepts exactly what {@link encodeTask} writes for a valid task.
 * @throws ProtocolError or ValidationError INVALID_TASK
 */
export function decodeTask(bytes: Uint8Array): Task {
  if (bytes.length > TASK_BYTES_MAX) throw new ProtocolError(`a task of ${bytes.length} bytes is over the limit`);
  const task = parseTask(taskFromCbor(decodeCanonical(bytes)));
  if (Buffer.compare(encodeTask(task), bytes) !== 0) throw new ProtocolError('task bytes are not canonical');
  return task;
}

function taskFromCbor(value: CborValue): unknown {
  // Every mistake of form ends as undefined fields here and as faults in parseTask.
  const list = (item: unknown): unknown[] => (Array.isArray(item) ? item : []);
  const [version, type, content, common] = list(value);
  const [first, second] = list(content).map(list);
  const [attempt, escalates, deadline, notAfter, subject, repository, headSha, baseSha] = list(common);
  const fields = { version, attempt, deadline, notAfter, subject, repository, headSha, baseSha };
  const present = Object.fromEntries(Object.entries(fields).filter(([, field]) => field !== null));
  const escalation = Array.isArray(escalates) ? { escalates: { taskId: escalates[0], reason: escalates[1] } } : {};
  if (type === 'CODE_REVIEW') {
    const pullRequest = { url: first?.[0], diff: first?.[1], files: first?.[2] };
    const requirements = { style: second?.[0], security: second?.[1], performance: second?.[2] };
    return { type, pullRequest, requirements, ...present, ...escalation };
  }
  const submission = { content: first?.[0], evidence: first?.[1] };
  const criteria = { skill: second?.[0], level: second?.[1], requirements: second?.[2] };
  return { type, submission, criteria, ...present, ...escalation };
}

/** The id under which a network knows a task: content-addressed, bound to the network and its epoch. */
export function taskIdOf(networkId: Digest, epoch: number, taskBytes: Uint8Array): Digest {
  return hash('pheme/task/1', digestBytes(networkId), epoch, taskBytes);
}

/** The epoch up to `epochMax` in which these bytes have this id; undefined if they are not those of the task. */
export function epochOfTask(
  networkId: Digest,
  taskId: Digest,
  taskBytes: Uint8Array,
  epochMax: number,
): number | undefined {
  for (let epoch = 0; epoch <= epochMax; epoch++) if (taskIdOf(networkId, epoch, taskBytes) === taskId) return epoch;
  return undefined;
}
