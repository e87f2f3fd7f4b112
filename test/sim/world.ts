import { Engine } from '../../src/engine/engine.ts';
import type { Judge, Logger, Network } from '../../src/engine/ports.ts';
import type { Cert } from '../../src/protocol/bundle.ts';
import { fromHex } from '../../src/protocol/bytes.ts';
import { type Committee, createCommittee } from '../../src/protocol/committee.ts';
import { hash } from '../../src/protocol/hash.ts';
import type { Judgement } from '../../src/protocol/judgement.ts';
import type { Task } from '../../src/protocol/task.ts';
import { Checker } from './checker.ts';
import { fakeSigner, fakeVerifier } from './fake-signatures.ts';
import { SeededRandom } from './random.ts';
import type { Schedule } from './schedule.ts';
import { SimDisk, SimStore } from './sim-disk.ts';
import { type Port, SimNetwork } from './sim-network.ts';
import { drainMicrotasks, VirtualClock } from './virtual-clock.ts';

const SILENT_LOGGER: Logger = { debug() {}, info() {}, warn() {}, error() {} };
/** Virtual time after the calm in which every task must end. */
const CALM_MS = 90_000;

/** One node of the simulation: what survives a crash, and what runs at the moment. */
interface SimNode {
  name: string;
  validator: number;
  honest: boolean;
  disk: SimDisk;
  port: Port;
  network: Network;
  running: { engine: Engine; store: SimStore } | null;
}

export interface Outcome {
  violations: string[];
  events: number;
  leaves: number;
  decisions: number;
  outcomes: Record<string, number>;
}

/** Runs one schedule on the real engine and core; what goes wrong comes back in words. */
export async function runSchedule(schedule: Schedule): Promise<Outcome> {
  const world = new World(schedule);
  return world.run();
}

