import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { PrunedTask, Store, StoredEvidence } from '../engine/ports.ts';
import { type Bundle, bundleFromCbor, bundleToCbor } from '../protocol/bundle.ts';
import { fromHex } from '../protocol/bytes.ts';
import { decodeCanonical, encodeCanonical } from '../protocol/cbor.ts';
import { type ConsensusResult, proofFromJson } from '../protocol/consensus-result.ts';
import { ValidationError } from '../protocol/errors.ts';
import type { Digest } from '../protocol/hash.ts';
import { encodeLeaf, type LeafOf } from '../protocol/leaf.ts';
import { leafDigest } from '../protocol/merkle.ts';
import { encodeReport, type Report } from '../protocol/report.ts';
import { encodeTask, parseTask } from '../protocol/task.ts';
import { decodeCore, valueIdOf } from '../protocol/value.ts';
import type { ResultSummary } from '../rpc/api.ts';
import { DamageLog } from '../store/damage-log.ts';
import { SCHEMA_VERSION } from '../store/schema.ts';
import { TableStore } from '../store/store.ts';
import { createTables } from '../store/tables.ts';
import type { VerifyingClient } from './client.ts';
import { openReadOnly } from './doctor/read-only-database.ts';

/** Results read at once. */
const PAGE_RESULTS = 50;
/** As many proofs of equivocation as a node tells at once. */
const EVIDENCE_MAX = 1_000;

/** A decided task, with what is held of it. */
export interface BackupItem {
  taskId: Digest;
  certBytes: Uint8Array;
  storedAtMs: number;
  body: { taskBytes: Uint8Array; firstSeenMs: number } | null;
  reports: { digest: Digest; reportBytes: Uint8Array }[];
  pruned: PrunedTask | undefined;
}

/** Where a backup reads from: never a journal. */
export interface BackupSource {
  /** Oldest first; what is decided meanwhile comes too. */
  items(): AsyncIterable<BackupItem>;
  evidence(): Promise<StoredEvidence[]>;
  close(): Promise<void>;
}

/**
 * The database of a node that does not run; it is only looked at. Undefined if there is none.
 * @throws ValidationError DATA_LOCKED while the node runs, DATA_NEWER, DATA_UNAVAILABLE
 */
export async function openStoppedSource(directory: string): Promise<BackupSource | undefined> {
  const exists = await access(join(directory, 'CURRENT')).then(
    () => true,
    () => false,
  );
  if (!exists) return undefined;
  const backend = await openReadOnly(directory).catch((error: unknown) => Promise.reject(openError(error, directory)));
  try {
    const damage = new DamageLog();
    const tables = createTables(backend, damage);
    const version = Number((await tables.meta.get('schemaVersion')) ?? SCHEMA_VERSION);
    if (version > SCHEMA_VERSION) throw newerError(directory, version);
    const store = new TableStore({ storeId: '', backend, tables, damage });
    await store.load();
    const evidence = () => store.evidence(EVIDENCE_MAX);
    return { items: () => itemsOf(store), evidence, close: () => store.close() };
  } catch (error) {
    await backend.close();
    throw error;
  }
}

function openError(error: unknown, directory: string): ValidationError {
  const { code, message } = ((error as Error).cause ?? error) as { code?: string; message: string };
  if (code === 'LEVEL_LOCKED')
    return new ValidationError(`the data directory ${directory} is in use by the node`, 'DATA_LOCKED', { directory });
  const remedy = 'start the node once, so that it mends it';
  return new ValidationError(`${directory} cannot be read (${message}): ${remedy}`, 'DATA_UNAVAILABLE', { directory });
}

function newerError(directory: string, version: number): ValidationError {
  const message = `${directory} has schema version ${version}, this program knows ${SCHEMA_VERSION}: use the newer program`;
  return new ValidationError(message, 'DATA_NEWER', { version, known: SCHEMA_VERSION });
}

