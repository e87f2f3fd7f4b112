import { type Verification, verifyResult } from '../../node/verify.ts';
import { createCommittee } from '../../protocol/committee.ts';
import { parseGenesis } from '../../protocol/genesis.ts';
import { parseTask } from '../../protocol/task.ts';

export interface CheckInput {
  /** As the node sent it, or as somebody pasted it. */
  result: unknown;
  /** The genesis file's JSON, from the node: believed only as far as its id is the pinned one. */
  genesis: unknown;
  networkId: string;
  taskId: string;
  /** The input shown, or null where the node does not hold it. */
  task: unknown;
}

export interface CheckedResult extends Verification {
  /** Of the genesis at hand, computed here. */
  networkId: string;
}

/**
 * Verifies a result in the browser, with the modules of `pheme verify`: nothing that the node says of it is believed.
 * @throws ValidationError INVALID_GENESIS or INVALID_TASK if the node sent what is no genesis or no task
 */
export function checkResult({ result, genesis: genesisJson, networkId, taskId, task }: CheckInput): CheckedResult {
  const genesis = parseGenesis(genesisJson);
  const computed = createCommittee(genesis).networkId;
  if (computed !== networkId) {
    const detail = `the genesis from the node has the network id ${computed}, you expect ${networkId}`;
    return {
      networkId: computed,
      authentic: false,
      satisfied: false,
      checks: [{ name: 'network', ok: false, detail }],
    };
  }
  const expected = task === null ? { taskId } : { taskId, task: parseTask(task) };
  return { networkId: computed, ...verifyResult(result, genesis, expected) };
}
