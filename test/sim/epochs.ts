import { Epochs } from '../../src/engine/epochs.ts';
import type { Logger, Network } from '../../src/engine/ports.ts';
import { createAuthenticator } from '../../src/protocol/authenticator.ts';
import { fromHex } from '../../src/protocol/bytes.ts';
import { type Committee, createCommittee, indexOfKey, nextCommittee } from '../../src/protocol/committee.ts';
import { epochOfFrame } from '../../src/protocol/frame.ts';
import type { Genesis } from '../../src/protocol/genesis.ts';
import { hash } from '../../src/protocol/hash.ts';
import type { Task } from '../../src/protocol/task.ts';
import { TIMERS } from '../consensus/fixture.ts';
import { Checker } from './checker.ts';
import { fakeSigner, fakeVerifier } from './fake-signatures.ts';
import { SeededRandom } from './random.ts';
import { sharedAuthenticator } from './shared-authenticator.ts';
import { SimDisk, SimStore } from './sim-disk.ts';
import { type Port, SimNetwork } from './sim-network.ts';
import { drainMicrotasks, VirtualClock } from './virtual-clock.ts';

const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} };
/** In which tasks come, nodes go over to the next epoch one by one, and some crash besides. */
const BUSY_MS = 8_000;
const CALM_MS = 90_000;
const TASKS = 6;
const EVENTS_MAX = 500_000;

/** Who votes before and after, by the numbers of their keys. */
const CHANGES: readonly (readonly [readonly number[], readonly number[]])[] = [
  [
    [0, 1, 2, 3],
    [0, 1, 2, 3, 4],
  ],
  [
    [0, 1, 2, 3, 4],
    [1, 2, 3, 4],
  ],
  [
    [0, 1, 2, 3],
    [4, 1, 2, 3],
  ],
  [
    [0, 1, 2, 3],
    [3, 2, 1, 0],
  ],
];

interface Runner {
  key: string;
  disk: SimDisk;
  port: Port;
  network: Network;
  /** Epochs that it knows of. */
  known: number;
  running: { epochs: Epochs; store: SimStore } | null;
  isStarting: boolean;
}

export interface EpochOutcome {
  violations: string[];
  /** Decisions by epoch, over all nodes. */
  decisions: number[];
}

/**
 * One network that goes from one epoch to the next while tasks are open, on the real engines: nodes restart into the
 * new epoch one by one at moments of the seed's choice, over a network that loses and reorders.
 */
export async function runEpochSchedule(seed: number): Promise<EpochOutcome> {
  return new EpochWorld(seed).run();
}

class EpochWorld {
  readonly #random: SeededRandom;
  readonly #clock = new VirtualClock();
  readonly #committees: readonly [Committee, Committee];
  readonly #authenticators;
  readonly #checkers: readonly Checker[];
  readonly #network: SimNetwork;
  readonly #nodes: Runner[] = [];
  readonly #acknowledged = new Set<string>();
  readonly #disk;
  #calm = false;
  #violations: string[] = [];

  constructor(seed: number) {
    this.#random = new SeededRandom(seed ^ 0xe90c);
    const keys = Array.from({ length: 5 }, (_, index) => hash('epoch-key', seed, index));
    const [before, after] = this.#random.pick(CHANGES);
    const genesis = (members: readonly number[]) => genesisOf(members.map((member) => keys[member]!));
    const first = createCommittee(genesis(before));
    this.#committees = [first, nextCommittee(first, genesis(after))];
    this.#disk = { writeMsMax: 5, failure: this.#random.chance(0.5) ? 0.02 : 0 };
    const verifiersOf = ({ validators }: Committee) =>
      validators.map(({ publicKey }) => fakeVerifier(fromHex(publicKey)));
    this.#authenticators = this.#committees.map((committee) =>
      sharedAuthenticator(createAuthenticator(committee, verifiersOf(committee))),
    );
    this.#checkers = this.#committees.map(
      (committee, epoch) => new Checker(committee, verifiersOf(committee), this.#authenticators[epoch]!, () => true),
    );
    const links = { loss: 0.1 * this.#random.fraction(), duplication: 0.05, delayMsMax: 60, stragglerMs: 1_500 };
    this.#network = new SimNetwork(this.#clock, this.#random, keys, links);
    this.#network.onFrame = (_, frame) => this.#checkers[epochOfFrame(frame)!]!.sent(frame);
    this.#network.onReport = (_by, _peer, offence) => this.#violations.push(`an honest peer was accused: ${offence}`);
    for (const key of keys) {
      const { port, network } = this.#network.attach(key, key.slice(0, 8));
      const known = indexOfKey(first, key) === undefined ? 0 : 1;
      this.#nodes.push({ key, disk: new SimDisk(key), port, network, known, running: null, isStarting: false });
    }
  }

