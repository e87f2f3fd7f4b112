/**
 * `npm run bench:judge -- [DATA.jsonl[.gz]...] [--tasks 2000] [--model NAME]... [--seed 1]`: streams review tasks, made
 * or from rows with a `diff`, through `pheme judge -` with one worker, and prints times, memory and what a reader that
 * stops reading costs; then what hostile changes cost, and the reason that they got. Build before.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { madeReviews, pathologicalChanges, reviewJson } from './evaluation/made-changes.ts';
import { cleanEnvironment, PHEME } from './processes.ts';
import { readLines } from './training/data.ts';

const { values, positionals } = parseArgs({
  options: {
    tasks: { type: 'string', default: '2000' },
    model: { type: 'string', multiple: true, default: ['rules', 'flow', 'tokens', 'profile'] },
    seed: { type: 'string', default: '1' },
  },
  allowPositionals: true,
});
const count = Number(values.tasks);
const seed = Number(values.seed);
if (!Number.isInteger(count) || count < 1 || !Number.isInteger(seed))
  throw new Error('give --tasks N and --seed S as whole numbers');
if (!existsSync(PHEME)) throw new Error(`there is no ${PHEME}: npm run build`);

/** How long the slow reader reads nothing; in it a judge without back-pressure would hold every answer. */
const PAUSE_MS = 5_000;

const home = await mkdtemp(join(tmpdir(), 'pheme-bench-'));
try {
  await writeFile(join(home, 'validator.yml'), 'worker:\n  concurrency: 1\n');
  const diffs = positionals.flatMap(readLines).filter((row) => typeof row['diff'] === 'string');
  const given = diffs.map((row) => reviewJson(row['diff'] as string));
  console.log(`${count} tasks, ${given.length > 0 ? `from ${positionals.join(', ')}` : `made from seed ${seed}`}`);
  console.log(`node ${process.version}, one worker; times are from one answer to the next`);
  const figures: Record<string, object> = {};
  for (const model of values.model) figures[model] = await stream(model, given);
  console.table(figures);
  console.table(await slowReader(values.model[0]!, given));
  const hostile: Record<string, object> = {};
  for (const [name, diff] of Object.entries(pathologicalChanges()))
    hostile[name] = await one(values.model.at(-1)!, diff);
  console.table(hostile);
} finally {
  await rm(home, { recursive: true, force: true });
}

function judging(model: string): ChildProcessWithoutNullStreams {
  const child = spawn(
    process.execPath,
    [PHEME, 'judge', '-', '--json', '--model', `embedded:${model.replace(/^embedded:/, '')}`, '--home', home],
    {
      env: cleanEnvironment(),
    },
  );
  child.stderr.resume();
  child.stdin.on('error', () => undefined);
  return child;
}

/** Tasks in a ring where the data are fewer than asked for. */
function* tasks(given: readonly string[]): Generator<string> {
  const made = madeReviews(seed);
  for (let at = 0; at < count; at++) yield given.length > 0 ? given[at % given.length]! : made.next().value!;
}

async function feed(child: ChildProcessWithoutNullStreams, source: Iterable<string>, sent: { tasks: number }) {
  for (const task of source) {
    sent.tasks += 1;
    if (!child.stdin.write(`${task}\n`)) await once(child.stdin, 'drain');
  }
  child.stdin.end();
}

async function stream(model: string, given: readonly string[]) {
  const child = judging(model);
  const feeding = feed(child, tasks(given), { tasks: 0 });
  const timesMs: number[] = [];
  const rssMb: number[] = [];
  let [lastMs, firstMs] = [0, 0];
  let unjudged = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const nowMs = performance.now();
    if (lastMs > 0) timesMs.push(nowMs - lastMs);
    else firstMs = nowMs;
    lastMs = nowMs;
    if (JSON.parse(line).error !== undefined) unjudged += 1;
    if (timesMs.length % Math.ceil(count / 20) === 0) rssMb.push(residentMb(child.pid!));
  }
  await feeding;
  const sorted = timesMs.toSorted((a, b) => a - b);
  const at = (share: number) => Number(sorted[Math.floor(share * (sorted.length - 1))]!.toFixed(1));
  return {
    answers: timesMs.length + 1,
    unjudged,
    'median ms': at(0.5),
    'p99 ms': at(0.99),
    'mean ms': Number(((lastMs - firstMs) / timesMs.length).toFixed(1)),
    'RSS start MB': rssMb[1],
    'mid MB': rssMb[rssMb.length >> 1],
    'end MB': rssMb.at(-1),
  };
}

/** What is taken in and held while nobody reads the answers. */
async function slowReader(model: string, given: readonly string[]) {
  const child = judging(model);
  const sent = { tasks: 0 };
  const feeding = feed(child, tasks(given), sent);
  await once(child.stdout, 'readable');
  await delay(PAUSE_MS);
  const paused = { 'tasks taken in while paused': sent.tasks, 'RSS MB': residentMb(child.pid!) };
  let answers = 0;
  for await (const _line of createInterface({ input: child.stdout })) answers += 1;
  await feeding;
  return { 'slow reader': { ...paused, 'answers in all': answers } };
}

async function one(model: string, diff: string) {
  const child = judging(model);
  const startMs = performance.now();
  let peakMb = 0;
  const watch = setInterval(() => {
    peakMb = Math.max(peakMb, residentMb(child.pid!) || 0); // it may have ended just now
  }, 20);
  child.stdin.end(`${reviewJson(diff)}\n`);
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) lines.push(line);
  clearInterval(watch);
  const { error, summary, findings } = JSON.parse(lines[0]!);
  const reason = error === undefined ? `${findings.length} findings: ${summary}` : `${error.code}: ${summary}`;
  return {
    'ms with start': Math.round(performance.now() - startMs),
    'peak RSS MB': peakMb,
    reason: reason.slice(0, 110),
  };
}

/** Resident memory by /proc, in MB; NaN where there is none. */
function residentMb(pid: number): number {
  try {
    const [, kib] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!;
    return Math.round(Number(kib) / 1024);
  } catch {
    return Number.NaN;
  }
}
