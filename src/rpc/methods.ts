import { z } from 'zod';
import { anchorProofSchema } from '../protocol/anchor.ts';
import { consensusResultSchema } from '../protocol/consensus-result.ts';
import { envelopeSchema } from '../protocol/dsse.ts';
import { epochChangeSchema } from '../protocol/epoch-change.ts';
import { genesisSchema } from '../protocol/genesis.ts';
import { VALIDATORS_MAX } from '../protocol/limits.ts';
import { OPEN_TASKS_RANKED_MAX, openSkillTaskSchema, recommendationsSchema } from '../protocol/recommendation.ts';
import { parseTask } from '../protocol/task.ts';
import { OUTCOMES } from '../protocol/value.ts';
import { RESULTS_PAGE_MAX } from './api.ts';
import { rpcFailure } from './errors.ts';
import { taskExplanation } from './explain-views.ts';
import { EVIDENCE_MAX, MODEL_NAME_CHARS_MAX, WAIT_MS_MAX } from './limits.ts';
import { type Method, method } from './method.ts';
import { describeRpc, openRpcSchema } from './openrpc.ts';
import { byTask, givenJson, givenTask, none, oneOrMore, taskId, whole, word } from './params.ts';
import * as views from './views.ts';

const task = givenTask;
const text = z.string('must be text').min(1, 'must not be empty').max(1024, 'must have at most 1024 characters');
const time = z.iso.datetime({ offset: true, error: 'must be a time such as 2026-11-22T10:00:00Z' });
const TASK_ERRORS = ['INVALID_TASK', 'TASK_TOO_LARGE'] as const;