  async run(): Promise<EpochOutcome> {
    const startMs = this.#clock.nowMs();
    const within = (ms: number, action: () => void) => this.#clock.setTimer(this.#random.integer(0, ms), action);
    for (const node of this.#nodes) if (node.known > 0) await this.#start(node);
    for (let task = 0; task < TASKS; task++) within(BUSY_MS, () => this.#submit(task));
    for (const node of this.#nodes) within(BUSY_MS, () => this.#goOver(node));
    for (let crash = this.#random.integer(0, 3); crash > 0; crash--)
      within(BUSY_MS, () => this.#restart(this.#random.pick(this.#nodes)));
    this.#clock.setTimer(BUSY_MS + 2_000, () => this.#beCalm());
    await this.#runUntil(startMs + BUSY_MS + 2_001, () => false);
    await this.#runUntil(startMs + BUSY_MS + CALM_MS, () => this.#allDecided());
    for (const node of this.#nodes) node.running?.epochs.stop();
    const results = this.#nodes.map(({ key, disk }) => ({ name: key.slice(0, 8), results: disk.results }));
    this.#checkers[0]!.finished(results, this.#acknowledged);
    const violations = [...this.#violations, ...this.#checkers.flatMap((checker) => checker.violations)];
    return { violations, decisions: this.#checkers.map(({ decisions }) => decisions) };
  }

  async #start(node: Runner): Promise<void> {
    if (node.isStarting || node.running !== null) return;
    node.isStarting = true;
    const store = new SimStore(node.disk, this.#clock, this.#random, this.#disk);
    const committees = this.#committees.slice(0, node.known) as [Committee, ...Committee[]];
    const judge = () =>
      new Promise<Awaited<ReturnType<typeof judgement>>>((resolve) =>
        this.#clock.setTimer(this.#random.integer(0, 300), () => resolve(judgement())),
      );
    const epochs = await Epochs.start(
      {
        committees,
        signer: fakeSigner(fromHex(node.key)),
        untrustedJournal: false,
        opensFormer: () => true,
        authenticatorOf: ({ epoch }) => this.#authenticators[epoch]!,
      },
      { store, network: node.network, judge: { judge }, clock: this.#clock, random: this.#random, logger: SILENT },
      ({ epoch }) => ({ onDecided: (_, cert) => this.#checkers[epoch]!.decided(node.port.name, cert) }),
    );
    node.running = { epochs, store };
    node.isStarting = false;
    this.#network.connect(node.port, epochs);
  }

  #goOver(node: Runner): void {
    node.known = 2;
    this.#restart(node);
  }

  /** Dies, and comes back a moment later with the epochs that it knows of by then. */
  #restart(node: Runner): void {
    node.running?.store.crash();
    node.running?.epochs.stop();
    node.running = null;
    this.#network.disconnect(node.port);
    if (node.known > 0) this.#clock.setTimer(this.#random.integer(20, 1_000), () => void this.#start(node));
  }

  /** To a node that votes in the newest epoch it knows. */
  #submit(number: number): void {
    const able = ({ running, key }: Runner) =>
      running !== null && indexOfKey(running.epochs.committee, key) !== undefined;
    const up = this.#nodes.filter(able);
    if (up.length === 0) return;
    const task: Task = {
      type: 'SKILL_ASSESSMENT',
      submission: { content: `answer ${number}`, evidence: [] },
      criteria: { skill: 'simulation', level: 1, requirements: ['an answer'] },
    };
    void this.#random
      .pick(up)
      .running!.epochs.submit(task)
      .then(
        (taskId) => this.#acknowledged.add(taskId),
        () => {}, // the node died first: nothing was promised
      );
  }

  #beCalm(): void {
    this.#calm = true;
    this.#disk.failure = 0;
    this.#network.faults = { loss: 0, duplication: 0, delayMsMax: 20, stragglerMs: 20 };
    this.#network.reconnectAll();
  }

  #allDecided(): boolean {
    return this.#calm && [...this.#acknowledged].every((id) => this.#nodes.every(({ disk }) => disk.results.has(id)));
  }

  async #runUntil(untilMs: number, done: () => boolean): Promise<void> {
    for (let events = 0; !done() && this.#clock.runNext(untilMs); events++) {
      if (events > EVENTS_MAX) return void this.#violations.push('there is no end of messages');
      do await drainMicrotasks();
      while (this.#nodes.some(({ isStarting }) => isStarting)); // a start takes no virtual time
    }
  }
}

function judgement() {
  return {
    vote: 'approve' as const,
    confidence: 0.9,
    complete: true,
    summary: '',
    findings: [],
    coverage: { filesTotal: 1, filesJudged: 1, linesTotal: 1, linesJudged: 1, omitted: [] },
    model: { id: 'simulated', family: 'simulated' },
  };
}

function genesisOf(keys: readonly string[]): Genesis {
  return {
    name: 'epochs',
    createdAt: 1,
    validators: keys.map((publicKey) => ({ publicKey, weight: 1 })),
    rules: {
      kind: 'devnet',
      minConfidencePpm: 800_000,
      consensusThresholdPpm: 700_000,
      requiredValidators: 2,
      minModelFamilies: 1,
      timers: TIMERS,
    },
  };
}
