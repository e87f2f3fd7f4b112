import type { JournalRecord } from '../consensus/state.ts';
import type { Authenticator } from '../protocol/authenticator.ts';
import type { Digest } from '../protocol/hash.ts';
import { decodeTask, type Task } from '../protocol/task.ts';
import { decodeRecords, type EngineRecord } from './journal.ts';
import type { Logger, Store } from './ports.ts';

export interface RecoveredTask {
  taskId: Digest;
  records: JournalRecord[];
  /** R29: false if it was followed only. */
  maySign: boolean;
  body?: { task: Task; taskBytes: Uint8Array; firstSeenMs: number };
}

/** What a restart finds. */
export interface RecoveredJournal {
  nextTick: number;
  /** Undecided tasks with their records in order; without a body if that was found damaged. */
  tasks: RecoveredTask[];
  /** Tasks that were given up undecided. */
  givenUp: Digest[];
  entries: { tick: number; taskIds: Digest[] }[];
  /** Something in the journal could not be read: what was signed is not fully known. */
  damaged: boolean;
}

/** R28: reads the journal back, all of it, in order. */
export async function recoverJournal(
  store: Store,
  authenticator: Authenticator,
  logger: Logger,
): Promise<RecoveredJournal> {
  const damagedBefore = store.damagedCount();
  const journal = await store.journal();
  const recovered: RecoveredJournal = {
    nextTick: 1,
    tasks: [],
    givenUp: [],
    entries: [],
    damaged: store.damagedCount() > damagedBefore,
  };
  const recordsOf = new Map<Digest, EngineRecord[]>();
  for (const { tick, bytes } of journal) {
    recovered.nextTick = tick + 1;
    try {
      const records = decodeRecords(bytes, authenticator);
      recovered.entries.push({ tick, taskIds: records.map(({ taskId }) => taskId) });
      for (const { taskId, record } of records) recordsOf.set(taskId, [...(recordsOf.get(taskId) ?? []), record]);
    } catch (error) {
      recovered.damaged = true;
      logger.error({ tick, error: (error as Error).message }, 'a journal entry cannot be read');
    }
  }
  for (const [taskId, records] of recordsOf) {
    if (await store.hasResult(taskId)) continue;
    if (records.some(({ kind }) => kind === 'given up')) recovered.givenUp.push(taskId);
    else recovered.tasks.push(await recoverTask(store, taskId, records));
  }
  return recovered;
}

async function recoverTask(store: Store, taskId: Digest, all: EngineRecord[]): Promise<RecoveredTask> {
  const stored = await store.task(taskId);
  const maySign = all.every((record) => record.kind !== 'opened' || record.maySign);
  const records = all.filter((record) => record.kind !== 'opened' && record.kind !== 'given up');
  if (stored === undefined) return { taskId, records, maySign };
  const { taskBytes, firstSeenMs } = stored;
  return { taskId, records, maySign, body: { task: decodeTask(taskBytes), taskBytes, firstSeenMs } };
}
