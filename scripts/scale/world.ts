import { createGenesis } from '../../src/config/testnet.ts';
import { Engine } from '../../src/engine/engine.ts';
import type { Clock, Judge, Logger, TimelineEntry } from '../../src/engine/ports.ts';
import { type Authenticator, createAuthenticator } from '../../src/protocol/authenticator.ts';
import type { Cert } from '../../src/protocol/bundle.ts';
import { toHex } from '../../src/protocol/bytes.ts';
import { type Committee, createCommittee } from '../../src/protocol/committee.ts';
import { createSigner, createVerifier, type Signer } from '../../src/protocol/ed25519.ts';
import type { NetworkKind, Timers } from '../../src/protocol/genesis.ts';
import type { Judgement } from '../../src/protocol/judgement.ts';
import { encodeTask, type Task, taskIdOf } from '../../src/protocol/task.ts';
import { decodeCore } from '../../src/protocol/value.ts';
import { fakeSigner, fakeVerifier } from '../../test/sim/fake-signatures.ts';
import { SeededRandom } from '../../test/sim/random.ts';
import { sharedAuthenticator } from '../../test/sim/shared-authenticator.ts';
import { SimDisk, SimStore } from '../../test/sim/sim-disk.ts';
import { SimNetwork } from '../../test/sim/sim-network.ts';
import { drainMicrotasks, VirtualClock } from '../../test/sim/virtual-clock.ts';
import { type Counts, countedHandlers, countedSigner, countedVerifier, noCounts } from './counts.ts';
import { type LinkQuality, Links } from './links.ts';

export interface ScaleOptions {
  /** Median one-way delays in milliseconds from each validator to each other. */
  oneWayMs: readonly (readonly number[])[];
  /** Whose default timers hold. */
  kind: NetworkKind;
  /** In place of some of these. */
  timers?: Partial<Timers>;
  links: LinkQuality;
  /** Probability that a message never arrives, since nothing below the engine sends it again. */
  lost?: number;
  /** The last so many validators do not run. */
  down?: number;
  /** Ed25519, and each node checks everything itself; else keyed sums, and one check serves all nodes. */
  realSignatures?: boolean;
  seed: number;
}

/** One decided task; times in milliseconds of virtual time. */
export interface Decided {
  /** From the last judgement of those who run to the decision, durable at the last of them. */
  judgedMs: number;
  /** From the submission to the decision, durable where it was submitted. */
  askedMs: number;
  /** Of the certificate that the node holds to which it was submitted. */
  round: number;
  /** Validators that run and whose judgement is not in the decided set. */
  leftOut: number;
}

/** The mean of a synced write, which takes from 0 to twice this long, in milliseconds. */
export const WRITE_MS = 2;
/** What every judge takes; long enough that a task is announced before anybody speaks of it. */
const JUDGE_MS = 20;
/** Until what follows from a decision is done: late signatures gather for 500 ms, reports are pulled. */
const AFTERWARDS_MS = 1_000;
/** Some rounds of every timeout there is. */
const DECIDED_MS_MAX = 120_000;

const LOGGER: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** Approves; no two reports are alike, so that each is pulled. */
function judgeOf(index: number, clock: Clock): Judge {
  const judgementOf = (task: Task): Judgement => ({
    vote: 'approve',
    confidence: 0.9,
    complete: true,
    summary: `Validator ${index} approved without a look: ${JSON.stringify(task)}`,
    findings: [],
    coverage: { filesTotal: 1, filesJudged: 1, linesTotal: 1, linesJudged: 1, omitted: [] },
    model: { id: 'simulated', family: 'simulated' },
  });
  return { judge: (task) => new Promise((resolve) => clock.setTimer(JUDGE_MS, () => resolve(judgementOf(task)))) };
}

/** What is known of a task that was submitted. */
interface Watched {
  at: number;
  submittedMs: number;
  lastJudgedMs: number;
  /** Of each node. */
  decidedMs: number[];
  own: { decidedMs: number; cert: Cert } | null;
}

/** Validators in one process and in virtual time, on the real engine and core; everybody reaches everybody in one hop. */
export class ScaleWorld {
  readonly committee: Committee;
  readonly #running: number;
  readonly #clock = new VirtualClock();
  readonly #random: SeededRandom;
  readonly #network: SimNetwork;
  readonly #signers: Signer[];
  readonly #authenticators: Authenticator[];
  readonly #engines: Engine[] = [];
  readonly #counts = noCounts();
  readonly #watched = new Map<string, Watched>();
  #made = 0;

