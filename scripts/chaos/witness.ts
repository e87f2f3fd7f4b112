import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createLibp2pNetwork, type NetworkHost } from '../../src/network/libp2p-network.ts';
import { type Authenticator, createAuthenticator } from '../../src/protocol/authenticator.ts';
import { type Committee, createCommittee, weightOf } from '../../src/protocol/committee.ts';
import { ProtocolError } from '../../src/protocol/errors.ts';
import { parseGenesis } from '../../src/protocol/genesis.ts';
import type { Digest } from '../../src/protocol/hash.ts';
import { leafSlot } from '../../src/protocol/leaf.ts';
import type { SignedLeaf } from '../../src/protocol/signed-leaf.ts';

/** Two leaves of one validator for one slot. */
export interface Contradiction {
  validatorIndex: number;
  taskId: Digest;
  slot: string;
}

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * An observer that never votes and forgets nothing: checks every frame that gossip brings, and compares each signed
 * leaf, single or in a bundle, with all that its validator ever said for that slot, across restarts.
 */
export class Witness {
  readonly contradictions: Contradiction[] = [];
  /** When a quorum of equal PRECOMMITs was first heard, by task; of `performance.now()`. */
  readonly finalMs = new Map<Digest, number>();
  /** Frames, batches and bundles that did not hold what they must. */
  refused = 0;
  readonly #committee: Committee;
  readonly #authenticator: Authenticator;
  /** The digest of what was said, by validator, task and slot. */
  readonly #said = new Map<string, string>();
  readonly #leaves = new Map<number, number>();
  readonly #precommits = new Map<string, Set<number>>();
  #network: NetworkHost | undefined;

  constructor(committee: Committee, authenticator = createAuthenticator(committee)) {
    this.#committee = committee;
    this.#authenticator = authenticator;
  }

  /** @param genesisPath the network's; @param peers multiaddrs of its validators */
  static async join(genesisPath: string, peers: readonly string[]): Promise<Witness> {
    const committee = createCommittee(parseGenesis(JSON.parse(await readFile(genesisPath, 'utf8'))));
    const witness = new Witness(committee);
    witness.#network = await createLibp2pNetwork(
      {
        seed: randomBytes(32),
        committee,
        listen: [],
        peers,
        observers: { max: 0, allow: [] },
        agentVersion: 'pheme-chaos/1',
        logger: SILENT,
      },
      {
        onFrame: (bytes) => {
          witness.take(bytes);
          return 'accept';
        },
        onRequest: () => Promise.reject(new Error('a witness answers nothing')),
        onPeer: () => undefined,
      },
    );
    return witness;
  }

  /** Checks all that a frame holds. */
  take(bytes: Uint8Array): void {
    const frame = this.#open(() => this.#authenticator.readFrame(bytes));
    const batch = frame?.batch;
    if (batch)
      for (const leaf of this.#open(() => this.#authenticator.openBatch(batch))?.leaves ?? []) this.#note(leaf);
    for (const wire of frame?.bundles ?? []) {
      for (const vote of this.#open(() => this.#authenticator.openBundle(wire))?.votes ?? []) this.#note(vote);
    }
  }

  /** Number of distinct leaves heard of a validator. */
  leavesOf(index: number): number {
    return this.#leaves.get(index) ?? 0;
  }

  /** Number of distinct leaves heard of all. */
  get leaves(): number {
    return this.#said.size;
  }

  async stop(): Promise<void> {
    await this.#network?.stop();
  }

  #open<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.refused += 1;
      return undefined;
    }
  }

  #note({ signer, leaf, digest }: SignedLeaf): void {
    const slot = leafSlot(leaf);
    const key = `${signer}/${leaf.taskId}/${slot}`;
    const said = this.#said.get(key);
    if (said === undefined) {
      this.#said.set(key, digest);
      this.#leaves.set(signer, this.leavesOf(signer) + 1);
    } else if (said !== digest) {
      this.contradictions.push({ validatorIndex: signer, taskId: leaf.taskId, slot });
    }
    if (leaf.type === 'PRECOMMIT' && leaf.valueId !== null) this.#count(signer, leaf.taskId, digest);
  }

  /** Equal leaves have equal digests: same round, same value. */
  #count(signer: number, taskId: Digest, digest: string): void {
    if (this.finalMs.has(taskId)) return;
    const signers = this.#precommits.get(digest) ?? new Set();
    this.#precommits.set(digest, signers.add(signer));
    if (weightOf(this.#committee, [...signers]) >= this.#committee.quorum) this.finalMs.set(taskId, performance.now());
  }
}
