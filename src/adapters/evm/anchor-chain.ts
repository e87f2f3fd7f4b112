import {
  BaseError,
  ContractFunctionRevertedError,
  createPublicClient,
  encodeFunctionData,
  type Hex,
  hexToBigInt,
  http,
  type PublicClient,
} from 'viem';
import type { Digest } from '../../protocol/hash.ts';
import { ABI, DEPLOYED_BYTECODE } from './contract/compiled.ts';

/** A node of the chain answers within this, or counts as away. */
const RPC_TIMEOUT_MS = 10_000;

export interface ChainPlace {
  /** May hold a secret in its path: never shown. */
  rpcUrl: string;
  contract: Hex;
}

export function connectChain(rpcUrl: string): PublicClient {
  // Whoever calls tries again by its own rules.
  const transport = http(rpcUrl, { retryCount: 0, timeout: RPC_TIMEOUT_MS });
  return createPublicClient({ transport });
}

/** What the chain says of anchors; every question may throw {@link ChainError}. */
export class AnchorReader {
  protected readonly client: PublicClient;
  protected readonly contract: Hex;
  readonly #rpcUrl: string;

  constructor({ rpcUrl, contract }: ChainPlace) {
    this.client = connectChain(rpcUrl);
    this.contract = contract;
    this.#rpcUrl = rpcUrl;
  }

  chainId(): Promise<number> {
    return this.ask(() => this.client.getChainId());
  }

  /** Height of the newest block. */
  async head(): Promise<number> {
    return Number(await this.ask(() => this.client.getBlockNumber({ cacheTime: 0 })));
  }

  /** The network whose results the contract anchors; undefined if there is no such contract. */
  async networkId(): Promise<Digest | undefined> {
    const data = await this.#call(encodeFunctionData({ abi: ABI, functionName: 'networkId' }));
    return data?.slice(2);
  }

  /** True if the contract is this package's own code: its answers can then be believed, whoever deployed it. */
  async isOwnCode(): Promise<boolean> {
    return (await this.ask(() => this.client.getCode({ address: this.contract }))) === DEPLOYED_BYTECODE;
  }

  /** Unix seconds at which a root was anchored, as the state after a block says; 0 if it was not. */
  async anchoredAt(configDigest: Digest, root: Digest, blockNumber?: number): Promise<number> {
    if (blockNumber !== undefined && blockNumber < 0) return 0;
    const args = [`0x${configDigest}`, `0x${root}`] as const;
    const data = await this.#call(encodeFunctionData({ abi: ABI, functionName: 'anchoredAt', args }), blockNumber);
    return data === undefined ? 0 : Number(hexToBigInt(data));
  }

  /** The block that a transaction stands in, or undefined. */
  async blockOf(hash: Hex): Promise<number | undefined> {
    const receipt = await this.ask(() => this.#orNone(() => this.client.getTransactionReceipt({ hash })));
    return receipt?.status === 'success' ? Number(receipt.blockNumber) : undefined;
  }

  /** False for a transaction that the chain's node has lost, or never got. */
  async knows(hash: Hex): Promise<boolean> {
    return (await this.ask(() => this.#orNone(() => this.client.getTransaction({ hash })))) !== undefined;
  }

  async #call(data: Hex, blockNumber?: number): Promise<Hex | undefined> {
    const block = blockNumber === undefined ? {} : { blockNumber: BigInt(blockNumber) };
    return (await this.ask(() => this.client.call({ to: this.contract, data, ...block }))).data;
  }

  async #orNone<T>(question: () => Promise<T>): Promise<T | undefined> {
    try {
      return await question();
    } catch (error) {
      const missing = ['TransactionNotFoundError', 'TransactionReceiptNotFoundError'];
      if (missing.includes((error as Error).name)) return undefined;
      throw error;
    }
  }

  protected async ask<T>(question: () => Promise<T>): Promise<T> {
    return asked(this.#rpcUrl, question);
  }
}

/** What went wrong with the chain, in words that hold neither the address of its node nor a key. */
export class ChainError extends Error {
  override readonly name = 'ChainError';
}

/** @throws ChainError */
export async function asked<T>(rpcUrl: string, question: () => Promise<T>): Promise<T> {
  try {
    return await question();
  } catch (error) {
    if (!(error instanceof BaseError)) throw error;
    const refusal = error.walk((cause) => cause instanceof ContractFunctionRevertedError);
    if (refusal instanceof ContractFunctionRevertedError && refusal.data !== undefined) {
      const { errorName, args = [] } = refusal.data;
      throw new ChainError(`the contract refuses with ${errorName}(${args.join(', ')})`);
    }
    const { shortMessage, details } = error;
    const text = details === undefined || shortMessage.includes(details) ? shortMessage : `${shortMessage} ${details}`;
    throw new ChainError(text.replaceAll(rpcUrl, 'the RPC').replaceAll(/\s+/g, ' ').trim().slice(0, 300));
  }
}
