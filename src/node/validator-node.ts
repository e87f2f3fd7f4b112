import { asSeenBy } from '../engine/epoch-network.ts';
import { type Committees, Epochs } from '../engine/epochs.ts';
import type {
  Clock,
  ConnectedPeer,
  Judge,
  Logger,
  NetworkHandlers,
  Random,
  SideStore,
  Store,
} from '../engine/ports.ts';
import type { TaskLimits } from '../engine/task-quota.ts';
import type { NetworkStatus } from '../network/libp2p-network.ts';
import type { PeerStanding } from '../network/peer-score.ts';
import { toHex } from '../protocol/bytes.ts';
import { type Committee, indexOfKey, weightOf } from '../protocol/committee.ts';
import type { ConsensusResult } from '../protocol/consensus-result.ts';
import { deriveSigner, type KeyPurpose } from '../protocol/derived-key.ts';
import { createSigner, type Signer } from '../protocol/ed25519.ts';
import { committeesOf, type EpochChange } from '../protocol/epoch-change.ts';
import { ValidationError } from '../protocol/errors.ts';
import type { Genesis } from '../protocol/genesis.ts';
import type { Digest } from '../protocol/hash.ts';
import type { Task } from '../protocol/task.ts';
import type { WorkerMetrics } from '../rpc/api.ts';
import { Explainer } from './explain/explainer.ts';
import { HealthMonitor, type HealthNotes } from './health-monitor.ts';
import type { NetworkHost } from './in-process-network.ts';
import { LateNetwork } from './late-network.ts';
import { MetricsRecorder } from './metrics-recorder.ts';
import { type DecisionListener, eventsFor, type NodeWatcher, watchedHandlers } from './node-watcher.ts';
import { ResultReader } from './result-reader.ts';
import { systemClock, systemRandom } from './system.ts';
import { type ConsensusParticipant, TaskProcessor } from './task-processor.ts';
import { TaskStory } from './task-story.ts';

export interface ValidatorNodeOptions {
  /** The network's first, whatever changed since. */
  genesis: Genesis;
  /** Changes of validators and rules since, from epoch 1. */
  changes?: readonly EpochChange[];
  /** R37: until when former epochs take tasks that are new here, milliseconds since 1970; for ever unless given. */
  formerUntilMs?: number;
  /** The 32 secret bytes of the node's key. A key that is in no epoch makes an observer. */
  seed: Uint8Array;
  /** True: follow and serve, never vote, whatever the key. */
  observer?: boolean;
  /** The key may have signed what this store does not know: tasks first seen within the probation are followed only. */
  untrustedJournal?: boolean;
  /** What the node bears of undecided tasks. */
  limits?: TaskLimits;
}

export interface ValidatorNodeDependencies {
  store: Store;
  /** Keeps timelines and late signatures; without it they live in memory. */
  side?: SideStore;
  /** The local model, behind whatever pool or fallback. */
  judge: Judge;
  /**
   * Joins the network; called once the engine can take what arrives.
   * @param members those of the newest epoch, and after them former ones whose tasks may still be open
   */
  connect(handlers: NetworkHandlers, members: Committee): Promise<NetworkHost>;
  logger: Logger;
  clock?: Clock;
  random?: Random;
  /** Reasons why the queue or the models are not well; and what adapters cannot do, which consensus does not notice. */
  probes?: { queue?(): HealthNotes; models?(): string[]; adapters?(): string[] };
}

/** How long `decide` waits beyond the judges' budget: collection, some rounds, and a peer's restart. */
const DECIDE_MARGIN_MS = 60_000;
/** At a stop, what gathers is still written and sent; under load or with a full disk that would never end. */
const DRAIN_MS_MAX = 1_000;

/**
 * One validator (or observer) of a network: local validation, peer validations, consensus. The daemon runs one with
 * LevelDB and libp2p; `ValidationNetwork` runs several in one process with memory in their place.
 */
export class ValidatorNode implements ConsensusParticipant {
  readonly committee: Committee;
  readonly genesis: Genesis;
  /** From epoch 1. */
  readonly changes: readonly EpochChange[];
  readonly publicKey: string;
  /** Position in the committee, or null for an observer. */
  readonly validatorIndex: number | null;
  readonly store: Store;
  readonly health: HealthMonitor;
  readonly explainer: Explainer;
  readonly startedAtMs: number;
  readonly #clock: Clock;
  readonly #engine: Epochs;
  readonly #network: NetworkHost;
  readonly #metrics: MetricsRecorder;
  readonly #results: ResultReader;
  readonly #listeners: Set<DecisionListener>;
  readonly #watchers: Set<NodeWatcher>;
  readonly #seed: Uint8Array;
  /** Made once: each costs a tenth of a millisecond, and every status shows one. */
  readonly #derived = new Map<KeyPurpose, Signer>();

