import type { z } from 'zod';
import type { NodeApi } from './api.ts';
import type { ErrorCode } from './errors.ts';

/** What a call brings besides its parameters. */
export interface CallContext {
  /** Aborted when the caller goes away or the server stops. */
  signal: AbortSignal;
  /** Runs a wait within the bound on waits. @throws ValidationError TOO_MANY_REQUESTS */
  waiting<T>(wait: () => Promise<T>): Promise<T>;
}

/** One row of the table: everything that is known of a method. */
export interface Method<Params extends z.ZodObject = z.ZodObject, Result extends z.ZodType = z.ZodType> {
  summary: string;
  /** Reads may be asked by GET, and without the token on loopback. */
  access: 'read' | 'write';
  params: Params;
  /** The form of the answer, as published; what the handler returns is of its type. */
  result: Result;
  /** What it may come to besides {@link COMMON_ERRORS}. */
  errors: readonly ErrorCode[];
  call(api: NodeApi, params: z.output<Params>, context: CallContext): z.output<Result> | Promise<z.output<Result>>;
}

/** Checks a row's handler against its schemas. */
export function method<Params extends z.ZodObject, Result extends z.ZodType>(
  definition: Method<Params, Result>,
): Method<Params, Result> {
  return definition;
}
