import { isDeepStrictEqual } from 'node:util';
import { homePaths } from '../../src/config/home-paths.ts';
import type { TestnetValidator } from '../../src/config/testnet.ts';
import type { Store, StoredResult } from '../../src/engine/ports.ts';
import { bundleFromCbor } from '../../src/protocol/bundle.ts';
import { toHex } from '../../src/protocol/bytes.ts';
import { decodeCanonical } from '../../src/protocol/cbor.ts';
import { decodeReport } from '../../src/protocol/report.ts';
import { decodeTask } from '../../src/protocol/task.ts';
import { decodeCore } from '../../src/protocol/value.ts';
import { openLevelStore } from '../../src/store/level-store.ts';
import type { PostgresServer } from '../../test/adapters/postgres/server.ts';

/** Rows of one node that are not what its LevelDB holds, and how many were compared. */
export interface MirrorFaults {
  compared: number;
  deliveries: number;
  results: number;
  bodies: number;
  judgements: number;
}

interface Mirrored {
  sequence: string;
  task_id: string;
  core: string | null;
  body: unknown;
  judgements: { vote: string; digest: string; report: unknown }[] | null;
}

const ROWS = `
  SELECT sequence, task_id, core, body, (
    SELECT json_agg(json_build_object('vote', vote, 'digest', report_digest, 'report', report) ORDER BY report_digest)
    FROM pheme.judgements j WHERE j.task_id = d.task_id
  ) AS judgements
  FROM pheme.deliveries d LEFT JOIN pheme.results USING (task_id) LEFT JOIN pheme.tasks USING (task_id)
  WHERE node = $1 ORDER BY sequence`;

/** Compares the tables with the database of a node that has stopped, which is read without the adapter's own code. */
export async function mirrorFaults(
  server: PostgresServer,
  { home, publicKey }: Pick<TestnetValidator, 'home' | 'publicKey'>,
): Promise<MirrorFaults> {
  const rows = await server.query<Mirrored>(ROWS, [publicKey]);
  const store = await openLevelStore({ directory: homePaths(home).data });
  try {
    const kept = await store.results({ limit: store.resultCount() + 1, order: 'oldest' });
    const missing = Math.max(0, rows.length - kept.length);
    const faults = { compared: kept.length, deliveries: missing, results: 0, bodies: 0, judgements: 0 };
    for (const [at, result] of kept.entries()) await compare(store, result, rows[at], faults);
    return faults;
  } finally {
    await store.close();
  }
}

async function compare(store: Store, kept: StoredResult, row: Mirrored | undefined, faults: MirrorFaults) {
  const { taskId, sequence, certBytes } = kept;
  if (row?.task_id !== taskId || Number(row.sequence) !== sequence) {
    faults.deliveries++;
    return;
  }
  const { coreBytes } = bundleFromCbor(decodeCanonical(certBytes));
  if (row.core !== toHex(coreBytes!)) faults.results++;
  const stored = await store.task(taskId);
  if (!isDeepStrictEqual(row.body, asJson(decodeTask(stored!.taskBytes)))) faults.bodies++;
  if (!isDeepStrictEqual(row.judgements ?? [], await judgementsOf(store, coreBytes!))) faults.judgements++;
}

async function judgementsOf(store: Store, coreBytes: Uint8Array) {
  const judgements = decodeCore(coreBytes).reveals.map(async ({ result: { vote, reportDigest } }) => {
    const report = await store.report(reportDigest);
    return { vote, digest: reportDigest, report: report === undefined ? null : asJson(decodeReport(report)) };
  });
  return (await Promise.all(judgements)).sort((a, b) => (a.digest < b.digest ? -1 : 1));
}

/** As it comes back from a column of JSON. */
function asJson(value: object): unknown {
  return JSON.parse(JSON.stringify(value));
}
