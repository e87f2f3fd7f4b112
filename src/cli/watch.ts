import { setTimeout as delay } from 'node:timers/promises';
import { ValidationError } from '../protocol/errors.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { Screen } from './screen.ts';
import type { Session } from './session.ts';

/** Something of a node that is looked at again and again. */
export interface Watched<Answer> {
  title: string;
  periodMs: number;
  ask(signal: AbortSignal): Promise<Answer>;
  render(answer: Answer): string[];
}

/** What one look gave: an answer, or why there is none. A node that restarts is waited for. */
type Look<Answer> = { answer: Answer; lines: string[] } | { fault: string };

/** On a terminal one screen that is kept up to date; else, and for programs, what changes. */
export async function watch<Answer>(session: Session, watched: Watched<Answer>): Promise<ExitCode> {
  const { io, out } = session;
  if (io.stdout.isTTY && !out.asJson) return watchScreen(session, watched);
  let shown = '';
  for await (const look of looks(watched, io.signal)) {
    const now = JSON.stringify(look);
    if (now === shown) continue;
    const before: string[] = shown === '' ? [] : linesOf(JSON.parse(shown) as Look<Answer>);
    shown = now;
    out.json('fault' in look ? { error: look.fault } : look.answer);
    const time = new Date().toISOString();
    for (const line of linesOf(look).filter((text) => !before.includes(text))) out.line(`${time}  ${line}`);
  }
  return EXIT.ok;
}

async function watchScreen<Answer>({ io }: Session, watched: Watched<Answer>): Promise<ExitCode> {
  const screen = new Screen(io);
  const ending = AbortSignal.any([io.signal, screen.left]);
  let known: string[] = [];
  try {
    for await (const look of looks(watched, ending)) {
      const state = 'fault' in look ? look.fault : `as of ${new Date().toLocaleTimeString('en-GB')}`;
      if (!('fault' in look)) known = look.lines;
      screen.draw([`${watched.title}  ${state}`, '', ...known, '', `every ${watched.periodMs / 1000} s; q leaves`]);
    }
    return EXIT.ok;
  } catch (error) {
    if (screen.left.aborted && !io.signal.aborted) return EXIT.ok;
    throw error;
  } finally {
    screen.close();
  }
}

async function* looks<Answer>(watched: Watched<Answer>, signal: AbortSignal): AsyncGenerator<Look<Answer>> {
  for (;;) {
    yield await look(watched, signal);
    await delay(watched.periodMs, undefined, { signal });
  }
}

async function look<Answer>({ ask, render }: Watched<Answer>, signal: AbortSignal): Promise<Look<Answer>> {
  try {
    const answer = await ask(signal);
    return { answer, lines: render(answer) };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ValidationError && WORTH_WAITING.has(error.code)) return { fault: error.message };
    throw error;
  }
}

/** A node that is away or busy comes back; a wrong address or token does not mend itself. */
const WORTH_WAITING = new Set(['UNREACHABLE', 'TIMEOUT', 'STOPPING', 'TOO_MANY_REQUESTS', 'UNAVAILABLE']);

function linesOf<Answer>(look: Look<Answer>): string[] {
  return 'fault' in look ? [look.fault] : look.lines;
}
