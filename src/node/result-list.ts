import type { StoredResult } from '../engine/ports.ts';
import { renderCore } from '../protocol/consensus-result.ts';
import { decodeTask } from '../protocol/task.ts';
import { type Core, decodeCore } from '../protocol/value.ts';
import type { ResultListQuery, ResultPage, ResultSummary } from '../rpc/api.ts';
import type { ValidatorNode } from './validator-node.ts';

/** Results read for one page: a filter that few match gives short pages, and the cursor goes on. */
const SCANNED_MAX = 1_000;
const READ_AT_ONCE = 100;

/** One page of the decided tasks that match. */
export async function listResults(node: ValidatorNode, query: ResultListQuery): Promise<ResultPage> {
  const { limit, order } = query;
  const results: ResultSummary[] = [];
  let { cursor } = query;
  for (let scanned = 0; scanned < SCANNED_MAX; ) {
    const size = isFiltered(query) ? READ_AT_ONCE : limit;
    const page = await node.store.results({ limit: size, order, ...(cursor === undefined ? {} : { cursor }) });
    for (const stored of page) {
      cursor = stored.sequence;
      scanned++;
      const core = decodeCore(node.engine.openCertificate(stored.certBytes).coreBytes);
      if (!(await matches(node, core, query))) continue;
      results.push(summaryOf(core, stored));
      if (results.length === limit) return { results, next: cursor };
    }
    if (page.length < size) return { results, next: null };
  }
  return { results, next: cursor ?? null };
}

function isFiltered({ cursor: _cursor, limit: _limit, order: _order, ...filters }: ResultListQuery): boolean {
  return Object.values(filters).some((filter) => filter !== undefined);
}

async function matches(node: ValidatorNode, core: Core, query: ResultListQuery): Promise<boolean> {
  const { outcome, since, until, dissentBy } = query;
  const decidedAtMs = core.decidedAtSeconds * 1000;
  if (outcome !== undefined && !outcome.includes(core.outcome)) return false;
  if (since !== undefined && decidedAtMs < Date.parse(since)) return false;
  if (until !== undefined && decidedAtMs >= Date.parse(until)) return false;
  if (dissentBy !== undefined && !dissented(core, dissentBy)) return false;
  return matchesTask(node, core, query);
}

/** The task is read only where a filter asks for what stands in it. */
async function matchesTask(
  node: ValidatorNode,
  { taskId }: Core,
  { type, repository, subject }: ResultListQuery,
): Promise<boolean> {
  if (type === undefined && repository === undefined && subject === undefined) return true;
  const stored = await node.store.task(taskId);
  if (stored === undefined) return false;
  const task = decodeTask(stored.taskBytes);
  return (
    (type === undefined || task.type === type) &&
    (repository === undefined || task.repository === repository) &&
    (subject === undefined || task.subject === subject)
  );
}

const OPPOSITE: Partial<Record<string, string>> = { APPROVED: 'reject', REJECTED: 'approve' };

/** True if the validator's verdict is the other one than the network's. */
function dissented({ outcome, reveals }: Core, index: number): boolean {
  const vote = reveals.find((reveal) => reveal.index === index)?.result.vote;
  return vote !== undefined && vote === OPPOSITE[outcome];
}

function summaryOf(core: Core, { sequence, storedAtMs }: StoredResult): ResultSummary {
  const { taskId, outcome, reason, approved, confidence, score, decidedAt } = renderCore(core);
  return {
    sequence,
    taskId,
    outcome,
    ...(reason === undefined ? {} : { reason }),
    approved,
    confidence,
    ...(score === undefined ? {} : { score }),
    decidedAt,
    storedAt: new Date(storedAtMs).toISOString(),
  };
}
