import { resolve } from 'node:path';
import type { Adapter, AdapterHost } from '../adapters/adapter.ts';
import { BatchLog } from '../adapters/evm/batch-log.ts';
import { assertPrivate, readSmallFile } from '../config/files.ts';
import type { Config } from '../config/load.ts';
import type { Notes } from '../engine/ports.ts';
import { ANCHOR_VERSION, type AnchorProof, anchorTree } from '../protocol/anchor.ts';
import { fromHex, toHex } from '../protocol/bytes.ts';
import { ValidationError } from '../protocol/errors.ts';
import type { Digest } from '../protocol/hash.ts';
import { valueIdOf } from '../protocol/value.ts';
import { optionalPackage } from './optional-package.ts';
import type { ValidatorNode } from './validator-node.ts';

type HexText = `0x${string}`;

/** The adapter of the `chain` section. */
export function startChain({ home, chain }: Config, host: AdapterHost): Promise<Adapter> | undefined {
  const { rpcUrl, contract, chainId, key, keyFile, ...rest } = chain;
  if (rpcUrl === undefined || contract === undefined || chainId === undefined) return undefined;
  return optionalPackage('chain.rpcUrl', 'viem', async () => {
    const { startAnchors } = await import('../adapters/evm/anchors.ts');
    const secret = key === undefined ? await readChainKey(resolve(home, keyFile!)) : prefixed(key);
    return startAnchors({ ...rest, rpcUrl, contract: contract as HexText, chainId, key: secret }, host);
  });
}

/** A secp256k1 key from its file. @throws ValidationError NO_KEY, KEY_FILE_MODE, INVALID_KEY */
async function readChainKey(path: string): Promise<HexText> {
  const text = await readSmallFile(path);
  if (text === undefined) {
    const remedy = `make one with (umask 077; openssl rand -hex 32 > ${path}), and pay something to its address`;
    throw new ValidationError(`there is no chain key at ${path}: ${remedy}`, 'NO_KEY', { path });
  }
  await assertPrivate(path, 'KEY_FILE_MODE');
  const key = text.trim();
  if (/^(?:0x)?[0-9a-fA-F]{64}$/.test(key)) return prefixed(key);
  throw new ValidationError(`${path} must hold a secp256k1 key: 64 hex digits on one line`, 'INVALID_KEY', { path });
}

function prefixed(key: string): HexText {
  return `0x${key.replace(/^0x/, '')}`;
}

/**
 * Where a decided task is anchored, computed from the batch that this node noted; null before its anchor is as deep as
 * the operator asked for, and where this node anchors nothing.
 */
export async function anchorOf(node: ValidatorNode, notes: Notes, taskId: Digest): Promise<AnchorProof | null> {
  const { store, committee } = node;
  const stored = await store.result(taskId);
  const batch = stored === undefined ? undefined : await new BatchLog(notes).holding(stored.sequence);
  if (stored === undefined || batch === undefined) return null;
  const tasks = await store.resultIds(batch.first - 1, batch.last - batch.first + 1);
  const results = await Promise.all(tasks.map((task) => anchoredResult(node, task.taskId)));
  const tree = anchorTree(results);
  if (toHex(tree.root) !== batch.root)
    throw new ValidationError('the batch does not lead to its root: the database was changed', 'STORE_FAILED');
  const leafIndex = tasks.findIndex((task) => task.taskId === taskId);
  const path = tree.path(leafIndex).map(toHex);
  const { chainId, contract, root, tx } = batch;
  const leafCount = tasks.length;
  return {
    version: ANCHOR_VERSION,
    ...{ taskId, chainId, contract, configDigest: committee.configDigest, root, leafCount, leafIndex, path, tx },
  };
}

async function anchoredResult(node: ValidatorNode, taskId: Digest) {
  const result = await node.getResult(taskId);
  if (result === null)
    throw new ValidationError(`task ${taskId} of the batch is damaged here: ask again`, 'STORE_FAILED', { taskId });
  return { taskId, valueId: valueIdOf(fromHex(result.core)) };
}

export interface DeployFlags {
  rpcUrl: string;
  keyFile: string;
  networkId: Digest;
  writers: readonly string[];
}

/** @throws ValidationError MISSING_PACKAGE, USAGE, NO_KEY, UNAVAILABLE */
export async function deployAnchorContract({ rpcUrl, keyFile, networkId, writers }: DeployFlags) {
  const wrong = writers.find((writer) => !/^0x[0-9a-fA-F]{40}$/.test(writer));
  if (wrong !== undefined) throw new ValidationError(`--writer ${wrong}: must be 0x and 40 hex digits`, 'USAGE');
  const key = await readChainKey(resolve(keyFile));
  const { deployContract } = await optionalPackage('pheme chain', 'viem', () => import('../adapters/evm/sender.ts'));
  return deployContract({ rpcUrl, key, networkId, writers: writers as HexText[] }).catch(unavailable);
}

/** What the chain's node would not do is no fault of ours. */
export function unavailable(error: Error): never {
  if (error.name !== 'ChainError') throw error;
  throw new ValidationError(`the chain: ${error.message}`, 'UNAVAILABLE', {}, error);
}
