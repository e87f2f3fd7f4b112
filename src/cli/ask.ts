import { setTimeout as delay } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import type { VerifiedResult, VerifyingClient } from '../node/client.ts';
import type { AgreedFinding } from '../protocol/agreement.ts';
import { committeeOfResult } from '../protocol/epoch-change.ts';
import { ValidationError } from '../protocol/errors.ts';
import { ATTEMPTS_MAX } from '../protocol/limits.ts';
import type { Task } from '../protocol/task.ts';
import type { NodeStatus, TaskView } from '../rpc/api.ts';
import { duration } from './arguments.ts';
import { type ExitCode, exitOfOutcome } from './exit-codes.ts';
import { Output } from './io.ts';
import { renderResult } from './render-result.ts';
import type { Session } from './session.ts';

/** Flags of commands that submit a task and wait for its verified result. */
export interface AskFlags {
  network?: string;
  timeout: number;
  retry?: boolean;
  format: 'pretty' | 'json';
}

const TIMEOUT_MS = 120_000; // the judges' budget of 60 s, and as much again for a loaded network
const PROGRESS_POLL_MS = 300;

/** @param formats of the result; the first unless one is given */
export function askOptions(command: Command, formats: readonly [string, ...string[]] = ['pretty', 'json']): Command {
  return command
    .option('--network <genesis.json>', "the genesis to verify the result against (else the home's)")
    .addOption(
      new Option('--timeout <duration>', 'how long to wait for the result')
        .argParser(duration)
        .default(TIMEOUT_MS, '2m'),
    )
    .option('--retry', 'ask again what ended EXPIRED or INCONCLUSIVE')
    .addOption(new Option('--format <format>', 'how to print the result').choices([...formats]).default(formats[0]));
}

/** Submits a task, waits, verifies, prints; the exit code is that of the outcome. */
export async function ask(session: Session, given: Task, flags: AskFlags): Promise<ExitCode> {
  const client = await session.verifyingClient(flags.network);
  const out = outputFor(session, flags.format);
  const verified = await askVerified(session, client, given, { ...flags, out });
  printResult(out, client, verified);
  return exitOfOutcome(verified.result.outcome);
}

/** Submits a task, waits and verifies, showing how far it is. */
export async function askVerified(
  { io: { signal } }: Session,
  client: VerifyingClient,
  given: Task,
  { retry, timeout, out }: Pick<AskFlags, 'retry' | 'timeout'> & { out: Output },
): Promise<VerifiedResult> {
  const task = retry ? await nextAttempt(client, given, signal) : given;
  const taskId = await client.submit(task, signal);
  out.progress(`submitted ${taskId} to ${client.rpc.url}`);
  return whileShowing(client, taskId, out, client.wait(task, timeout, signal)).catch((error: unknown) => {
    throw undecided(error, taskId);
  });
}

export function outputFor(session: Session, format: AskFlags['format']): Output {
  return format === 'json' ? new Output(session.io, true) : session.out;
}

/** A result for people, with what was checked; or for programs, exactly as `pheme verify` takes it. */
export function printResult(
  out: Output,
  { genesis }: VerifyingClient,
  { result, verification }: VerifiedResult,
  findings?: readonly AgreedFinding[],
): void {
  const committee = committeeOfResult(genesis, result);
  out.json(result);
  for (const { text, tone } of renderResult(result, committee, findings)) out.line(text, tone);
  const names = verification.checks.filter(({ ok }) => ok).map(({ name }) => name);
  out.line(
    `verified  against the genesis of ${genesis.name} (${committee.networkId.slice(0, 16)}): ${names.join(', ')}`,
  );
}

/** The first attempt of a task that has not ended without a verdict. */
export async function nextAttempt(client: VerifyingClient, task: Task, signal: AbortSignal): Promise<Task> {
  for (let attempt = task.attempt ?? 0; attempt <= ATTEMPTS_MAX; attempt++) {
    const next: Task = attempt === 0 ? task : { ...task, attempt };
    const outcome = (await client.result(next, signal))?.result.outcome;
    if (outcome !== 'EXPIRED' && outcome !== 'INCONCLUSIVE') return next;
  }
  throw new ValidationError(`the task was asked ${ATTEMPTS_MAX} times without a verdict: change it`, 'INVALID_TASK');
}

/** Shows how far the task is until `result` settles. What the node says here is shown only, never relied on. */
async function whileShowing<T>(client: VerifyingClient, taskId: string, out: Output, result: Promise<T>): Promise<T> {
  const settled = new AbortController();
  const showing = showProgress(client, taskId, out, settled.signal).catch(() => undefined);
  try {
    return await result;
  } finally {
    settled.abort();
    await showing;
    out.endProgress();
  }
}

async function showProgress({ rpc }: VerifyingClient, taskId: string, out: Output, signal: AbortSignal): Promise<void> {
  for (;;) {
    await delay(PROGRESS_POLL_MS, undefined, { signal });
    const view = await rpc.call('pheme_getTask', { taskId }, { signal });
    const status = await rpc.call('pheme_status', {}, { signal });
    out.progress(`${progressText(view)}${connectionText(status)}`);
  }
}

function progressText(view: TaskView | null): string {
  const progress = view?.progress;
  if (progress === undefined) return view === null ? 'announcing the task' : `the task is ${view.state}`;
  const { phase, committed, revealed, round } = progress;
  if (phase === 'collecting') return `judging: ${committed.length} validators have committed`;
  if (phase === 'revealing') return `revealing: ${revealed.length} of ${committed.length} judgements`;
  return `voting: round ${round ?? 0}`;
}

function connectionText({ connectedWeight, quorum }: NodeStatus): string {
  return connectedWeight < quorum
    ? ` (weight ${connectedWeight} is connected, ${quorum} is needed: waiting for validators)`
    : '';
}

/** Says how to get the result later; the task itself goes on. */
function undecided(error: unknown, taskId: string): unknown {
  if (!(error instanceof ValidationError) || (error.code !== 'TIMEOUT' && error.code !== 'UNAVAILABLE')) return error;
  const message = `${error.message}; the task goes on: pheme result ${taskId} shows its result once there is one`;
  return new ValidationError(message, error.code, { ...error.details, taskId }, error);
}
