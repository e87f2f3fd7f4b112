import { encodeDeployData, encodeFunctionData, type Hex, keccak256 } from 'viem';
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts';
import type { Digest } from '../../protocol/hash.ts';
import { AnchorReader, asked, ChainError, type ChainPlace, connectChain } from './anchor-chain.ts';
import type { Sent } from './batch-log.ts';
import { ABI, BYTECODE } from './contract/compiled.ts';

/** Blocks in which a transaction that pays enough stands by all experience; then more is offered. */
const PATIENCE_BLOCKS = 3;
/** Nodes take a replacement that pays a tenth more; rounding must not lose that. */
const bumped = (fee: bigint) => (fee * 9n) / 8n + 1n;
/** An estimate may fall short where the state changes meanwhile. */
const withReserve = (gas: bigint) => (gas * 5n) / 4n;
const WEI_PER_GWEI = 1_000_000_000n;

export interface SenderOptions extends ChainPlace {
  chainId: number;
  /** Secp256k1 key, 0x and 64 hex digits. */
  key: Hex;
  /** Most that a unit of gas may cost. */
  feeMaxGwei: number;
}

type Fees = Pick<Sent, 'maxFeePerGas' | 'maxPriorityFeePerGas'>;

/** Writes anchors, with one transaction under way at a time. */
export class AnchorSender extends AnchorReader {
  readonly #options: SenderOptions;
  readonly #account: PrivateKeyAccount;

  constructor(options: SenderOptions) {
    super(options);
    this.#options = options;
    this.#account = privateKeyToAccount(options.key);
  }

  get address(): Hex {
    return this.#account.address;
  }

  /**
   * Sends the transaction that anchors a root, or sends it again: as it was where the chain's node lost it, at a
   * higher price where it waits for too long. The nonce stays until it is used, so that only one version can stand.
   * @param note keeps what is sent, before it is sent
   * @throws ChainError
   */
  async send(
    anchor: { configDigest: Digest; root: Digest },
    head: number,
    before: Sent | undefined,
    note: (sent: Sent) => Promise<void>,
  ): Promise<Sent> {
    const nonce = await this.#nonceAt(head);
    const previous = before?.nonce === nonce ? before : undefined;
    const next = previous === undefined ? await this.#first(anchor, nonce, head) : await this.#again(previous, head);
    if (next === undefined) return previous!;
    const serialized = await this.#sign(anchor, next);
    const hash = keccak256(serialized);
    const sent = { ...next, hashes: [...next.hashes.filter((known) => known !== hash), hash] };
    await note(sent);
    await this.#broadcast(serialized, sent, note);
    return sent;
  }

  async #first(anchor: { configDigest: Digest; root: Digest }, nonce: number, head: number): Promise<Sent> {
    const call = { address: this.contract, abi: ABI, functionName: 'anchor', account: this.#account.address } as const;
    const args = [`0x${anchor.configDigest}`, `0x${anchor.root}`] as const;
    // A refusal by the contract is named by the call alone, not by the estimate.
    await this.ask(() => this.client.simulateContract({ ...call, args }));
    const gas = await this.ask(() => this.client.estimateContractGas({ ...call, args }));
    const fees = this.#capped(await this.#market());
    return { nonce, gas: String(withReserve(gas)), ...fees, sentAtBlock: head, hashes: [] };
  }

