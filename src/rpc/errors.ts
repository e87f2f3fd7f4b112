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
  [detail: string]: unknown;
}

interface ErrorKind {
  /** The JSON-RPC code. */
  rpc: number;
  /** The HTTP status of a single call. */
  http: number;
}

/** Every error that the RPC answers with, by its `data.code`. */
export const ERRORS = {
  PARSE_ERROR: { rpc: -32700, http: 400 },
  INVALID_REQUEST: { rpc: -32600, http: 400 },
  METHOD_NOT_FOUND: { rpc: -32601, http: 404 },
  INVALID_PARAMS: { rpc: -32602, http: 400 },
  INTERNAL: { rpc: -32603, http: 500 },
  /** Less than a quorum is connected: nothing can be decided. */
  UNAVAILABLE: { rpc: -32000, http: 503 },
  /** Not decided within the time that the caller gave. */
  TIMEOUT: { rpc: -32001, http: 504 },
  /** No token, a wrong one, or one that only reads. */
  UNAUTHORIZED: { rpc: -32002, http: 401 },
  INVALID_TASK: { rpc: -32003, http: 400 },
  TASK_TOO_LARGE: { rpc: -32004, http: 413 },
  DEADLINE_PASSED: { rpc: -32005, http: 400 },
  /** The caller's rate, the bound on waits, or the memory for bodies is used up: try again later. */
  TOO_MANY_REQUESTS: { rpc: -32006, http: 429 },
  /** The node has as many undecided tasks as it holds. */
  TOO_MANY_TASKS: { rpc: -32007, http: 429 },
  /** This node does not vote and takes no tasks. */
  OBSERVER: { rpc: -32008, http: 403 },
  /** The node is shutting down. */
  STOPPING: { rpc: -32009, http: 503 },
  /** The node cannot write to its disk and signs nothing until it can. */
  STORE_FAILED: { rpc: -32010, http: 503 },
  HOST_REFUSED: { rpc: -32020, http: 403 },
  ORIGIN_REFUSED: { rpc: -32021, http: 403 },
  UNSUPPORTED_MEDIA_TYPE: { rpc: -32022, http: 415 },
  BODY_TOO_LARGE: { rpc: -32023, http: 413 },
  NOT_FOUND: { rpc: -32024, http: 404 },
  METHOD_NOT_ALLOWED: { rpc: -32025, http: 405 },
  /** The answers to a batch got too large: ask for the rest in another. */
  ANSWER_TOO_LARGE: { rpc: -32026, http: 413 },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERRORS;

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
  return { code: ERRORS[code].rpc, message, data: { ...details, code } };
}

/** What the log says of a fault of our own. */
export function internalDetail(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** The HTTP status of an answer that is this error alone. */
export function httpStatusOf({ data }: RpcError): number {
  return data !== undefined && isListed(data.code) ? ERRORS[data.code].http : ERRORS.INTERNAL.http;
}
