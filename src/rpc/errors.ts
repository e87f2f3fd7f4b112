import type { Fault } from '../protocol/errors.ts';
import { ValidationError } from '../protocol/errors.ts';

/** JSON-RPC 2.0, section 5.1. */
export interface RpcError {
  code: number;
  message: string;
  data?: RpcErrorData;
}

interface RpcErrorData {
  /** A word of {@link ERRORS}. */
  code: string;
  faults?: Fault[];
  /** With TOO_MANY_REQUESTS and TOO_MANY_TASKS: when it is worth to try again. */
  retryAfterSeconds?: number;
  [detail: string]: unknown;
}

interface ErrorKind {
  /** The JSON-RPC code. */
  rpc: number;
  /** The HTTP status of a single call. */
  http: number;
  /** For the published document. */
  meaning: string;
}

/** Every error that the RPC answers with, by its `data.code`. */
export const ERRORS = {
  PARSE_ERROR: { rpc: -32700, http: 400, meaning: 'The body is not JSON in UTF-8, or ambiguous JSON.' },
  INVALID_REQUEST: { rpc: -32600, http: 400, meaning: 'The body is not a JSON-RPC 2.0 request or batch.' },
  METHOD_NOT_FOUND: { rpc: -32601, http: 404, meaning: 'There is no such method; data.methods names those there are.' },
  INVALID_PARAMS: { rpc: -32602, http: 400, meaning: 'Parameters do not fit; data.faults says which and how.' },
  INTERNAL: { rpc: -32603, http: 500, meaning: 'A fault of the node itself; its log says more.' },
  UNAVAILABLE: { rpc: -32000, http: 503, meaning: 'Less than a quorum is connected: nothing can be decided now.' },
  TIMEOUT: { rpc: -32001, http: 504, meaning: 'Not decided within the time that the caller gave; the task goes on.' },
  UNAUTHORIZED: { rpc: -32002, http: 401, meaning: 'No token, a wrong one, or one that only reads.' },
  INVALID_TASK: { rpc: -32003, http: 400, meaning: 'Not a task; data.faults says what is wrong with it.' },
  TASK_TOO_LARGE: { rpc: -32004, http: 413, meaning: 'The task is too large to be judged: split it.' },
  DEADLINE_PASSED: { rpc: -32005, http: 400, meaning: "The task's deadline has passed." },
  TOO_MANY_REQUESTS: {
    rpc: -32006,
    http: 429,
    meaning:
      "The caller's rate, or the bound on waits, judgements, streams or bodies, is used up: try again after data.retryAfterSeconds.",
  },
  TOO_MANY_TASKS: { rpc: -32007, http: 429, meaning: 'The node has as many undecided tasks as it holds.' },
  OBSERVER: { rpc: -32008, http: 403, meaning: 'This node does not vote and takes no tasks: ask a validator.' },
  STOPPING: { rpc: -32009, http: 503, meaning: 'The node is shutting down.' },
  STORE_FAILED: {
    rpc: -32010,
    http: 503,
    meaning: 'The node cannot write to its disk and signs nothing until it can.',
  },
  UNKNOWN_MODEL: {
    rpc: -32011,
    http: 400,
    meaning: 'No such model is configured here; data.models names those that are.',
  },
  NO_BADGE: { rpc: -32012, http: 400, meaning: 'Only an approved skill assessment with a subject earns a badge.' },
  MISSING_PACKAGE: {
    rpc: -32013,
    http: 501,
    meaning: 'The node lacks an optional package; the message says which and how to install it.',
  },
  TASK_GIVEN_UP: {
    rpc: -32014,
    http: 409,
    meaning: 'Too few validators could decide this task in its time; submit it again with another attempt.',
  },
  TASK_OPEN: {
    rpc: -32015,
    http: 409,
    meaning: 'The task is not decided yet, and its votes need its body: forget it once it is decided or given up.',
  },
  HOST_REFUSED: { rpc: -32020, http: 403, meaning: 'The Host header names no host that is served here.' },
  ORIGIN_REFUSED: { rpc: -32021, http: 403, meaning: 'Pages of other sites may not call this node.' },
  UNSUPPORTED_MEDIA_TYPE: { rpc: -32022, http: 415, meaning: 'A body must be application/json, not compressed.' },
  BODY_TOO_LARGE: { rpc: -32023, http: 413, meaning: 'The body is larger than any call needs.' },
  NOT_FOUND: { rpc: -32024, http: 404, meaning: 'There is nothing at this path.' },
  METHOD_NOT_ALLOWED: { rpc: -32025, http: 405, meaning: 'The path wants another HTTP method.' },
  ANSWER_TOO_LARGE: {
    rpc: -32026,
    http: 413,
    meaning: 'The answers to a batch got too large: ask for the rest in another.',
  },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERRORS;

/** What any call may come to, whatever its method. */
export const COMMON_ERRORS = [
  'INVALID_PARAMS',
  'UNAUTHORIZED',
  'TOO_MANY_REQUESTS',
  'STOPPING',
  'INTERNAL',
] as const satisfies readonly ErrorCode[];

/** An error with a code of the table. */
export function rpcFailure(code: ErrorCode, message: string, details: Record<string, unknown> = {}): ValidationError {
  return new ValidationError(message, code, details);
}

function isListed(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code);
}

/** True for faults of our own, whose message is for the log and not for the caller. */
export function isInternal(error: unknown): boolean {
  return !(error instanceof ValidationError) || !isListed(error.code) || error.code === 'INTERNAL';
}

export function toRpcError(error: unknown): RpcError {
  if (!(error instanceof ValidationError) || !isListed(error.code) || isInternal(error)) {
    return {
      code: ERRORS.INTERNAL.rpc,
      message: 'internal error: see the log of the node',
      data: { code: 'INTERNAL' },
    };
  }
  const { message, code, details } = error;
  const retry = code === 'TOO_MANY_TASKS' ? { retryAfterSeconds: OPEN_TASKS_RETRY_SECONDS } : {};
  return { code: ERRORS[code].rpc, message, data: { ...retry, ...details, code } };
}

/** Tasks are decided, or expire, within some minutes. */
const OPEN_TASKS_RETRY_SECONDS = 30;

/** What the log says of a fault of our own. */
export function internalDetail(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** The HTTP status of an answer that is this error alone. */
export function httpStatusOf({ data }: RpcError): number {
  return data !== undefined && isListed(data.code) ? ERRORS[data.code].http : ERRORS.INTERNAL.http;
}

/** Headers that go with the status. */
export function httpHeadersOf({ data }: RpcError): Record<string, string> {
  if (data?.code === 'UNAUTHORIZED') return { 'www-authenticate': 'Bearer realm="pheme"' };
  return data?.retryAfterSeconds === undefined ? {} : { 'retry-after': String(data.retryAfterSeconds) };
}
