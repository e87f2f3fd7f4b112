import type { Instance } from '../consensus/state.ts';
import type { Bundle } from '../protocol/bundle.ts';
import type { FetchAnswer, FetchRequest } from '../protocol/fetch.ts';
import type { Digest } from '../protocol/hash.ts';
import { FETCH_ITEMS_MAX, SYNC_PAGE_MAX } from '../protocol/limits.ts';
import type { SignedLeaf } from '../protocol/signed-leaf.ts';
import type { Attestations } from './attestations.ts';
import type { Certificates } from './certificates.ts';
import type { OpenTask } from './open-task.ts';
import type { Store } from './ports.ts';
import type { Reports } from './reports.ts';

export interface ResponderContext {
  store: Store;
  reports: Reports;
  certificates: Certificates;
  attestations: Attestations;
  tasks: ReadonlyMap<Digest, OpenTask>;
}

/** Answers a peer from what is here; what is not here, or must not be shown yet, is null or an empty list. */
export async function answerRequest(context: ResponderContext, request: FetchRequest): Promise<FetchAnswer> {
  const { store, reports, certificates, tasks } = context;
  switch (request.kind) {
    case 'task': {
      const taskBytes = tasks.get(request.taskId)?.taskBytes ?? (await store.task(request.taskId))?.taskBytes;
      return { kind: 'task', taskBytes: taskBytes ?? null };
    }
    case 'leaves':
      return leavesOf(context, request.taskId, request.digests);
    case 'reports':
      return { kind: 'reports', reports: await reports.getMany(request.digests) };
    case 'result':
      return { kind: 'result', cert: (await certificates.get(request.taskId)) ?? null };
    case 'results': {
      const page = await store.resultIds(request.cursor, SYNC_PAGE_MAX);
      const next = page.at(-1)?.sequence ?? request.cursor;
      return { kind: 'results', storeId: store.storeId, next, taskIds: page.map(({ taskId }) => taskId) };
    }
    case 'attestation':
      return { kind: 'attestation', signature: await context.attestations.own(request.taskId) };
    case 'open':
      return { kind: 'open', taskIds: [...tasks.keys()].slice(0, FETCH_ITEMS_MAX) };
    case 'addresses':
    case 'push':
      throw new Error(`${request.kind} is answered by the network itself`);
  }
}

/** Leaves that were signed and sent, own ones too; of a decided task the certificate stands for all. */
async function leavesOf(
  { tasks, certificates }: ResponderContext,
  taskId: Digest,
  digests: Digest[] | null,
): Promise<FetchAnswer> {
  const instance = tasks.get(taskId)?.instance;
  if (instance === undefined) {
    const cert = await certificates.get(taskId);
    return { kind: 'leaves', leaves: [], bundles: cert === undefined ? [] : [cert] };
  }
  const wanted = digests === null ? undefined : new Set(digests);
  const leaves = heldLeaves(instance).filter((leaf) => wanted === undefined || wanted.has(leaf.digest));
  const bundles: Bundle[] = [instance.roundCert, instance.valid?.polka].filter((bundle) => bundle != null);
  const nearest = leaves.sort((a, b) => distance(instance, a) - distance(instance, b));
  return { kind: 'leaves', leaves: nearest.slice(0, FETCH_ITEMS_MAX), bundles: wanted === undefined ? bundles : [] };
}

/** Every leaf of this task that is here; witnesses beyond the cap of their slot last. */
function heldLeaves({ seen, witnesses }: Instance): SignedLeaf[] {
  const leaves = [...seen.values()].flat();
  const held = new Set(leaves);
  for (const witness of witnesses.values()) if (!held.has(witness)) leaves.push(witness);
  return leaves;
}

/** What belongs to no round comes first, then the rounds around the current one: nobody can crowd these out by votes far away. */
function distance({ round }: Instance, { leaf }: SignedLeaf): number {
  return 'round' in leaf ? 1 + Math.abs(leaf.round - round) : 0;
}