/** Every method, by name: what checks the input, what answers, and who may call it. */
export const METHODS = {
  pheme_status: method({
    summary: 'Who this node is, whom it is connected to, and whether it can take part',
    access: 'read',
    params: none,
    result: views.nodeStatus,
    errors: [],
    call: (api) => api.status(),
  }),
  pheme_genesis: method({
    summary: "The network's genesis file; its network id is what a client pins, never this answer",
    access: 'read',
    params: none,
    result: genesisSchema,
    errors: [],
    call: (api) => api.genesis(),
  }),
  pheme_epochs: method({
    summary:
      "Changes of the network's validators and rules since its genesis; each is signed by a quorum of those before",
    access: 'read',
    params: none,
    result: z.array(epochChangeSchema),
    errors: [],
    call: (api) => api.epochs(),
  }),
  pheme_health: method({
    summary: 'Health of the queue, the models, the connected validators and the database',
    access: 'read',
    params: none,
    result: views.healthReport,
    errors: [],
    call: (api) => api.health(),
  }),
  pheme_metrics: method({
    summary: 'Counts and latencies of judging since the start',
    access: 'read',
    params: none,
    result: views.workerMetrics,
    errors: [],
    call: (api) => api.metrics(),
  }),
  pheme_peers: method({
    summary: 'The connected peers',
    access: 'read',
    params: none,
    result: z.array(views.peerView),
    errors: [],
    call: (api) => api.peers(),
  }),
  pheme_validators: method({
    summary: 'The validators of the network and which of them are connected',
    access: 'read',
    params: none,
    result: z.array(views.validatorView),
    errors: [],
    call: (api) => api.validators(),
  }),
  pheme_submitTask: method({
    summary: 'Submits a task; the same task has the same id, however often it is sent',
    access: 'write',
    params: z.strictObject({ task }),
    result: z.strictObject({ taskId }),
    errors: [...TASK_ERRORS, 'DEADLINE_PASSED', 'TOO_MANY_TASKS', 'TASK_GIVEN_UP', 'OBSERVER', 'STORE_FAILED'],
    call: (api, params) => api.submitTask(parseTask(params.task)),
  }),
  pheme_getTask: method({
    summary: 'What this node knows of a task, or null',
    access: 'read',
    params: byTask,
    result: views.taskView.nullable(),
    errors: [],
    call: (api, params) => api.getTask(params.taskId),
  }),
  pheme_forgetTask: method({
    summary:
      "Drops a task's body, reports and timeline at this node for good; its certificate stays and still verifies",
    access: 'write',
    params: byTask,
    result: views.forgottenTask.nullable(),
    errors: ['TASK_OPEN', 'STORE_FAILED'],
    call: (api, params) => api.forgetTask(params.taskId),
  }),
  pheme_getResult: method({
    summary: 'The ConsensusResult of a task, or null',
    access: 'read',
    params: byTask,
    result: consensusResultSchema.nullable(),
    errors: [],
    call: (api, params) => api.getResult(params.taskId),
  }),
  pheme_waitForResult: method({
    summary: 'Waits for the ConsensusResult of a task; UNAVAILABLE or TIMEOUT when there is none in time',
    access: 'read',
    params: z.strictObject({ taskId, timeoutMs: whole(0, WAIT_MS_MAX).default(30_000) }),
    result: consensusResultSchema,
    errors: ['UNAVAILABLE', 'TIMEOUT'],
    call: (api, params, { signal, waiting }) =>
      waiting(() => api.waitForResult(params.taskId, params.timeoutMs, signal)),
  }),
  pheme_listResults: method({
    summary: 'Decided tasks, newest first unless asked otherwise; filters hold together',
    access: 'read',
    params: z.strictObject({
      cursor: whole(0, Number.MAX_SAFE_INTEGER).optional(),
      limit: whole(1, RESULTS_PAGE_MAX).default(20),
      order: z.enum(['newest', 'oldest'], 'must be newest or oldest').default('newest'),
      outcome: oneOrMore(
        word(OUTCOMES),
        OUTCOMES.length,
        `must be one of ${OUTCOMES.join(', ')}, or a list`,
      ).optional(),
      since: time.optional(),
      until: time.optional(),
      type: word(['CODE_REVIEW', 'SKILL_ASSESSMENT']).optional(),
      repository: text.optional(),
      subject: text.optional(),
      dissentBy: whole(0, VALIDATORS_MAX - 1).optional(),
    }),
    result: views.resultPage,
    errors: [],
    call: (api, query) => api.listResults(query),
  }),
  pheme_getAttestation: method({
    summary: 'The in-toto statement of a decided task with the signatures of all validators that can be asked, or null',
    access: 'read',
    params: byTask,
    result: envelopeSchema.nullable(),
    errors: [],
    call: (api, params) => api.getAttestation(params.taskId),
  }),
  pheme_getAnchor: method({
    summary: 'The proof that this node anchored a result on a chain, or null while it did not',
    access: 'read',
    params: byTask,
    result: anchorProofSchema.nullable(),
    errors: ['STORE_FAILED'],
    call: (api, params) => api.getAnchor(params.taskId),
  }),
  pheme_explain: method({
    summary: 'Why a task came out as it did, or what it waits for: timeline, and who was missing, late or dissenting',
    access: 'read',
    params: byTask,
    result: taskExplanation.nullable(),
    errors: [],
    call: (api, params) => api.explain(params.taskId),
  }),
  pheme_issueBadge: method({
    summary:
      'An Open Badges 3.0 credential of an approved skill assessment, signed by this node; null if it is undecided',
    access: 'read',
    params: byTask,
    result: z.looseObject({}).nullable(),
    errors: ['NO_BADGE', 'MISSING_PACKAGE'],
    call: (api, params) => api.issueBadge(params.taskId),
  }),
  pheme_recommendTasks: method({
    summary:
      "Ranks the caller's open tasks for a subject by its signed skill results: fit, growth, confidence, reasons",
    access: 'read',
    params: z.strictObject({
      subject: text,
      tasks: z
        .array(openSkillTaskSchema, 'must be a list of {id, skill, level, requirements}')
        .min(1, 'must name at least one task')
        .max(OPEN_TASKS_RANKED_MAX, `must name at most ${OPEN_TASKS_RANKED_MAX} tasks`),
      limit: whole(1, OPEN_TASKS_RANKED_MAX).default(10),
    }),
    result: recommendationsSchema,
    errors: [],
    call: (api, { subject, tasks, limit }) => api.recommendTasks(subject, tasks, limit),
  }),
  pheme_getEvidence: method({
    summary: 'Proofs that a validator signed two different things for one slot',
    access: 'read',
    params: z.strictObject({ limit: whole(1, EVIDENCE_MAX).default(100) }),
    result: z.array(views.evidenceView),
    errors: [],
    call: (api, { limit }) => api.getEvidence(limit),
  }),
  pheme_listTasks: method({
    summary: 'Undecided tasks, longest open first',
    access: 'read',
    params: z.strictObject({
      cursor: z
        .string()
        .regex(/^\d{1,16}-[0-9a-f]{64}$/, 'must be the cursor that the page before gave')
        .optional(),
      limit: whole(1, RESULTS_PAGE_MAX).default(20),
    }),
    result: views.openTaskPage,
    errors: [],
    call: (api, query) => api.listTasks(query),
  }),
  pheme_verifyResult: method({
    summary: 'Checks a result, or the one held under an id, as `pheme verify` does; null if there is none under the id',
    access: 'read',
    params: z
      .strictObject({ result: givenJson.optional(), taskId: taskId.optional(), task: task.optional() })
      .refine(
        (given) => given.result !== undefined || given.taskId !== undefined,
        'must hold result, or the taskId of one that this node holds',
      ),
    result: views.verificationView.nullable(),
    errors: TASK_ERRORS,
    call: (api, { result, taskId: id, task: input }) =>
      api.verifyResult({ result, taskId: id, task: input === undefined ? undefined : parseTask(input) }),
  }),
  pheme_judge: method({
    summary: 'What a local model says of a task, beside the consensus: nothing of it is signed, kept or sent',
    access: 'write',
    params: z.strictObject({
      task,
      model: z.string('must be the name of a model').min(1).max(MODEL_NAME_CHARS_MAX).optional(),
    }),
    result: views.localVerdict,
    errors: [...TASK_ERRORS, 'UNKNOWN_MODEL'],
    call: (api, params, { signal }) => api.judge(parseTask(params.task), params.model, signal),
  }),
  'rpc.discover': method({
    summary: 'This document: every method with its parameters, answer and errors, as OpenRPC',
    access: 'read',
    params: none,
    result: openRpcSchema,
    errors: [],
    call: (api): z.output<typeof openRpcSchema> => documentOf(api.status().version),
  }),
} as const;

export type MethodName = keyof typeof METHODS;
/** What a caller gives; what has a default may be left out. */
export type ParamsOf<Name extends MethodName> = z.input<(typeof METHODS)[Name]['params']>;
export type ResultOf<Name extends MethodName> = z.output<(typeof METHODS)[Name]['result']>;

let latest: z.output<typeof openRpcSchema> | undefined;

/** Made once: that takes milliseconds, and anybody may ask for it. */
function documentOf(version: string): z.output<typeof openRpcSchema> {
  if (latest?.info.version !== version) latest = describeRpc(allMethods(), version);
  return latest;
}

function allMethods(): Record<string, Method> {
  return METHODS as unknown as Record<string, Method>;
}

/** @throws ValidationError METHOD_NOT_FOUND, with the names that exist */
export function methodOf(name: string): Method {
  if (Object.hasOwn(METHODS, name)) return allMethods()[name]!;
  const methods = Object.keys(METHODS);
  throw rpcFailure('METHOD_NOT_FOUND', `there is no such method; the methods are ${methods.join(', ')}`, { methods });
}