  private constructor(options: ScaleOptions) {
    const { oneWayMs, links, seed, down = 0, lost = 0, realSignatures = false } = options;
    this.#running = oneWayMs.length - down;
    this.#random = new SeededRandom(seed);
    const signers = oneWayMs.map(() => createSigner(this.#random.bytes(32)));
    const keys = signers.map(({ publicKey }) => toHex(publicKey));
    this.committee = committeeOf(keys, options);
    this.#signers = realSignatures ? signers : signers.map(({ publicKey }) => fakeSigner(publicKey));
    this.#authenticators = this.#authenticatorsOf(signers, realSignatures);
    const faults = { loss: lost, duplication: 0, delayMsMax: 0, stragglerMs: 0 };
    this.#network = new SimNetwork(this.#clock, this.#random, keys, faults);
    const delays = new Links(oneWayMs, links, this.#random);
    this.#network.delayMs = (from, to) => delays.delayMs(Number(from.name), Number(to.name), this.#clock.nowMs());
    this.#network.onFrame = () => {
      this.#counts.framesSent += 1;
    };
  }

  static async start(options: ScaleOptions): Promise<ScaleWorld> {
    const world = new ScaleWorld(options);
    for (let index = 0; index < world.#running; index++) await world.#startNode(index);
    await world.#run(AFTERWARDS_MS); // the questions of the first connection are answered
    world.takeCounts();
    return world;
  }

  /** Hands a small task, unlike all others, to one node. */
  submit(at: number): void {
    const task: Task = {
      type: 'SKILL_ASSESSMENT',
      submission: { content: `answer ${this.#made++}`, evidence: [] },
      criteria: { skill: 'scaling', level: 1, requirements: ['an answer'] },
    };
    const taskId = taskIdOf(this.committee.networkId, this.committee.epoch, encodeTask(task));
    this.#watched.set(taskId, { at, submittedMs: this.#clock.nowMs(), lastJudgedMs: 0, decidedMs: [], own: null });
    void this.#engines[at]!.submit(task);
  }

  /**
   * Runs until everything submitted is decided everywhere, and what follows from that is done.
   * @throws Error if something is not decided within DECIDED_MS_MAX of virtual time
   */
  async settle(): Promise<Decided[]> {
    const watched = [...this.#watched.values()];
    const isDone = () => watched.every(({ decidedMs }) => decidedMs.length === this.#running);
    await this.#run(DECIDED_MS_MAX, isDone);
    if (!isDone()) throw new Error(`a task was not decided within ${DECIDED_MS_MAX} ms of virtual time`);
    await this.#run(AFTERWARDS_MS);
    this.#watched.clear();
    return watched.map((one) => this.#decided(one));
  }

  /** What was counted since this was last asked. */
  takeCounts(): Counts {
    const taken = { ...this.#counts };
    Object.assign(this.#counts, noCounts());
    return taken;
  }

  stop(): void {
    for (const engine of this.#engines) engine.stop();
  }

  #decided({ submittedMs, lastJudgedMs, decidedMs, own }: Watched): Decided {
    return {
      judgedMs: Math.max(...decidedMs) - lastJudgedMs,
      askedMs: own!.decidedMs - submittedMs,
      round: own!.cert.votes[0]!.leaf.round,
      leftOut: this.#running - decodeCore(own!.cert.coreBytes).reveals.length,
    };
  }

  #authenticatorsOf(signers: readonly Signer[], real: boolean): Authenticator[] {
    const verifiers = signers.map(({ publicKey }) =>
      countedVerifier(real ? createVerifier(publicKey) : fakeVerifier(publicKey), this.#counts),
    );
    if (real) return signers.map(() => createAuthenticator(this.committee, verifiers));
    const shared = sharedAuthenticator(createAuthenticator(this.committee, verifiers));
    return signers.map(() => shared);
  }

  async #startNode(index: number): Promise<void> {
    const signer = countedSigner(this.#signers[index]!, this.#counts);
    const { port, network } = this.#network.attach(toHex(signer.publicKey), `${index}`);
    const disk = { writeMsMax: WRITE_MS, failure: 0 };
    const store = new SimStore(new SimDisk(port.name), this.#clock, this.#random, disk, (point) => {
      if (point === 'unwritten') this.#counts.syncedWrites += 1;
    });
    const engine = await Engine.start(
      { committee: this.committee, identity: { index, signer }, authenticator: this.#authenticators[index]! },
      { store, network, judge: judgeOf(index, this.#clock), clock: this.#clock, random: this.#random, logger: LOGGER },
      {
        onTimeline: (taskId, entry) => this.#noteEntry(taskId, entry),
        onDecided: (taskId, cert) => this.#noteDecision(index, taskId, cert),
      },
    );
    this.#engines.push(engine);
    this.#network.connect(port, countedHandlers(engine, this.#counts));
  }

  #noteEntry(taskId: string, { event, atMs }: TimelineEntry): void {
    const watched = this.#watched.get(taskId);
    if (watched !== undefined && event === 'judged') watched.lastJudgedMs = Math.max(watched.lastJudgedMs, atMs);
  }

  #noteDecision(index: number, taskId: string, cert: Cert): void {
    const watched = this.#watched.get(taskId);
    if (watched === undefined) return;
    const decidedMs = this.#clock.nowMs();
    watched.decidedMs.push(decidedMs);
    if (index === watched.at) watched.own = { decidedMs, cert };
  }

  async #run(forMs: number, isDone: () => boolean = () => false): Promise<void> {
    const untilMs = this.#clock.nowMs() + forMs;
    await drainMicrotasks(); // what was just asked for sets its timers first
    while (!isDone() && this.#clock.runNext(untilMs)) await drainMicrotasks();
  }
}

function committeeOf(keys: readonly string[], { kind, timers, seed }: ScaleOptions): Committee {
  const genesis = createGenesis(keys, { kind });
  const rules = { ...genesis.rules, timers: { ...genesis.rules.timers, ...timers } };
  return createCommittee({ ...genesis, rules, createdAt: seed });
}
