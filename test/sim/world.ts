import { createInstance } from '../../src/consensus/state.ts';
import { Engine } from '../../src/engine/engine.ts';
import type { Logger, Network } from '../../src/engine/ports.ts';
import { type Authenticator, createAuthenticator } from '../../src/protocol/authenticator.ts';
import { fromHex } from '../../src/protocol/bytes.ts';
import { type Committee, createCommittee } from '../../src/protocol/committee.ts';
import { hash } from '../../src/protocol/hash.ts';
import { decodeLeaf } from '../../src/protocol/leaf.ts';
import { encodeTask, type Task, taskIdOf } from '../../src/protocol/task.ts';
import { Actor } from './actor.ts';
import { Checker } from './checker.ts';
import { fakeSigner, fakeVerifier } from './fake-signatures.ts';
import { censored, shameless, tapped } from './puppet.ts';
import { SeededRandom } from './random.ts';
import { BEHAVIOURS, type Behaviour, PUNCTUAL, type Role } from './roles.ts';
import type { CrashPoint, JournalFault, Schedule } from './schedule.ts';
import { sharedAuthenticator } from './shared-authenticator.ts';
import { type DiskFaults, SimDisk, SimStore } from './sim-disk.ts';
import { leaningOf, simJudge } from './sim-judge.ts';
import { type Port, SimNetwork } from './sim-network.ts';
import { drainMicrotasks, NodeClock, VirtualClock } from './virtual-clock.ts';

const SILENT_LOGGER: Logger = { debug() {}, info() {}, warn() {}, error() {} };
/** Virtual time after the calm in which every task must end. */
const CALM_MS = 90_000;
/** Far beyond what ten validators need for three tasks. */
const EVENTS_MAX = 500_000;
/** Between two looks at what the nodes hold. */
const WATCH_MS = 1_500;