  /** Undefined while there is nothing to do but wait. */
  async #again(previous: Sent, head: number): Promise<Sent | undefined> {
    const waited = head - previous.sentAtBlock;
    // After a reorganisation the chain may be shorter than it was: the waiting begins anew.
    const sentAtBlock = Math.min(previous.sentAtBlock, head);
    if (waited < PATIENCE_BLOCKS) {
      if (await this.knows(previous.hashes.at(-1) as Hex)) return undefined;
      return { ...previous, sentAtBlock };
    }
    const fees = await this.#raised(previous);
    return fees === undefined ? undefined : { ...previous, ...fees, sentAtBlock: head };
  }

  /** Undefined if nothing that a node would take as a replacement is below the operator's limit. */
  async #raised(previous: Fees): Promise<Fees | undefined> {
    const market = await this.#market();
    const raised = (old: string, now: string) => {
      const least = bumped(BigInt(old));
      return String(least > BigInt(now) ? least : BigInt(now));
    };
    const fees = this.#capped({
      maxFeePerGas: raised(previous.maxFeePerGas, market.maxFeePerGas),
      maxPriorityFeePerGas: raised(previous.maxPriorityFeePerGas, market.maxPriorityFeePerGas),
    });
    const enough = (name: keyof Fees) => BigInt(fees[name]) >= bumped(BigInt(previous[name]));
    return enough('maxFeePerGas') && enough('maxPriorityFeePerGas') ? fees : undefined;
  }

  async #market(): Promise<Fees> {
    const { maxFeePerGas, maxPriorityFeePerGas } = await this.ask(() => this.client.estimateFeesPerGas());
    return { maxFeePerGas: String(maxFeePerGas), maxPriorityFeePerGas: String(maxPriorityFeePerGas) };
  }

  #capped(fees: Fees): Fees {
    const most = BigInt(this.#options.feeMaxGwei) * WEI_PER_GWEI;
    const cap = (fee: string) => String(BigInt(fee) < most ? BigInt(fee) : most);
    return { maxFeePerGas: cap(fees.maxFeePerGas), maxPriorityFeePerGas: cap(fees.maxPriorityFeePerGas) };
  }

  /** Of the same block as the look at the anchor: a later one could have it, and make a second transaction of it. */
  #nonceAt(head: number): Promise<number> {
    const { address } = this.#account;
    return this.ask(() => this.client.getTransactionCount({ address, blockNumber: BigInt(head) }));
  }

  #sign(anchor: { configDigest: Digest; root: Digest }, sent: Sent): Promise<Hex> {
    return this.#account.signTransaction({
      type: 'eip1559',
      chainId: this.#options.chainId,
      to: this.contract,
      data: anchorData(anchor),
      nonce: sent.nonce,
      gas: BigInt(sent.gas),
      maxFeePerGas: BigInt(sent.maxFeePerGas),
      maxPriorityFeePerGas: BigInt(sent.maxPriorityFeePerGas),
    });
  }

  async #broadcast(serializedTransaction: Hex, sent: Sent, note: (sent: Sent) => Promise<void>): Promise<void> {
    try {
      await this.ask(() => this.client.sendRawTransaction({ serializedTransaction }));
    } catch (error) {
      if (!(error instanceof ChainError)) throw error;
      if (/already (?:known|imported)/i.test(error.message)) return;
      // Another transaction of this key stands in the way, of a run whose notes are gone: it is outbid at the next try.
      if (/underpriced/i.test(error.message)) await note({ ...sent, sentAtBlock: sent.sentAtBlock - PATIENCE_BLOCKS });
      throw error;
    }
  }
}

function anchorData({ configDigest, root }: { configDigest: Digest; root: Digest }): Hex {
  return encodeFunctionData({ abi: ABI, functionName: 'anchor', args: [`0x${configDigest}`, `0x${root}`] });
}

export interface Deployment {
  rpcUrl: string;
  key: Hex;
  networkId: Digest;
  /** Addresses that may anchor, beside the key's own. */
  writers: readonly Hex[];
}

/** Deploys the contract and waits until it stands in a block. @throws ChainError */
export async function deployContract({ rpcUrl, key, networkId, writers }: Deployment) {
  const client = connectChain(rpcUrl);
  const account = privateKeyToAccount(key);
  const data = encodeDeployData({ abi: ABI, bytecode: BYTECODE, args: [`0x${networkId}`, [...writers]] });
  return asked(rpcUrl, async () => {
    const chainId = await client.getChainId();
    const request = await client.prepareTransactionRequest({
      ...{ account, chain: null, chainId, data, type: 'eip1559' },
    } as const);
    const serializedTransaction = await account.signTransaction({ ...request, chainId, data, type: 'eip1559' });
    const tx = await client.sendRawTransaction({ serializedTransaction });
    const { contractAddress, status } = await client.waitForTransactionReceipt({ hash: tx, timeout: DEPLOY_MS_MAX });
    if (status !== 'success' || !contractAddress) throw new ChainError(`the deployment ${tx} was reverted`);
    return { contract: contractAddress, tx, chainId, owner: account.address };
  });
}

/** Long for a public chain at a fair price; the transaction is named then, and may still come. */
const DEPLOY_MS_MAX = 180_000;
