import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SeededRandom } from '../../test/sim/random.ts';
import { fillDatabase } from './database.ts';
import { type HarmName, harm } from './harm.ts';
import type { Answer } from './reader.ts';

const READER = fileURLToPath(new URL('reader.ts', import.meta.url));
/** Reading takes a tenth of a second; what takes this long hangs. */
const READ_TIMEOUT_MS = 60_000;

/** Starts of one database in a row. */
const STARTS_MAX = 3;

/** What became of all the damages. */
export interface DamageFigures {
  damages: Partial<Record<HarmName, number>>;
  /** Values served that were not what was stored, each with the number of its damage. */
  wrong: string[];
  right: number;
  missing: number;
  /** Databases in which something was missing or told, and those that looked whole. */
  harmed: number;
  whole: number;
  /** Databases with missing values of which the store told nothing. */
  untold: string[];
  /** Databases that were not opened, with the reason. */
  refused: string[];
  /** Times that a database ended the process, and it was begun again. */
  restarts: number;
  /** Databases that ended every process that was begun for them, or hung. */
  died: string[];
  /** Databases that could not be written and read again afterwards. */
  unwritable: string[];
}

/** Damages copies of one database of so many results, one damage each, and reads them with the real store. */
export async function runDamages(options: { count: number; seed: number; results: number }): Promise<DamageFigures> {
  const folder = await mkdtemp(join(tmpdir(), 'pheme-damage-'));
  const reader = new Reader();
  const figures = emptyFigures();
  try {
    const template = join(folder, 'template');
    await fillDatabase(template, options.results);
    for (let number = 0; number < options.count; number++) {
      const copy = join(folder, `${number}`);
      await cp(template, copy, { recursive: true });
      const name = await harm(copy, new SeededRandom(options.seed * 1_000_003 + number));
      figures.damages[name] = (figures.damages[name] ?? 0) + 1;
      const answer = await readAsSupervised(reader, copy, options.results, () => {
        figures.restarts += 1;
      });
      take(figures, `${number} (${name})`, answer);
      await rm(copy, { recursive: true });
    }
    return figures;
  } finally {
    await reader.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function emptyFigures(): DamageFigures {
  const lists = { wrong: [], untold: [], refused: [], died: [], unwritable: [] };
  return { damages: {}, right: 0, missing: 0, harmed: 0, whole: 0, restarts: 0, ...lists };
}

function take(figures: DamageFigures, name: string, answer: Answer | { death: string }): void {
  if ('death' in answer) figures.died.push(`${name}: ${answer.death}`);
  else if ('refusal' in answer) figures.refused.push(`${name}: ${answer.refusal}`);
  else {
    const { right, wrong, missing, told, writable } = answer.reading;
    figures.right += right;
    figures.missing += missing;
    figures.wrong.push(...wrong.map((what) => `${name}: ${what}`));
    figures[missing + told > 0 ? 'harmed' : 'whole'] += 1;
    if (missing > 0 && told === 0) figures.untold.push(`${name}: ${missing} missing`);
    if (!writable) figures.unwritable.push(name);
  }
}

/** Whoever runs a node starts it again when it dies; by then the node suspects its database. */
async function readAsSupervised(
  reader: Reader,
  directory: string,
  results: number,
  onRestart: () => void,
): Promise<Answer | { death: string }> {
  for (let start = 1; ; start++) {
    const answer = await reader.read(directory, results);
    if (!('death' in answer) || start === STARTS_MAX) return answer;
    onRestart();
  }
}

/** A reading process, begun anew whenever a database ends it. */
class Reader {
  #child: ChildProcess | undefined;

  async read(directory: string, tasks: number): Promise<Answer | { death: string }> {
    this.#child ??= fork(READER, { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    const child = this.#child;
    const over = new AbortController();
    const timeout = AbortSignal.timeout(READ_TIMEOUT_MS);
    const signal = AbortSignal.any([over.signal, timeout]);
    child.send({ directory, tasks });
    try {
      const ended = once(child, 'exit', { signal }).then(([code, by]) => ({ death: `${by ?? code}` }));
      const answered = once(child, 'message', { signal }).then(([message]) => message as Answer);
      ended.catch(() => undefined);
      answered.catch(() => undefined);
      const answer = await Promise.race([ended, answered]);
      if ('death' in answer) this.#child = undefined;
      return answer;
    } catch (error) {
      if (!timeout.aborted) throw error;
      await this.stop();
      return { death: 'it hung' };
    } finally {
      over.abort();
    }
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
}
