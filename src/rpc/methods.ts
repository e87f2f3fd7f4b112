import { z } from 'zod';
import { parseTask } from '../protocol/task.ts';
import { OUTCOMES } from '../protocol/value.ts';
import { type NodeApi, RESULTS_PAGE_MAX } from './api.ts';
import { rpcFailure } from './errors.ts';
import { EVIDENCE_MAX, WAIT_MS_MAX } from './limits.ts';

/** What a call brings besides its parameters. */
export interface CallContext {
  /** Aborted when the caller goes away or the server stops. */
  signal: AbortSignal;
  /** Runs a wait within the bound on waits. @throws ValidationError TOO_MANY_REQUESTS */
  waiting<T>(wait: () => Promise<T>): Promise<T>;
}

export interface Method<Params extends z.ZodObject = z.ZodObject, Result = unknown> {
  summary: string;
  /** Reads may be asked by GET, and without the token on loopback. */
  access: 'read' | 'write';
  params: Params;
  call(api: NodeApi, params: z.output<Params>, context: CallContext): Result | Promise<Result>;
}

function method<Params extends z.ZodObject, Result>(definition: Method<Params, Result>): Method<Params, Result> {
  return definition;
}

const none = z.strictObject({});
const taskId = z
  .string('must be a task id: 64 lower-case hex digits')
  .regex(/^[0-9a-f]{64}$/, 'must be a task id: 64 lower-case hex digits');
const byTask = z.strictObject({ taskId });
const whole = (min: number, max: number) => {
  const message = `must be a whole number from ${min} to ${max}`;
  return z.int(message).min(min, message).max(max, message);
};

/** Every method, by name: what checks the input, what answers, and who may call it. */
export const METHODS = {
  pheme_status: method({
    summary: 'Who this node is, whom it is connected to, and whether it can take part',
    access: 'read',
    params: none,
    call: (api) => api.status(),
  }),
  pheme_health: method({
    summary: 'Health of the queue, the models, the connected validators and the database',
    access: 'read',
    params: none,
    call: (api) => api.health(),
  }),
  pheme_metrics: method({
    summary: 'Counts and latencies of judging since the start',
    access: 'read',
    params: none,
    call: (api) => api.metrics(),
  }),
  pheme_peers: method({
    summary: 'The connected peers',
    access: 'read',
    params: none,
    call: (api) => api.peers(),
  }),
  pheme_validators: method({
    summary: 'The validators of the network and which of them are connected',
    access: 'read',
    params: none,
    call: (api) => api.validators(),
  }),
  pheme_submitTask: method({
    summary: 'Submits a task; the same task has the same id, however often it is sent',
    access: 'write',
    params: z.strictObject({ task: z.custom<unknown>((task) => task !== undefined, 'is missing: give a task') }),
    call: (api, { task }) => api.submitTask(parseTask(task)),
  }),
  pheme_getTask: method({
    summary: 'What this node knows of a task, or null',
    access: 'read',
    params: byTask,
    call: (api, params) => api.getTask(params.taskId),
  }),
  pheme_getResult: method({
    summary: 'The ConsensusResult of a task, or null',
    access: 'read',
    params: byTask,
    call: (api, params) => api.getResult(params.taskId),
  }),
  pheme_waitForResult: method({
    summary: 'Waits for the ConsensusResult of a task; UNAVAILABLE or TIMEOUT when there is none in time',
    access: 'read',
    params: z.strictObject({ taskId, timeoutMs: whole(0, WAIT_MS_MAX).default(30_000) }),
    call: (api, params, { signal, waiting }) =>
      waiting(() => api.waitForResult(params.taskId, params.timeoutMs, signal)),
  }),
  pheme_listResults: method({
    summary: 'Decided tasks, newest first unless asked otherwise',
    access: 'read',
    params: z.strictObject({
      cursor: whole(0, Number.MAX_SAFE_INTEGER).optional(),
      limit: whole(1, RESULTS_PAGE_MAX).default(20),
      order: z.enum(['newest', 'oldest'], 'must be newest or oldest').default('newest'),
      outcome: z.enum(OUTCOMES, `must be one of ${OUTCOMES.join(', ')}`).optional(),
    }),
    call: (api, query) => api.listResults(query),
  }),
  pheme_getAttestation: method({
    summary: 'The in-toto statement of a decided task with the signatures of all validators that can be asked, or null',
    access: 'read',
    params: byTask,
    call: (api, params) => api.getAttestation(params.taskId),
  }),
  pheme_getEvidence: method({
    summary: 'Proofs that a validator signed two different things for one slot',
    access: 'read',
    params: z.strictObject({ limit: whole(1, EVIDENCE_MAX).default(100) }),
    call: (api, { limit }) => api.getEvidence(limit),
  }),
} as const;

export type MethodName = keyof typeof METHODS;
/** What a caller gives; what has a default may be left out. */
export type ParamsOf<Name extends MethodName> = z.input<(typeof METHODS)[Name]['params']>;
export type ResultOf<Name extends MethodName> = Awaited<ReturnType<(typeof METHODS)[Name]['call']>>;

/** @throws ValidationError METHOD_NOT_FOUND, with the names that exist */
export function methodOf(name: string): Method {
  if (Object.hasOwn(METHODS, name)) return METHODS[name as MethodName] as unknown as Method;
  const methods = Object.keys(METHODS);
  throw rpcFailure('METHOD_NOT_FOUND', `there is no such method; the methods are ${methods.join(', ')}`, { methods });
}

const FAULTS_MAX = 20;

/** @throws ValidationError INVALID_PARAMS with `details.faults` */
export function parseParams<Params extends z.ZodObject>(
  { params: schema }: Method<Params>,
  params: unknown,
): z.output<Params> {
  const parsed = schema.safeParse(params ?? {});
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.slice(0, FAULTS_MAX).map((issue) => {
    if (issue.code === 'unrecognized_keys')
      return { path: 'params', message: `has unknown names; known are ${known(schema)}` };
    if (issue.path.length === 0) return { path: 'params', message: `must be an object of ${known(schema)}` };
    return { path: issue.path.join('.'), message: issue.message };
  });
  const lines = faults.map(({ path, message }) => `${path} ${message}`);
  throw rpcFailure('INVALID_PARAMS', `invalid parameters: ${lines.join('; ')}`, { faults });
}

function known(schema: z.ZodObject): string {
  return Object.keys(schema.shape).join(', ') || 'no names at all';
}

/**
 * Parameters of a GET: text, read as a number where the method wants one.
 * @throws ValidationError INVALID_PARAMS if a name is given twice
 */
export function queryParams({ params: { shape } }: Method, query: URLSearchParams): Record<string, unknown> {
  const entries = [...query].map(([name, text]): [string, unknown] => {
    const field = Object.hasOwn(shape, name) ? (shape[name] as z.ZodType) : undefined;
    const isNumber = /^\d{1,16}$/.test(text) && field !== undefined && !field.safeParse(text).success;
    return [name, isNumber ? Number(text) : text];
  });
  const names = entries.map(([name]) => name);
  if (new Set(names).size === names.length) return Object.fromEntries(entries);
  const faults = [{ path: 'params', message: 'has a name twice' }];
  throw rpcFailure('INVALID_PARAMS', 'invalid parameters: a name stands twice', { faults });
}
