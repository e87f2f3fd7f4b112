import { verifyResult } from '../../src/node/verify.ts';
import type { ConsensusResult } from '../../src/protocol/consensus-result.ts';
import type { Genesis } from '../../src/protocol/genesis.ts';

/** Calls an RPC method of one node. */
export type Call = <Result>(index: number, method: string, params: Record<string, unknown>) => Promise<Result>;

export interface Agreement {
  'tasks checked on all nodes': number;
  'without a result everywhere': number;
  'with differing cores': number;
  'that do not verify offline': number;
}

/** Compares the results of tasks on all nodes, and verifies every node's copy with nothing but the genesis. */
export async function checkAgreement(
  call: Call,
  { nodes, genesis, waitMs }: { nodes: readonly number[]; genesis: Genesis; waitMs: number },
  taskIds: readonly string[],
): Promise<Agreement> {
  let [undecided, differing, unverified] = [0, 0, 0];
  for (const taskId of taskIds) {
    const asked = { taskId, timeoutMs: waitMs };
    const results = await Promise.all(
      nodes.map((index) => call<ConsensusResult>(index, 'pheme_waitForResult', asked).catch(() => undefined)),
    );
    const held = results.filter((result) => result !== undefined);
    if (held.length < nodes.length) undecided += 1;
    if (new Set(held.map(({ core }) => core)).size > 1) differing += 1;
    const authentic = (result: unknown) => verifyResult(result, genesis, { taskId }).checks.every(({ ok }) => ok);
    if (!held.every(authentic)) unverified += 1;
  }
  return {
    'tasks checked on all nodes': taskIds.length,
    'without a result everywhere': undecided,
    'with differing cores': differing,
    'that do not verify offline': unverified,
  };
}
