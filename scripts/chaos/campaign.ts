import { setTimeout as sleep } from 'node:timers/promises';
import { DEVNET_TIMERS, type Timers } from '../../src/protocol/genesis.ts';
import type { SeededRandom } from '../../test/sim/random.ts';
import type { LocalDevnet } from '../local-devnet.ts';
import { until } from '../processes.ts';
import { Absences } from './absences.ts';
import { Ledger } from './checks.ts';
import { act, type Fault, type Kind, type Scene } from './perturbations.ts';
import { MUTING, type Perturbation } from './plan.ts';
import { isOnProbation } from './probation.ts';
import { taskOf } from './tasks.ts';
import type { Witness } from './witness.ts';

/** A devnet's, with less patience: a probation (R29) lasts two observation times, and a campaign has many. */
export const CHAOS_TIMERS: Timers = {
  ...DEVNET_TIMERS,
  judgeBudgetMs: 4_000,
  observeMs: 5_000,
  graceMs: 300,
  finalMs: 700,
};
/** R29, and what the start before it takes. */
const PROBATION_MS = 2 * CHAOS_TIMERS.observeMs + 500;
/** Tasks that are submitted around each perturbation, and within which time. */
const TASKS_EACH = 3;
const TASK_DELAY_MS_MAX = 1_500;
/** After a perturbation a task comes in elsewhere this often, until the victim has heard of one. */
const BEACON_MS = 400;
const LISTEN_MS = 50;
const HEAR_TIMEOUT_MS = 60_000;
/** From an acknowledgement to the kill, in a cycle of kills only. */
const KILL_DELAY_MS_MAX = 300;

/** Perturbs a devnet under load, and keeps what is to be checked and told. */
export class Campaign {
  readonly ledger: Ledger;
  readonly done: Partial<Record<Kind, number>> = {};
  readonly faults: Partial<Record<Fault, number>> = {};
  /** Of each victim, in milliseconds: from the perturbation's end until it is ready, and until it hears of a new task. */
  readonly readyMs: number[] = [];
  readonly hearsMs: number[] = [];
  readonly #devnet: LocalDevnet;
  readonly #witness: Witness;
  readonly #random: SeededRandom;
  readonly #absences = new Absences();
  readonly #origins = new Map<string, number>();
  readonly #runSeed: number;
  #probationUntilMs = 0;
  #tasks = 0;

  constructor(devnet: LocalDevnet, witness: Witness, random: SeededRandom) {
    this.#devnet = devnet;
    this.#witness = witness;
    this.#random = random;
    this.#runSeed = random.uint32();
    this.ledger = new Ledger(devnet);
  }

