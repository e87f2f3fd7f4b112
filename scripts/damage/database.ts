import { createHash } from 'node:crypto';
import type { Store } from '../../src/engine/ports.ts';
import { toHex } from '../../src/protocol/bytes.ts';
import type { Damage } from '../../src/store/backend.ts';
import { openLevelStore } from '../../src/store/level-store.ts';

/** Times that the template is closed and opened while it is filled: each leaves a table file behind, and the last a log. */
const SITTINGS = 6;
/** About what a certificate, a report and a small task weigh. */
const VALUE_BYTES = 1_200;

/** What reading a whole database came to. */
export interface Reading {
  /** Values that came back as they were stored. */
  right: number;
  /** Values that came back otherwise, each named. */
  wrong: string[];
  /** Values that did not come back. */
  missing: number;
  /** Damage that the store told of. */
  told: number;
  /** True if it could still be written, and gave back what was written. */
  writable: boolean;
}

/** Fills a folder with so many tasks, their results, reports, journal entries and evidence; all by a rule of their number. */
export async function fillDatabase(directory: string, tasks: number): Promise<void> {
  for (let sitting = 0; sitting < SITTINGS; sitting++) {
    const store = await openLevelStore({ directory });
    for (let number = sitting; number < tasks; number += SITTINGS) {
      await store.write({
        tasks: [{ taskId: digestOf(number), taskBytes: bytesOf('task', number), firstSeenMs: number }],
        journal: { tick: number + 1, bytes: bytesOf('journal', number) },
        reports: [{ digest: digestOf(number), reportBytes: bytesOf('report', number) }],
        results: [{ taskId: digestOf(number), certBytes: bytesOf('certificate', number) }],
        evidence: [
          { taskId: digestOf(number), validatorIndex: 1, slot: 'COMMIT/0', evidenceBytes: bytesOf('evidence', number) },
        ],
      });
    }
    await store.close();
  }
}

/** Opens a database of {@link fillDatabase}, reads all of it in every way there is, and writes to it. */
export async function readDatabase(directory: string, tasks: number): Promise<Reading> {
  const damage: Damage[] = [];
  const store = await openLevelStore({ directory, onDamage: (found) => damage.push(found) });
  try {
    const tally = new Tally();
    for (let number = 0; number < tasks; number++) await readOne(store, number, tally);
    await readLists(store, tasks, tally);
    return { ...tally, told: damage.length, writable: await takesWrites(store, tasks) };
  } finally {
    await store.close();
  }
}

class Tally {
  right = 0;
  readonly wrong: string[] = [];
  missing = 0;

  compare(name: string, actual: Uint8Array | undefined, expected: Uint8Array): void {
    if (actual === undefined) this.missing += 1;
    else if (Buffer.compare(actual, expected) === 0) this.right += 1;
    else this.wrong.push(name);
  }
}

async function readOne(store: Store, number: number, tally: Tally): Promise<void> {
  const taskId = digestOf(number);
  const task = await store.task(taskId);
  tally.compare(`task ${number}`, task?.taskBytes, bytesOf('task', number));
  if (task !== undefined && task.firstSeenMs !== number) tally.wrong.push(`time of task ${number}`);
  tally.compare(`report ${number}`, await store.report(taskId), bytesOf('report', number));
  const result = await store.result(taskId);
  tally.compare(`result ${number}`, result?.certBytes, bytesOf('certificate', number));
  if (result !== undefined && !(await store.hasResult(taskId))) tally.wrong.push(`presence of result ${number}`);
}

async function readLists(store: Store, tasks: number, tally: Tally): Promise<void> {
  const numberOf = new Map(Array.from({ length: tasks }, (_, number) => [digestOf(number), number]));
  const known = (name: string, kind: string, taskId: string, bytes: Uint8Array) => {
    const number = numberOf.get(taskId);
    if (number === undefined) tally.wrong.push(`${name}: ${taskId} was never stored`);
    else tally.compare(`${name} ${number}`, bytes, bytesOf(kind, number));
  };
  for (const { tick, bytes } of await store.journal())
    tally.compare(`journal ${tick}`, bytes, bytesOf('journal', tick - 1));
  for (const { taskId, evidenceBytes } of await store.evidence(tasks))
    known('evidence', 'evidence', taskId, evidenceBytes);
  for (const order of ['oldest', 'newest'] as const) {
    for (const { taskId, certBytes } of await store.results({ limit: tasks, order })) {
      known(`${order} results`, 'certificate', taskId, certBytes);
    }
  }
  for (const { taskId } of await store.resultIds(0, tasks)) {
    if (!numberOf.has(taskId)) tally.wrong.push(`result ids: ${taskId} was never stored`);
  }
}

/** Fetched again from peers, every result finds its place; and what is new does too. */
async function takesWrites(store: Store, tasks: number): Promise<boolean> {
  const numbers = Array.from({ length: tasks + 1 }, (_, number) => number);
  await store.write({
    results: numbers.map((number) => ({ taskId: digestOf(number), certBytes: bytesOf('certificate', number) })),
  });
  for (const number of numbers) {
    const result = await store.result(digestOf(number));
    if (result === undefined || Buffer.compare(result.certBytes, bytesOf('certificate', number)) !== 0) return false;
  }
  return true;
}

function digestOf(number: number): string {
  return toHex(hashOf(`digest ${number}`));
}

function bytesOf(kind: string, number: number): Uint8Array {
  return createHash('shake256', { outputLength: VALUE_BYTES }).update(`${kind} ${number}`).digest();
}

function hashOf(text: string): Uint8Array {
  return createHash('sha256').update(text).digest();
}