async function* itemsOf(store: Store): AsyncGenerator<BackupItem> {
  for (let cursor = 0; ; ) {
    const page = await store.results({ cursor, limit: PAGE_RESULTS, order: 'oldest' });
    for (const { taskId, certBytes, storedAtMs } of page) {
      const stored = await store.task(taskId);
      const body = stored === undefined ? null : { taskBytes: stored.taskBytes, firstSeenMs: stored.firstSeenMs };
      const pruned = await store.pruned(taskId);
      const reports = pruned?.reportsAtMs == null ? await reportsOf(store, certBytes) : [];
      yield { taskId, certBytes, storedAtMs, body, reports, pruned };
    }
    if (page.length < PAGE_RESULTS) return;
    cursor = page.at(-1)!.sequence;
  }
}

async function reportsOf(store: Store, certBytes: Uint8Array): Promise<BackupItem['reports']> {
  const { coreBytes } = bundleFromCbor(decodeCanonical(certBytes));
  const reports: BackupItem['reports'] = [];
  for (const { result } of decodeCore(coreBytes!).reveals) {
    const reportBytes = await store.report(result.reportDigest);
    if (reportBytes !== undefined) reports.push({ digest: result.reportDigest, reportBytes });
  }
  return reports;
}

/** A running node, asked by its RPC; every result is verified before it is kept. A read-only token will do. */
export function createRunningSource(client: VerifyingClient, signal: AbortSignal): BackupSource {
  const { rpc } = client;
  return {
    async *items() {
      for (let cursor: number | null = 0; cursor !== null; ) {
        const query = { cursor, limit: PAGE_RESULTS, order: 'oldest' as const };
        const page: { results: ResultSummary[]; next: number | null } = await rpc.call('pheme_listResults', query, {
          signal,
        });
        for (const summary of page.results) yield await askItem(client, summary, signal);
        cursor = page.next;
      }
    },
    evidence: async () => {
      const proofs = await rpc.call('pheme_getEvidence', { limit: EVIDENCE_MAX }, { signal });
      return proofs.map(({ taskId, validatorIndex, slot, evidence }) => {
        return { taskId, validatorIndex, slot, evidenceBytes: fromHex(evidence) };
      });
    },
    close: async () => {},
  };
}

async function askItem(
  client: VerifyingClient,
  { taskId, storedAt }: ResultSummary,
  signal: AbortSignal,
): Promise<BackupItem> {
  const verified = await client.result(taskId, signal);
  const view = await client.rpc.call('pheme_getTask', { taskId }, { signal });
  if (verified === null)
    throw new ValidationError('the node lists a result and does not give it: try again', 'BAD_ANSWER', { taskId });
  const task = view?.task == null ? null : parseTask(view.task);
  if (task !== null && !client.isTask(taskId, task))
    throw new ValidationError(`the node gave the body of another task than ${taskId}`, 'NOT_AUTHENTIC', { taskId });
  const bodyAtMs = msOf(view?.prunedAt);
  const reportsAtMs = msOf(view?.reportsPrunedAt);
  return {
    taskId,
    certBytes: certBytesOf(verified.result),
    storedAtMs: Date.parse(storedAt),
    body: task === null ? null : { taskBytes: encodeTask(task), firstSeenMs: msOf(view?.firstSeenAt) ?? 0 },
    reports: (verified.result.judgements ?? []).flatMap(({ reportDigest: digest, report }) =>
      report === undefined ? [] : [{ digest, reportBytes: encodeReport(report as Report) }],
    ),
    pruned: bodyAtMs === null && reportsAtMs === null ? undefined : { bodyAtMs, reportsAtMs },
  };
}

function msOf(time: string | null | undefined): number | null {
  return time == null ? null : Date.parse(time);
}

/** The certificate as nodes keep it, from a verified result's JSON: all its precommits are of the same bytes. */
function certBytesOf({ taskId, core, certificate }: ConsensusResult): Uint8Array {
  const coreBytes = fromHex(core);
  const leaf: LeafOf<'PRECOMMIT'> = {
    type: 'PRECOMMIT',
    taskId,
    round: certificate.round,
    valueId: valueIdOf(coreBytes),
  };
  const bytes = encodeLeaf(leaf);
  const digest = leafDigest(bytes);
  const votes = certificate.precommits.map((entry) => {
    return { signer: entry.validatorIndex, leaf, attachment: null, bytes, digest, proof: () => proofFromJson(entry) };
  });
  const bundle: Bundle = { kind: 'CERT', taskId, votes, coreBytes };
  return encodeCanonical(bundleToCbor(bundle));
}