  private constructor(parts: NodeParts) {
    const { options, committee, publicKey, index, dependencies, engine, network, metrics, listeners, watchers } = parts;
    this.committee = committee;
    this.genesis = options.genesis;
    this.changes = options.changes ?? [];
    this.publicKey = publicKey;
    this.validatorIndex = index;
    this.store = dependencies.store;
    this.#clock = dependencies.clock ?? systemClock;
    this.startedAtMs = this.#clock.nowMs();
    this.#engine = engine;
    this.#network = network;
    this.#metrics = metrics;
    this.#listeners = listeners;
    this.#watchers = watchers;
    this.#seed = options.seed;
    this.explainer = parts.explainer;
    const { changes } = this;
    this.#results = new ResultReader({ changes, engine, store: this.store, clock: this.#clock, listeners });
    this.health = new HealthMonitor({
      queue: () => {
        const { faults, notes } = dependencies.probes?.queue?.() ?? { faults: [], notes: [] };
        return { faults: [...faults, ...this.#taskFaults()], notes };
      },
      models: () => [
        ...(dependencies.probes?.models?.() ?? []),
        ...(metrics.lastFailure === undefined ? [] : [metrics.lastFailure]),
      ],
      validators: () => ({
        faults: this.#quorumFaults(),
        notes: [...this.explainer.presence.absences().map(({ sentence }) => sentence), ...laterEpochNote(engine)],
      }),
      database: () => ({ faults: this.#databaseFaults(), notes: dependencies.probes?.adapters?.() ?? [] }),
    });
  }

  /** Recovers from the store, then joins the network. */
  static async start(options: ValidatorNodeOptions, dependencies: ValidatorNodeDependencies): Promise<ValidatorNode> {
    const { store, judge, logger, clock = systemClock, random = systemRandom } = dependencies;
    const committees = committeesOf(options.genesis, options.changes ?? []);
    const committee = committees.at(-1)!;
    const { formerUntilMs = Number.POSITIVE_INFINITY } = options;
    const opensFormer = () => clock.nowMs() < formerUntilMs;
    const signer = createSigner(options.seed);
    const publicKey = toHex(signer.publicKey);
    const index = options.observer === true ? null : (indexOfKey(committee, publicKey) ?? null);
    const listeners = new Set<DecisionListener>();
    const { side } = dependencies;
    const explainer = new Explainer({ committee, self: index, store, side, clock, logger });
    const watchers = new Set<NodeWatcher>([explainer, new TaskStory(logger)]);
    const metrics = new MetricsRecorder((judgement, elapsedMs) => {
      for (const watcher of watchers) watcher.onJudged?.(judgement, elapsedMs);
    });
    const late = new LateNetwork();
    const engine = await Epochs.start(
      {
        committees,
        signer: options.observer === true ? null : signer,
        untrustedJournal: options.untrustedJournal ?? false,
        opensFormer,
        ...(options.limits === undefined ? {} : { limits: options.limits }),
      },
      {
        store,
        ...(side === undefined ? {} : { side }),
        network: late,
        clock,
        random,
        logger,
        judge: {
          judge: (task, signal, budgetMs) => new TaskProcessor(task, { judge, metrics }).judge(signal, budgetMs),
        },
      },
      (of) => eventsFor(of, watchers, listeners),
    );
    explainer.attach(engine);
    const handlers = watchedHandlers(engine, watchers);
    const members = opensFormer() || engine.hasFormerTasks ? membersOf(committees) : committee;
    const network = await dependencies.connect(handlers, members).catch(async (error: unknown) => {
      engine.stop(); // its timers would go on without anybody to stop them
      await explainer.stop();
      throw error;
    });
    late.attach(network);
    for (const { key } of network.peers()) {
      engine.onPeer(key, true);
      explainer.onPeer(key, true);
    }
    return new ValidatorNode({
      options,
      committee,
      publicKey,
      index,
      dependencies,
      engine,
      network,
      metrics,
      listeners,
      watchers,
      explainer,
    });
  }

  /** Says no more, and leaves; the store stays open. What was said is in the journal. */
  async stop(): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const cancel = this.#clock.setTimer(DRAIN_MS_MAX, resolve);
    await Promise.race([this.#engine.drained(), late]);
    cancel();
    await this.#engine.flush();
    this.#engine.stop();
    await this.explainer.stop();
    await this.#network.stop();
  }

  /** Submits a task to the network; see Engine.submit. */
  async submit(task: Task): Promise<Digest> {
    return this.#engine.submit(new TaskProcessor(task).prepare());
  }

  /** The founding documents' way in: local validation, peer validations, consensus; see {@link TaskProcessor.validate}. */
  async validate(task: unknown, signal?: AbortSignal): Promise<ConsensusResult> {
    return new TaskProcessor(task, { participant: this }).validate(signal);
  }

  async decide(task: Task, signal: AbortSignal = new AbortController().signal): Promise<ConsensusResult> {
    const taskId = await this.submit(task);
    return this.waitForResult(taskId, this.committee.rules.timers.observeMs + DECIDE_MARGIN_MS, signal);
  }

  /** The agreed result with the reports held here, or null. */
  getResult(taskId: Digest): Promise<ConsensusResult | null> {
    return this.#results.get(taskId);
  }

  /**
   * Resolves when the task is decided here.
   * @throws ValidationError at the timeout: UNAVAILABLE with less than a quorum connected, else TIMEOUT
   */
  async waitForResult(taskId: Digest, timeoutMs: number, signal: AbortSignal): Promise<ConsensusResult> {
    const result = await this.#results.wait(taskId, timeoutMs, signal);
    if (result !== undefined) return result;
    const missing = this.#quorumFaults();
    if (missing.length > 0)
      throw new ValidationError(
        `${missing.join('; ')}: the task stays open, and decides when they are back`,
        'UNAVAILABLE',
      );
    throw new ValidationError(`no decision within ${timeoutMs} ms: the task stays open`, 'TIMEOUT');
  }

  /** A key of this node for a purpose beside the protocol; the same in every run. */
  derivedSigner(purpose: KeyPurpose): Signer {
    const known = this.#derived.get(purpose);
    if (known !== undefined) return known;
    const signer = deriveSigner(this.#seed, purpose);
    this.#derived.set(purpose, signer);
    return signer;
  }

  /** Called with each task's id once its decision is durable; returns the way to stop that. */
  onDecided(listener: DecisionListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells a watcher what happens from now on; returns the way to stop that. */
  watch(watcher: NodeWatcher): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  get engine(): Epochs {
    return this.#engine;
  }

  metrics(): WorkerMetrics {
    const connected = new Set(this.peers().map(({ key }) => key));
    const health = this.committee.validators.map(({ publicKey }) => [
      publicKey,
      publicKey === this.publicKey || connected.has(publicKey),
    ]);
    return this.#metrics.snapshot(Object.fromEntries(health));
  }

  /** As the newest epoch sees them. */
  peers(): readonly ConnectedPeer[] {
    return this.#network.peers().map((peer) => asSeenBy(this.committee, peer));
  }

  /** What is held against peers, connected or kept out. */
  peerStandings(): readonly PeerStanding[] {
    return this.#network.standings?.() ?? [];
  }

  /** What the network counted; undefined within one process. */
  networkStatus(): NetworkStatus | undefined {
    return this.#network.status?.();
  }

  listenAddresses(): readonly string[] {
    return this.#network.listenAddresses();
  }

  /** Weight of the validators that take part from here: the connected ones and this one. */
  connectedWeight(): number {
    const indexes = this.peers().flatMap(({ validatorIndex }) => validatorIndex ?? []);
    return weightOf(this.committee, this.validatorIndex === null ? indexes : [...indexes, this.validatorIndex]);
  }

  #quorumFaults(): string[] {
    const { quorum, totalWeight } = this.committee;
    const weight = this.connectedWeight();
    return weight >= quorum
      ? []
      : [`validators of weight ${weight} of ${totalWeight} are connected, a decision needs ${quorum}`];
  }

  #taskFaults(): string[] {
    const stopped = [...this.#engine.openTasks.values()].filter(({ fault }) => fault !== undefined);
    return stopped.length === 0
      ? []
      : [`${stopped.length} tasks were stopped by a fault of the program: restart, and report it`];
  }

  #databaseFaults(): string[] {
    const fault = this.#engine.writeFault;
    return fault === undefined ? [] : [`the database cannot be written: ${fault}`];
  }
}

interface NodeParts {
  options: ValidatorNodeOptions;
  committee: Committee;
  publicKey: string;
  index: number | null;
  dependencies: ValidatorNodeDependencies;
  engine: Epochs;
  network: NetworkHost;
  metrics: MetricsRecorder;
  listeners: Set<DecisionListener>;
  watchers: Set<NodeWatcher>;
  explainer: Explainer;
}

/** The newest epoch's committee, with the members of former ones after its own. */
function membersOf(committees: Committees): Committee {
  const newest = committees.at(-1)!;
  const all = new Map(committees.toReversed().flatMap(({ validators }) => validators.map((v) => [v.publicKey, v])));
  return { ...newest, validators: [...all.values()] };
}

/** The network went on without this node. */
function laterEpochNote({ laterEpoch, committee }: Epochs): string[] {
  const remedy = 'get its change file from another operator, run pheme epoch apply, and restart';
  return laterEpoch === undefined
    ? []
    : [
        `validators speak of epoch ${laterEpoch}, this node knows epoch ${committee.epoch} and none after it: ${remedy}`,
      ];
}
