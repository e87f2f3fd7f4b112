import { type AnchorProof, anchorRootOf, parseAnchorProof } from '../protocol/anchor.ts';
import { fromHex } from '../protocol/bytes.ts';
import { createCommittee } from '../protocol/committee.ts';
import type { ConsensusResult } from '../protocol/consensus-result.ts';
import { ValidationError } from '../protocol/errors.ts';
import type { Genesis } from '../protocol/genesis.ts';
import { decodeCore, valueIdOf } from '../protocol/value.ts';
import { unavailable } from './anchors.ts';
import { optionalPackage } from './optional-package.ts';

export interface AnchorCheck {
  name: 'anchor' | 'batch' | 'chain' | 'contract' | 'anchored';
  ok: boolean;
  /** What was compared, or what is wrong; may quote the proof, so show it inert. */
  detail: string;
}

/** What the chain is asked; a port, so that nothing here depends on a chain's library. */
interface ChainAnswers {
  chainId(): Promise<number>;
  head(): Promise<number>;
  networkId(): Promise<string | undefined>;
  isOwnCode(): Promise<boolean>;
  anchoredAt(configDigest: string, root: string): Promise<number>;
  blockOf(hash: `0x${string}`): Promise<number | undefined>;
}

/**
 * Checks by a chain that a result existed at a time; that it is authentic is checked elsewhere.
 * @param result an authentic result
 * @param proofJson parsed JSON, untrusted
 * @throws ValidationError UNAVAILABLE if the chain does not answer, MISSING_PACKAGE
 */
export async function verifyAnchor(
  result: ConsensusResult,
  genesis: Genesis,
  proofJson: unknown,
  rpcUrl: string,
): Promise<AnchorCheck[]> {
  const checks: AnchorCheck[] = [];
  const run = async <T>(name: AnchorCheck['name'], check: () => Promise<[string, T]>): Promise<T | undefined> => {
    try {
      const [detail, value] = await check();
      checks.push({ name, ok: true, detail });
      return value;
    } catch (error) {
      if (!(error instanceof ValidationError) || error.code === 'UNAVAILABLE') throw error;
      checks.push({ name, ok: false, detail: error.message });
      return undefined;
    }
  };
  const proof = await run('anchor', async () => ['a proof without unknown fields', parseAnchorProof(proofJson)]);
  if (proof === undefined) return checks;
  await run('batch', async () => [checkBatch(result, proof), true]);
  const chain = await chainOf(rpcUrl, proof);
  if (await run('chain', async () => [await checkChain(chain, proof).catch(unavailable), true])) {
    await run('contract', async () => [await checkContract(chain, genesis, proof).catch(unavailable), true]);
    await run('anchored', async () => [await checkAnchored(chain, proof).catch(unavailable), true]);
  }
  return checks;
}

async function chainOf(rpcUrl: string, { contract }: AnchorProof): Promise<ChainAnswers> {
  const { AnchorReader } = await optionalPackage(
    'pheme verify --chain',
    'viem',
    () => import('../adapters/evm/anchor-chain.ts'),
  );
  return new AnchorReader({ rpcUrl, contract: contract as `0x${string}` });
}

function fail(message: string): never {
  throw new ValidationError(message, 'NOT_AUTHENTIC');
}

function checkBatch({ core }: ConsensusResult, proof: AnchorProof): string {
  const coreBytes = fromHex(core);
  const { taskId, configDigest } = decodeCore(coreBytes);
  if (proof.taskId !== taskId) fail(`the proof is of task ${proof.taskId}, the result of ${taskId}`);
  if (proof.configDigest !== configDigest) fail('the proof is under other validators or rules than the result');
  const root = anchorRootOf({ taskId, valueId: valueIdOf(coreBytes) }, proof);
  if (root !== proof.root) fail('the path does not lead from this result to the root: it is of another result');
  return `the result is number ${proof.leafIndex} of a batch of ${proof.leafCount} with root ${root}`;
}

async function checkChain(chain: ChainAnswers, { chainId }: AnchorProof): Promise<string> {
  const found = await chain.chainId();
  if (found !== chainId) fail(`the node is of chain ${found}, the proof of chain ${chainId}: give a node of that`);
  return `the node asked is of chain ${chainId}`;
}

async function checkContract(chain: ChainAnswers, genesis: Genesis, { contract }: AnchorProof): Promise<string> {
  const { networkId } = createCommittee(genesis);
  if (!(await chain.isOwnCode()))
    fail(`the code at ${contract} is not that of the anchor contract: it may say anything`);
  const found = await chain.networkId();
  if (found !== networkId) fail(`the contract anchors network ${found}, the genesis is of ${networkId}`);
  return `${contract} has the code of the anchor contract, for network ${networkId}`;
}

async function checkAnchored(chain: ChainAnswers, { configDigest, root, tx }: AnchorProof): Promise<string> {
  const seconds = await chain.anchoredAt(configDigest, root);
  if (seconds === 0) fail('the root is not anchored there: not yet, or a reorganisation took it away');
  const block = tx === null ? undefined : await chain.blockOf(tx as `0x${string}`);
  const depth = block === undefined ? '' : `, ${(await chain.head()) - block + 1} blocks deep`;
  return `the root is anchored since ${new Date(seconds * 1000).toISOString()}${depth}`;
}