/** One node of the simulation: what survives a crash, and what runs at the moment. */
interface SimNode {
  name: string;
  position: number;
  validator: number;
  role: Role | null;
  disk: SimDisk;
  readonly clock: NodeClock;
  /** R29: it must not trust its journal until a probation was sat out whole. */
  untrusted: boolean;
  port: Port;
  network: Network;
  /** How often it came to each point at which it may be made to die. */
  readonly points: Map<CrashPoint, number>;
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
  readonly #authenticator: Authenticator;
  readonly #network: SimNetwork;
  readonly #checker: Checker;
  readonly #diskFaults: DiskFaults;
  readonly #nodes: SimNode[] = [];
  readonly #acknowledged = new Set<string>();
  /** Of every task that has one. */
  readonly #deadlinesMs = new Map<string, number>();
  #muzzled: Port | null = null;
  #calm = false;
  #events = 0;

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
    this.#diskFaults = { ...schedule.disk };
    this.#random = new SeededRandom(schedule.seed ^ 0x5eed);
    this.#keys = schedule.weights.map((_, index) => hash('simulated-key', schedule.seed, index));
    this.#committee = committeeOf(schedule, this.#keys);
    const verifiers = this.#keys.map((key) => fakeVerifier(fromHex(key)));
    this.#authenticator = sharedAuthenticator(createAuthenticator(this.#committee, verifiers));
    this.#network = new SimNetwork(this.#clock, this.#random, this.#keys, schedule.links);
    const roles = new Map(schedule.faulty.map(({ validator, role }) => [validator, role]));
    this.#checker = new Checker(this.#committee, verifiers, this.#authenticator, (validator) => !roles.has(validator));
    for (let validator = 0; validator < schedule.validators; validator++) {
      const role = roles.get(validator) ?? null;
      if (role !== 'silent') this.#addNode(validator, 'a', role);
      if (role === 'twins') this.#addNode(validator, 'b', role);
    }
    this.#checker.isOver = (validator, taskId) => this.#isOver(validator, taskId);
    this.#network.passes = (from) => from !== this.#muzzled;
    this.#network.onFrame = (port, frame) => this.#frameLeft(this.#nodeOf(port), frame);
    this.#network.onAnswer = (port, answer) => this.#nodeOf(port).role !== null && this.#checker.answered(answer);
    this.#network.mayLeave = (port, frame) => this.#mayLeave(this.#nodeOf(port), frame);
    this.#network.reaches = (port, frame) => !this.#isTargeted(this.#nodeOf(port), frame);
  }

  async run(): Promise<Outcome> {
    const { calmAtMs, crashes, partitions, tasks, clockSteps, lostJournal } = this.#schedule;
    const startMs = this.#clock.nowMs();
    for (const node of this.#nodes) await this.#startNode(node);
    for (let i = 0; i < tasks; i++) this.#clock.setTimer(this.#random.integer(0, 2_000), () => this.#submit(i));
    for (const { atMs, node, downMs } of crashes)
      this.#clock.setTimer(atMs, () => this.#crash(this.#nodes[node], downMs));
    for (const partition of partitions) this.#planPartition(partition);
    for (const { atMs, node, byMs } of clockSteps)
      this.#clock.setTimer(atMs, () => this.#nodes[node]?.clock.step(byMs));
    if (lostJournal !== null) this.#planLostJournal(lostJournal);
    for (let atMs = WATCH_MS; atMs < calmAtMs; atMs += WATCH_MS) this.#clock.setTimer(atMs, () => this.#watch());
    this.#clock.setTimer(calmAtMs, () => this.#beCalm());
    await this.#runUntil(startMs + calmAtMs + 1, () => false);
    await this.#runUntil(startMs + calmAtMs + CALM_MS, () => this.#allDecided());
    this.#watch();
    this.#checker.finished(
      this.#honest().map(({ name, disk }) => ({ name, results: disk.results })),
      this.#acknowledged,
    );
    if (this.#schedule.quiet && this.#schedule.faulty.every(({ role }) => PUNCTUAL.has(role)))
      this.#checker.agreedBy(leaningOf(this.#schedule));
    for (const { running } of this.#nodes) running?.engine.stop();
    const { violations, leaves, decisions, outcomes } = this.#checker;
    return { violations, events: this.#events, leaves, decisions, outcomes };
  }

  #addNode(validator: number, suffix: string, role: Role | null): void {
    const name = `${validator}${suffix}`;
    const { port, network } = this.#network.attach(this.#keys[validator]!, name);
    const position = this.#nodes.length;
    const disk = new SimDisk(name);
    const clock = new NodeClock(this.#clock);
    const state = { disk, clock, untrusted: false, points: new Map(), running: null };
    this.#nodes.push({ name, position, validator, role, port, network, ...state });
  }

  #nodeOf(port: Port): SimNode {
    return this.#nodes.find((candidate) => candidate.port === port)!;
  }

  #honest(): SimNode[] {
    return this.#nodes.filter(({ role }) => role === null);
  }

  async #startNode(node: SimNode): Promise<void> {
    const store = new SimStore(node.disk, this.#clock, this.#random, this.#diskFaults, (point) =>
      this.#comesTo(node, point),
    );
    const signer = fakeSigner(fromHex(this.#keys[node.validator]!));
    const place = { index: node.validator, committee: this.#committee, signer };
    const behaviour = behaviourOf(node.role);
    const victim = this.#nodes.find(({ position }) => position === this.#schedule.muzzled)?.port.key ?? null;
    const actor = new Actor({ ...place, victim }, node.network, this.#random, this.#authenticator);
    const untrustedJournal = node.untrusted;
    const judge = simJudge(this.#schedule, this.#random, this.#clock, {
      ...node,
      onAsked: (task) => this.#checker.judged(node.validator, this.#idOf(task)),
    });
    const engine = await Engine.start(
      { committee: this.#committee, identity: place, authenticator: this.#authenticator, untrustedJournal },
      {
        store,
        network: behaviour === undefined ? node.network : censored(node.network, actor, behaviour),
        judge,
        clock: node.clock,
        random: this.#random,
        logger: SILENT_LOGGER,
      },
      { onDecided: (_taskId, cert) => node.role === null && this.#checker.decided(node.name, cert) },
    );
    if (untrustedJournal)
      engine.whenTrusted(() => {
        node.untrusted = false;
      });
    actor.engine = engine;
    node.running = { engine, store };
    if (node.role === null) this.#network.connect(node.port, engine);
    else
      this.#network.connect(node.port, behaviour === undefined ? shameless(engine) : tapped(engine, actor, behaviour));
  }

  #frameLeft(node: SimNode, frame: Uint8Array): void {
    this.#checker.sent(frame);
    if (this.#calm || node.position !== this.#schedule.muzzled) return;
    const { batch } = this.#authenticator.readFrame(frame);
    if (batch?.leaves.some(({ leafBytes }) => decodeLeaf(leafBytes).type === 'PRECOMMIT')) this.#muzzled = node.port;
  }

  /** False if the node dies on the way. */
  #mayLeave(node: SimNode, frame: Uint8Array): boolean {
    if (this.#comesTo(node, 'unsent')) return false;
    if (!this.#comesTo(node, 'sent')) return true;
    this.#checker.sent(frame); // it was handed to the network: it still arrives
    this.#network.scatter(node.port, frame);
    return false;
  }

  /** True if the node dies here. */
  #comesTo(node: SimNode, point: CrashPoint): boolean {
    const count = (node.points.get(point) ?? 0) + 1;
    node.points.set(point, count);
    if (this.#calm) return false;
    const crash = this.#schedule.crashPoints.find(
      (candidate) => candidate.node === node.position && candidate.point === point && candidate.count === count,
    );
    if (crash !== undefined) this.#crash(node, crash.downMs);
    return crash !== undefined;
  }

  #crash(node: SimNode | undefined, downMs: number): void {
    if (node === undefined || node.running === null) return;
    node.running.store.crash();
    node.running.engine.stop();
    node.running = null;
    this.#network.disconnect(node.port);
    this.#clock.setTimer(downMs, () => void this.#startNode(node));
  }

  #isTargeted(node: SimNode, frame: Uint8Array): boolean {
    const { targeted } = this.#schedule;
    if (this.#calm || targeted === null || !targeted.nodes.includes(node.position)) return false;
    const { batch } = this.#authenticator.readFrame(frame);
    if (batch === null || !this.#random.chance(targeted.loss)) return false;
    try {
      return this.#authenticator.openBatch(batch).leaves.some(({ leaf }) => targeted.types.includes(leaf.type));
    } catch {
      return false; // a forgery: let it arrive
    }
  }

  #planPartition({ atMs, forMs, groups, oneWay }: Schedule['partitions'][number]): void {
    this.#clock.setTimer(atMs, () => {
      const group = (port: Port) => groups[this.#nodeOf(port).position] ?? 0;
      this.#network.passes = (from, to) =>
        from !== this.#muzzled && (group(from) === group(to) || (oneWay && group(from) < group(to)));
    });
    this.#clock.setTimer(atMs + forMs, () => this.#heal());
  }

  /** R29: the key has said what the database that it comes back with does not know; the node is told so, once. */
  #planLostJournal({ validator, kind, copiedAtMs, atMs, downMs }: JournalFault): void {
    const node = this.#honest().find((candidate) => candidate.validator === validator);
    if (node === undefined) return;
    let backup = new SimDisk(`${node.name}, made anew`);
    if (kind === 'rolledBack')
      this.#clock.setTimer(copiedAtMs, () => {
        backup = node.disk.copy();
      });
    this.#clock.setTimer(atMs, () => {
      this.#crash(node, downMs);
      node.disk = backup;
      node.untrusted = true;
      this.#forgetLostTasks();
    });
  }

  /** What nobody else had heard of when its one copy was lost can no longer be decided. */
  #forgetLostTasks(): void {
    const disks = this.#honest().map(({ disk }) => disk);
    for (const taskId of this.#acknowledged) {
      if (!disks.some((disk) => disk.tasks.has(taskId) || disk.results.has(taskId))) this.#acknowledged.delete(taskId);
    }
  }

  #heal(): void {
    this.#network.passes = (from) => from !== this.#muzzled;
    this.#network.reconnectAll();
  }

  #beCalm(): void {
    this.#calm = true;
    this.#muzzled = null;
    this.#diskFaults.failure = 0;
    this.#network.faults = { loss: 0, duplication: 0, delayMsMax: 20, stragglerMs: 20 };
    this.#heal();
  }

  #watch(): void {
    for (const { name, running } of this.#honest()) if (running !== null) this.#checker.watch(name, running.engine);
  }

  #submit(number: number): void {
    const up = this.#honest().filter(({ running }) => running !== null);
    if (up.length === 0) return;
    const task = this.#draft(number);
    if (task.deadline !== undefined) this.#deadlinesMs.set(this.#idOf(task), task.deadline * 1000);
    for (const { running } of this.#schedule.everywhere ? up : [this.#random.pick(up)]) {
      void running!.engine.submit(task).then(
        (taskId) => this.#acknowledged.add(taskId),
        () => {}, // the node crashed first: nothing was promised
      );
    }
  }

  /** A task whose order of proposers suits the faulty, if they may choose. */
  #draft(number: number): Task {
    const { ambushRound, faulty } = this.#schedule;
    for (let attempt = 0; ; attempt++) {
      const task: Task = {
        type: 'SKILL_ASSESSMENT',
        submission: { content: `answer ${number}/${attempt}`, evidence: [] },
        criteria: { skill: 'simulation', level: 1, requirements: ['an answer'] },
        ...this.#deadlineOf(number),
      };
      if (ambushRound === null || faulty.length === 0) return task;
      const { proposers } = createInstance(this.#committee, this.#idOf(task), null);
      const proposer = proposers[ambushRound % proposers.length]!;
      if (faulty.some(({ validator }) => validator === proposer)) return task;
    }
  }

  #deadlineOf(number: number): Pick<Task, 'deadline' | 'notAfter'> {
    const { deadlineSeconds = null, notAfterSeconds = null } = this.#schedule.deadlines[number] ?? {};
    const nowSeconds = Math.floor(this.#clock.nowMs() / 1000);
    return {
      ...(deadlineSeconds === null ? {} : { deadline: nowSeconds + deadlineSeconds }),
      ...(notAfterSeconds === null ? {} : { notAfter: nowSeconds + notAfterSeconds }),
    };
  }

  /** True if some clock that a validator had so far may have said that a task's time is over. */
  #isOver(validator: number, taskId: string): boolean {
    const deadlineMs = this.#deadlinesMs.get(taskId);
    if (deadlineMs === undefined) return false;
    const steps = this.#schedule.clockSteps.filter(({ node }) => this.#nodes[node]?.validator === validator);
    const aheadMs = steps.reduce((sum, { byMs }) => sum + Math.max(0, byMs), 0);
    return this.#clock.nowMs() + aheadMs >= deadlineMs;
  }

  #idOf(task: Task): string {
    return taskIdOf(this.#committee.networkId, this.#committee.epoch, encodeTask(task));
  }

  #allDecided(): boolean {
    return [...this.#acknowledged].every((taskId) => this.#honest().every(({ disk }) => disk.results.has(taskId)));
  }

  async #runUntil(untilMs: number, done: () => boolean): Promise<void> {
    while (!done() && this.#clock.runNext(untilMs)) {
      this.#events += 1;
      if (this.#events > EVENTS_MAX) return void this.#checker.violations.push('there is no end of messages');
      await drainMicrotasks();
    }
  }
}

function behaviourOf(role: Role | null): Behaviour | undefined {
  return role === null || role === 'twins' || role === 'silent' ? undefined : BEHAVIOURS[role];
}

function committeeOf({ seed, validators, weights }: Schedule, keys: readonly string[]): Committee {
  return createCommittee({
    name: 'simulation',
    createdAt: seed,
    validators: keys.map((publicKey, index) => ({ publicKey, weight: weights[index]! })),
    rules: {
      kind: 'devnet',
      minConfidencePpm: 800_000,
      consensusThresholdPpm: 700_000,
      requiredValidators: Math.min(2, validators),
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
}
