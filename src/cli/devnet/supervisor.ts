import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { writeFileAtomic } from '../../config/files.ts';
import { ValidationError } from '../../protocol/errors.ts';
import type { Output } from '../io.ts';
import { aborted } from '../stop-signal.ts';
import { type ChildNode, type Ending, logTail, startChild } from './child-node.ts';
import type { DevnetHomes, DevnetValidator } from './devnet-homes.ts';
import { untilReady } from './readiness.ts';

/** A devnet of embedded models is ready in two seconds; a loaded machine may need many times that. */
const READY_TIMEOUT_MS = 120_000;
/** What a stopping child gets beyond its own deadline before it is killed. */
const STOP_TIMEOUT_MS = 15_000;
const TAIL_LINES_MAX = 5;

/** The file from which others learn where the devnet's nodes are. */
export const DEVNET_FILE = 'devnet.json';

interface Running {
  validator: DevnetValidator;
  child: ChildNode;
}

export interface DevnetOptions {
  directory: string;
  homes: DevnetHomes;
  env: Record<string, string | undefined>;
  /** Passed on to every node. */
  nodeArgs: readonly string[];
  out: Output;
  /** Aborted when the devnet shall stop. */
  signal: AbortSignal;
}

/**
 * Runs a devnet until `signal`: starts all validators, tells when they are ready, reports those that die and starts none
 * again. When it returns, or throws, no child is left.
 * @throws ValidationError DEVNET_FAILED if a validator ends before all are ready, UNAVAILABLE if they are not in time
 */
export async function runDevnet(options: DevnetOptions): Promise<void> {
  const { directory, homes, env, nodeArgs, out, signal } = options;
  const filePath = resolve(join(directory, DEVNET_FILE));
  await rm(filePath, { force: true }); // it would name processes of an earlier run
  const running = homes.validators.map((validator) => ({
    validator,
    child: startChild(validator.home, nodeArgs, env),
  }));
  try {
    await untilAllReady(running, out, signal);
    if (signal.aborted) return;
    const devnet = { ...homes, validators: running.map(({ validator, child }) => ({ ...validator, pid: child.pid })) };
    await writeFileAtomic(filePath, `${JSON.stringify(devnet, null, 2)}\n`);
    for (const one of running)
      void one.child.ended.then((ending) => !signal.aborted && out.note(obituary(one, ending)));
    out.json(devnet);
    for (const { validator, child } of running)
      out.line(`validator ${validator.index}  ${validator.rpc}  pid ${child.pid}  ${validator.home}`);
    out.line('ready');
    await aborted(signal);
  } finally {
    await stopAll(running, out);
    out.endProgress();
  }
}

/** Stops all of them at once, and names those that are waited for. */
async function stopAll(running: readonly Running[], out: Output): Promise<void> {
  const waiting = new Set(running.map(({ validator }) => validator.index));
  const show = () => {
    if (waiting.size > 0) out.progress(`stopping: waiting for validators ${[...waiting].join(', ')}`);
  };
  show();
  await Promise.all(
    running.map(async ({ child, validator }) => {
      await child.stop(STOP_TIMEOUT_MS);
      waiting.delete(validator.index);
      show();
    }),
  );
}

async function untilAllReady(running: readonly Running[], out: Output, signal: AbortSignal): Promise<void> {
  const failed = new AbortController();
  const waiting = AbortSignal.any([signal, failed.signal, AbortSignal.timeout(READY_TIMEOUT_MS)]);
  const reasons = running.map(() => 'starting');
  const show = () => {
    const ready = reasons.filter((reason) => reason === '').length;
    const first = reasons.findIndex((reason) => reason !== '');
    out.progress(
      `${ready} of ${running.length} validators ready${first < 0 ? '' : `; validator ${first}: ${reasons[first]}`}`,
    );
  };
  const watch = async ({ validator, child }: Running, at: number) => {
    void child.ended.then(() => failed.abort());
    await untilReady(validator.rpc, waiting, (reason) => {
      reasons[at] = reason;
      show();
    });
    reasons[at] = '';
    show();
  };
  const outcomes = await Promise.allSettled(running.map(watch));
  const dead = running.find(({ child }) => child.hasEnded());
  if (signal.aborted) return;
  if (dead !== undefined) throw await diedEarly(dead);
  if (outcomes.every(({ status }) => status === 'fulfilled')) return;
  throw new ValidationError(
    `not all validators were ready within ${READY_TIMEOUT_MS / 1000} s: see node.log in their homes`,
    'UNAVAILABLE',
  );
}

async function diedEarly({ validator, child }: Running): Promise<ValidationError> {
  const ending = await child.ended;
  const tail = await logTail(child.logPath, TAIL_LINES_MAX);
  const message = `validator ${validator.index} ended ${how(ending)} before it was ready (${child.logPath}): ${tail.join(' | ')}`;
  return new ValidationError(message, ending.code === 4 ? 'DATA_LOCKED' : 'DEVNET_FAILED', { index: validator.index });
}

function obituary({ validator, child }: Running, ending: Ending): string {
  return `validator ${validator.index} (pid ${child.pid}) ended ${how(ending)}; revive it with: pheme start --home ${validator.home}`;
}

function how({ code, signal }: Ending): string {
  return signal === null ? `with exit code ${code ?? 'unknown'}` : `by ${signal}`;
}
