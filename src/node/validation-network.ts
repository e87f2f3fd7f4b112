import { randomBytes } from 'node:crypto';
import type { Judge, Logger } from '../engine/ports.ts';
import { EMBEDDED_VARIANTS } from '../models/embedded/registry.ts';
import { AIModelManager } from '../models/manager.ts';
import { toHex } from '../protocol/bytes.ts';
import type { ConsensusResult } from '../protocol/consensus-result.ts';
import { createSigner } from '../protocol/ed25519.ts';
import { DEVNET_TIMERS, GENESIS_FORMAT, type Genesis, parseGenesis } from '../protocol/genesis.ts';
import type { Task } from '../protocol/task.ts';
import { createMemoryStore } from '../store/memory-store.ts';
import { InProcessHub } from './in-process-network.ts';
import { type ConsensusParticipant, TaskProcessor } from './task-processor.ts';
import { ValidatorNode } from './validator-node.ts';

const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} };

export interface ValidationNetworkOptions {
  /** Number of validators; 4 unless given, the least that tolerates a faulty one. */
  validators?: number;
  /** One model a validator, in their order; the embedded models in turn unless given. */
  judges?: readonly Judge[];
}

/** What a network said of a task. */
export interface NetworkValidation {
  /** True if it agreed on a verdict, either way. */
  consensus: boolean;
  /** Public keys of the validators that signed the result. */
  validators: string[];
  result: ConsensusResult;
}

/**
 * A network within one process, for tests and for trying things out: real validators with real keys, engines and
 * consensus; memory in place of disk and sockets. Nothing of it outlives the process.
 */
export class ValidationNetwork implements ConsensusParticipant {
  readonly #options: ValidationNetworkOptions;
  #nodes: Promise<ValidatorNode[]> | undefined;
  /** Pins the results; known once the network runs. */
  genesis: Genesis | undefined;

  constructor(options: ValidationNetworkOptions = {}) {
    this.#options = options;
  }

  /** @throws ValidationError INVALID_TASK, TASK_TOO_LARGE, TIMEOUT */
  async validate(task: unknown): Promise<NetworkValidation> {
    const result = await new TaskProcessor(task, { participant: this }).validate();
    const consensus = result.outcome === 'APPROVED' || result.outcome === 'REJECTED';
    return { consensus, validators: result.validators, result };
  }

  async decide(task: Task, signal?: AbortSignal): Promise<ConsensusResult> {
    const [first] = await this.nodes();
    return first!.decide(task, signal);
  }

  /** Starts the validators, once. */
  nodes(): Promise<ValidatorNode[]> {
    this.#nodes ??= this.#start();
    return this.#nodes;
  }

  async stop(): Promise<void> {
    for (const node of (await this.#nodes) ?? []) {
      await node.stop();
      await node.store.close();
    }
    this.#nodes = undefined;
  }

  async #start(): Promise<ValidatorNode[]> {
    const seeds = Array.from({ length: this.#options.validators ?? 4 }, () => randomBytes(32));
    const keys = seeds.map((seed) => toHex(createSigner(seed).publicKey));
    const genesis = inProcessGenesis(keys);
    this.genesis = genesis;
    const hub = new InProcessHub(keys);
    return Promise.all(
      seeds.map((seed, index) => {
        const store = createMemoryStore();
        const connect = async (handlers: Parameters<InProcessHub['join']>[1]) => hub.join(keys[index]!, handlers);
        return ValidatorNode.start({ genesis, seed }, { store, judge: this.#judge(index), connect, logger: SILENT });
      }),
    );
  }

  #judge(index: number): Judge {
    const { judges } = this.#options;
    if (judges !== undefined) return judges[index % judges.length]!;
    const manager = new AIModelManager({ default: `embedded:${EMBEDDED_VARIANTS[index % EMBEDDED_VARIANTS.length]}` });
    return { judge: (task, signal, budgetMs) => manager.predict(task, { signal, budgetMs }) };
  }
}

function inProcessGenesis(publicKeys: readonly string[]): Genesis {
  const validators = publicKeys.map((publicKey) => ({ publicKey, weight: 1 }));
  const requiredValidators = Math.min(2, validators.length);
  return parseGenesis({
    format: GENESIS_FORMAT,
    name: 'in-process',
    kind: 'devnet',
    createdAt: Math.floor(Date.now() / 1000),
    validators,
    validation: { minConfidence: '0.8', requiredValidators, consensusThreshold: '0.7', minModelFamilies: 1 },
    timers: DEVNET_TIMERS,
  });
}