class World {
  readonly #schedule: Schedule;
  readonly #random: SeededRandom;
  readonly #clock = new VirtualClock();
  readonly #committee: Committee;
  readonly #keys: string[];
  readonly #network: SimNetwork;
  readonly #checker: Checker;
  readonly #nodes: SimNode[] = [];
  readonly #acknowledged = new Set<string>();
  #events = 0;

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
    this.#random = new SeededRandom(schedule.seed ^ 0x5eed);
    this.#keys = schedule.weights.map((_, index) => hash('simulated-key', schedule.seed, index));
    this.#committee = createCommittee({
      name: 'simulation',
      createdAt: schedule.seed,
      validators: this.#keys.map((publicKey, index) => ({ publicKey, weight: schedule.weights[index]! })),
      rules: {
        kind: 'devnet',
        minConfidencePpm: 800_000,
        consensusThresholdPpm: 700_000,
        requiredValidators: Math.min(2, schedule.validators),
        minModelFamilies: 1,
        timers: {
          judgeBudgetMs: 2_000,
          observeMs: 2_500,
          graceMs: 300,
          revealGraceMs: 50,
          finalMs: 500,
          roundBaseMs: 200,
          roundCapMs: 1_600,
        },
      },
    });
    const verifiers = this.#keys.map((key) => fakeVerifier(fromHex(key)));
    this.#network = new SimNetwork(this.#clock, this.#random, this.#keys, schedule.links);
    const faulty = new Set([...schedule.twins, ...schedule.silent]);
    this.#checker = new Checker(this.#committee, verifiers, (validator) => !faulty.has(validator));
    for (let validator = 0; validator < schedule.validators; validator++) {
      if (!schedule.silent.includes(validator)) this.#addNode(validator, 'a');
      if (schedule.twins.includes(validator)) this.#addNode(validator, 'b');
    }
    this.#network.onFrame = (port, frame) => {
      const node = this.#nodes.find((candidate) => candidate.port === port)!;
      this.#checker.sent(node.validator, frame);
    };
  }

  async run(): Promise<Outcome> {
    const { calmAtMs, crashes, partitions, tasks } = this.#schedule;
    const startMs = this.#clock.nowMs();
    for (const node of this.#nodes) await this.#startNode(node);
    for (let i = 0; i < tasks; i++) this.#clock.setTimer(this.#random.integer(0, 2_000), () => this.#submit(i));
    for (const crash of crashes) this.#clock.setTimer(crash.atMs, () => this.#crash(crash));
    for (const partition of partitions) this.#planPartition(partition);
    this.#clock.setTimer(calmAtMs, () => this.#calm());
    await this.#runUntil(startMs + calmAtMs + 1, () => false);
    await this.#runUntil(startMs + calmAtMs + CALM_MS, () => this.#allDecided());
    const honest = this.#nodes.filter((node) => node.honest);
    this.#checker.finished(
      honest.map(({ name, disk }) => ({ name, results: disk.results })),
      this.#acknowledged,
    );
    for (const { running } of this.#nodes) running?.engine.stop();
    const { violations, leaves, decisions, outcomes } = this.#checker;
    return { violations, events: this.#events, leaves, decisions, outcomes };
  }

  #addNode(validator: number, suffix: string): void {
    const name = `${validator}${suffix}`;
    const { port, network } = this.#network.attach(this.#keys[validator]!, name);
    const honest = !this.#schedule.twins.includes(validator);
    this.#nodes.push({ name, validator, honest, disk: new SimDisk(name), port, network, running: null });
  }

  async #startNode(node: SimNode): Promise<void> {
    const store = new SimStore(node.disk, this.#clock, this.#random, this.#schedule.disk);
    const publicKey = fromHex(this.#keys[node.validator]!);
    const engine = await Engine.start(
      {
        committee: this.#committee,
        identity: { index: node.validator, signer: fakeSigner(publicKey) },
        verifiers: this.#keys.map((key) => fakeVerifier(fromHex(key))),
      },
      {
        store,
        network: node.network,
        judge: this.#judge(node),
        clock: this.#clock,
        random: this.#random,
        logger: SILENT_LOGGER,
      },
      { onDecided: (_taskId, cert: Cert) => node.honest && this.#checker.decided(node.name, cert) },
    );
    node.running = { engine, store };
    this.#network.connect(node.port, node.honest ? engine : shameless(engine));
  }

  #crash({ node: position, downMs }: Schedule['crashes'][number]): void {
    const node = this.#nodes[position];
    if (node === undefined || node.running === null) return;
    node.running.store.crash();
    node.running.engine.stop();
    node.running = null;
    this.#network.disconnect(node.port);
    this.#clock.setTimer(downMs, () => void this.#startNode(node));
  }

  #planPartition({ atMs, forMs, groups, oneWay }: Schedule['partitions'][number]): void {
    this.#clock.setTimer(atMs, () => {
      const group = (port: Port) => groups[this.#nodes.findIndex((node) => node.port === port)]!;
      this.#network.passes = (from, to) => group(from) === group(to) || (oneWay && group(from) < group(to));
    });
    this.#clock.setTimer(atMs + forMs, () => this.#heal());
  }

  #heal(): void {
    this.#network.passes = () => true;
    this.#network.reconnectAll();
  }

  #calm(): void {
    this.#network.faults = { loss: 0, duplication: 0, delayMsMax: 20, stragglerMs: 20 };
    this.#schedule.disk.failure = 0;
    this.#heal();
  }

  #submit(number: number): void {
    const up = this.#nodes.filter((node) => node.honest && node.running !== null);
    if (up.length === 0) return;
    const task: Task = {
      type: 'SKILL_ASSESSMENT',
      submission: { content: `answer ${number}`, evidence: [] },
      criteria: { skill: 'simulation', level: 1, requirements: ['an answer'] },
    };
    for (const { running } of this.#schedule.everywhere ? up : [this.#random.pick(up)]) {
      void running!.engine.submit(task).then(
        (taskId) => this.#acknowledged.add(taskId),
        () => {}, // the node crashed first: nothing was promised
      );
    }
  }

  /** Each task has a leaning; each judge follows it, errs, fails or is slow, as the seed says. */
  #judge(node: SimNode): Judge {
    const { disagreement, failure, slowMsMax } = this.#schedule.judges;
    return {
      judge: () => {
        const random = this.#random;
        const vote = random.chance(failure)
          ? 'abstain'
          : random.chance(disagreement) !== (this.#schedule.seed % 2 === 0)
            ? 'approve'
            : 'reject';
        const judgement: Judgement = {
          vote,
          ...(vote === 'abstain' ? { abstainReason: 'model_error' } : {}),
          confidence: 0.75 + random.fraction() / 4,
          complete: true,
          summary: '',
          findings: [],
          coverage: { filesTotal: 1, filesJudged: 1, linesTotal: 1, linesJudged: 1, omitted: [] },
          model: { id: `simulated:${node.name}`, family: `family-${node.validator % 3}` },
        };
        return new Promise((resolve) => this.#clock.setTimer(random.fraction() * slowMsMax, () => resolve(judgement)));
      },
    };
  }

  #allDecided(): boolean {
    const honest = this.#nodes.filter((node) => node.honest);
    return [...this.#acknowledged].every((taskId) => honest.every(({ disk }) => disk.results.has(taskId)));
  }

  async #runUntil(untilMs: number, done: () => boolean): Promise<void> {
    while (!done() && this.#clock.runNext(untilMs)) {
      this.#events += 1;
      await drainMicrotasks();
    }
  }
}

/** A twin goes on signing though it sees what its other half said. */
function shameless(engine: Engine): Engine {
  const unmute = () => {
    for (const { instance } of engine.openTasks.values()) instance.muted = false;
  };
  return new Proxy(engine, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== 'function') return value;
      return (...parameters: unknown[]) => {
        unmute();
        const result: unknown = value.apply(target, parameters);
        unmute();
        return result;
      };
    },
  });
}
