import { APIConnectionError, APIError } from 'openai';
import { Redirected, ResponseTooLarge } from './bounded-fetch.ts';
import { RETRY_BASE_MS } from './limits.ts';

/** What an endpoint answers when the request, and so the task, is to blame. */
const REQUEST_FAULTS = new Set([400, 413, 422]);
/** Codes of Node's TLS for certificates that are not trusted and peers that speak no TLS. */
const TLS_FAULT = /^(?:ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_)/;

/** Whether the same request may succeed a little later. */
export function isTransient(error: unknown): boolean {
  if (error instanceof APIConnectionError) {
    return !causedBy(error, isOf(Redirected)) && !causedBy(error, isOf(ResponseTooLarge)) && !causedBy(error, isTls);
  }
  const status = statusOf(error) ?? 0;
  return status === 408 || status === 409 || status === 429 || status >= 500;
}

/** Whether the failure tells about the endpoint; a task's author must not be able to have a sound endpoint avoided. */
export function liesWithEndpoint(error: unknown): boolean {
  return !REQUEST_FAULTS.has(statusOf(error) ?? 0);
}

/** The request was refused since it is longer than the model's context. */
export function isTooLong(error: unknown): boolean {
  if (!(error instanceof APIError) || !REQUEST_FAULTS.has(error.status ?? 0)) return false;
  return error.status === 413 || /context[ _](?:length|size|window)|too long|too many tokens/i.test(told(error));
}

/** How long the endpoint asks to be left alone (RFC 9110, 10.2.3: seconds or a date), if it says so. */
export function retryAfterMs(error: unknown): number | undefined {
  const header = error instanceof APIError ? error.headers?.get('retry-after')?.trim() : undefined;
  if (!header) return undefined;
  if (/^\d{1,9}(?:\.\d{1,9})?$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}

/** Exponential back-off with jitter, so that validators that failed together do not return together. */
export function backOffMs(attempt: number): number {
  return RETRY_BASE_MS * 2 ** (attempt - 1) * (0.5 + Math.random());
}

/** What went wrong, without any text of the endpoint: it may quote the key or the task. */
export function describeFailure(error: unknown): string {
  if (causedBy(error, isOf(ResponseTooLarge))) return 'the endpoint sent more than an answer can hold';
  if (causedBy(error, isOf(Redirected))) return 'the endpoint redirects: configure its final address';
  if (causedBy(error, isTls)) return 'the endpoint has no TLS certificate that is trusted here';
  if (error instanceof APIConnectionError) return 'the endpoint could not be reached';
  const status = statusOf(error);
  return status === undefined ? 'the endpoint sent something that is no answer' : `the endpoint answered ${status}`;
}

/** The endpoint's words, for recognising what it refuses; never to be shown. */
export function told(error: APIError): string {
  return `${error.code ?? ''} ${error.param ?? ''} ${error.message}`;
}

function statusOf(error: unknown): number | undefined {
  return error instanceof APIError ? error.status : undefined;
}

const CAUSES_MAX = 5; // a chain may be circular

function causedBy(error: unknown, matches: (cause: Error) => boolean): boolean {
  let cause: unknown = error;
  for (let depth = 0; cause instanceof Error && depth < CAUSES_MAX; depth++) {
    if (matches(cause)) return true;
    cause = cause.cause;
  }
  return false;
}

const isOf = (kind: new (...args: never[]) => Error) => (cause: Error) => cause instanceof kind;
const isTls = (cause: Error) => TLS_FAULT.test(String((cause as { code?: unknown }).code ?? ''));