  /** Perturbs, with tasks around it; resolves when every victim is ready again and has heard of a new task. */
  async perturb(perturbation: Perturbation & { alone: boolean }): Promise<void> {
    const { kind, victims, delayMs, alone } = perturbation;
    if (alone) await this.#probationOver();
    const submissions = this.#drawSubmissions(MUTING.has(kind) ? victims : []);
    const perturbed = sleep(delayMs).then(() => Promise.all(victims.map((index) => this.#hit(perturbation, index))));
    await Promise.all([perturbed, ...submissions.map((submission) => this.#submitLater(submission))]);
    this.done[kind] = (this.done[kind] ?? 0) + victims.length;
    await this.ledger.note(this.#random.integer(0, this.#devnet.validators.length - 1));
  }

  /** kill -9 with tasks just taken in, and a start at once; no pause for anything but the start. */
  async killCycle(): Promise<void> {
    const victim = this.#random.integer(0, this.#devnet.validators.length - 1);
    const delayMs = this.#random.integer(0, KILL_DELAY_MS_MAX);
    const origins = [victim, ...Array.from({ length: TASKS_EACH - 1 }, () => this.#anyBut(-1))];
    const submitted = origins.map((origin) => this.#submit(origin));
    await Promise.any(submitted);
    await sleep(delayMs);
    const fromMs = performance.now();
    await this.#devnet.kill(victim);
    await this.#devnet.revive(victim, { ready: false });
    await this.#untilReady(victim, fromMs, performance.now());
    await Promise.all(submitted);
    this.done.kill = (this.done.kill ?? 0) + 1;
    await this.ledger.note(victim);
  }

  /**
   * By the time that it must last, and then by what the nodes say: signs of the key's old life prolong it. Its validator
   * never signs for the tasks of that time, so they are to be decided before another loses what it knew of them.
   */
  async #probationOver(): Promise<void> {
    await sleep(Math.max(0, this.#probationUntilMs - performance.now()));
    const homes = this.#devnet.validators.map(({ home }) => home);
    await until(async () => !(await Promise.all(homes.map(isOnProbation))).includes(true));
    await this.ledger.settle();
  }

  /** Milliseconds of every final task from its acknowledgement, and from the heal of what held it up. */
  latencies(): { fromAckMs: number[]; fromHealMs: number[] } {
    const [fromAckMs, fromHealMs]: [number[], number[]] = [[], []];
    for (const [taskId, ackMs] of this.ledger.acknowledged) {
      const toMs = this.#witness.finalMs.get(taskId) ?? this.ledger.decided.get(taskId)?.atMs;
      if (toMs === undefined) continue;
      const healedMs = this.#absences.healedAt({ origin: this.#origins.get(taskId) ?? -1, fromMs: ackMs, toMs });
      fromAckMs.push(Math.max(0, toMs - ackMs)); // an acknowledgement may come back later than the decision
      fromHealMs.push(Math.max(0, toMs - healedMs));
    }
    return { fromAckMs, fromHealMs };
  }

  async #hit({ kind, awayMs, seed }: Perturbation, index: number): Promise<void> {
    const fromMs = performance.now();
    const endMs = await act(kind, this.#sceneOf(), index, awayMs, seed);
    const hears = this.#untilHears(index, endMs);
    await this.#untilReady(index, fromMs, endMs, MUTING.has(kind));
    this.hearsMs.push(await hears);
  }

  async #untilReady(index: number, fromMs: number, endMs: number, muting = false): Promise<void> {
    await this.#devnet.untilReady(index);
    const readyMs = performance.now();
    this.readyMs.push(readyMs - endMs);
    if (muting) this.#probationUntilMs = readyMs + PROBATION_MS;
    this.#absences.add({ index, fromMs, toMs: readyMs + (muting ? PROBATION_MS : 0) });
  }

  /** How long after `endMs` a node knows a task that came in elsewhere after it. */
  async #untilHears(index: number, endMs: number): Promise<number> {
    const beacons: string[] = [];
    const heard = async () => (await Promise.all(beacons.map((id) => this.ledger.knows(index, id)))).includes(true);
    let nextMs = endMs;
    while (performance.now() < endMs + HEAR_TIMEOUT_MS) {
      if (performance.now() >= nextMs) {
        nextMs = performance.now() + BEACON_MS;
        void this.#submit(this.#anyBut(index)).then((taskId) => taskId !== undefined && beacons.push(taskId));
      }
      await sleep(LISTEN_MS);
      if (await heard()) return performance.now() - endMs;
    }
    return HEAR_TIMEOUT_MS;
  }

  #sceneOf(): Scene {
    return {
      devnet: this.#devnet,
      submitElsewhere: async (index) => void (await this.#submit(this.#anyBut(index))),
      leavesOf: (index) => this.#witness.leavesOf(index),
      fault: (name) => {
        this.faults[name] = (this.faults[name] ?? 0) + 1;
      },
    };
  }

  /** A validator that is about to lose its database takes in none: what it alone knew would be lost with it. */
  #drawSubmissions(spared: readonly number[]): { origin: number; delayMs: number }[] {
    return Array.from({ length: TASKS_EACH }, () => {
      const origin = this.#anyBut(spared[0] ?? -1);
      return { origin, delayMs: this.#random.integer(0, TASK_DELAY_MS_MAX) };
    });
  }

  async #submitLater({ origin, delayMs }: { origin: number; delayMs: number }): Promise<void> {
    await sleep(delayMs);
    await this.#submit(origin);
  }

  async #submit(origin: number): Promise<string | undefined> {
    const taskId = await this.ledger.submit(origin, taskOf(this.#tasks, `${this.#runSeed}-${this.#tasks++}`));
    if (taskId !== undefined) this.#origins.set(taskId, origin);
    return taskId;
  }

  #anyBut(index: number): number {
    return this.#random.pick(this.#devnet.validators.map((entry) => entry.index).filter((other) => other !== index));
  }
}
