import { setTimeout as sleep } from 'node:timers/promises';
import { Decisions } from '../bench/decisions.ts';
import { quantile, ratio } from '../bench/measures.ts';
import type { BenchNet } from '../bench/net.ts';
import { taskMaker } from '../bench/tasks.ts';
import { until } from '../processes.ts';
import { Gate } from './gate.ts';
import { startNetwork, VALIDATORS } from './network.ts';
import { type Report, spread, tell } from './report.ts';
import { type OutsideSystem, SYSTEMS, type SystemName } from './systems.ts';

type State = 'up' | 'stopped' | 'hanging';

/** Each block of an outage stands between two with the system up, so that the machine's own drift meets all alike. */
const ROUND: readonly State[] = ['up', 'stopped', 'up', 'hanging'];
const WARM_TASKS = 10;
/** Between two tasks: the network rests. */
const PAUSE_MS = 30;
/** More than noise between two halves of one run on a machine that does other things too. */
const RATIO_MAX = 1.25;

export interface LatencyOptions {
  systems: readonly SystemName[];
  rounds: number;
  /** Tasks of one block. */
  samples: number;
}

/**
 * Milliseconds from the submission of a task to its durable result at all of four validators (judge `instant`, one task
 * at a time), with one outside system up, stopped, and accepting without an answer; block after block in one network.
 */
export async function latencyCampaign(options: LatencyOptions): Promise<Report> {
  const report: Report = { figures: {}, checks: {} };
  for (const name of options.systems) {
    tell(name);
    const { up, stopped, hanging } = await measure(name, options);
    for (const [state, times] of Object.entries({ stopped, hanging })) {
      const slow = quantile(times, 0.5) > RATIO_MAX * quantile(up, 0.5);
      report.checks[`${name} ${state}: p50 over ${RATIO_MAX} of that with it up`] = slow ? 1 : 0;
    }
    report.figures[name] = { up: spread(up), stopped: compared(stopped, up), hanging: compared(hanging, up) };
  }
  return report;
}

function compared(times: readonly number[], up: readonly number[]) {
  const to = (share: number) => ratio(quantile(times, share), quantile(up, share));
  return { ...spread(times), 'p50 to up': to(0.5), 'p99 to up': to(0.99) };
}

async function measure(name: SystemName, options: LatencyOptions): Promise<Record<State, number[]>> {
  const system = await SYSTEMS[name].create();
  const ends: (() => Promise<unknown>)[] = [() => system.remove()];
  try {
    const gate = await Gate.open(system.port);
    ends.push(() => gate.shut());
    const { net } = await startNetwork((index, genesis) => system.sections(gate.port, index, genesis));
    ends.push(() => net.stop());
    const decisions = await Decisions.follow(net, VALIDATORS);
    ends.push(() => decisions.stop());
    return await new Blocks({ name, system, gate, net, decisions }).run(options);
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

interface Scene {
  name: SystemName;
  system: OutsideSystem;
  gate: Gate;
  net: BenchNet;
  decisions: Decisions;
}

class Blocks {
  readonly #scene: Scene;
  readonly #make = taskMaker();
  #turn = 0;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  async run({ rounds, samples }: LatencyOptions): Promise<Record<State, number[]>> {
    const timesMs: Record<State, number[]> = { up: [], stopped: [], hanging: [] };
    await this.#block(WARM_TASKS);
    for (let round = 0; round < rounds; round++) {
      for (const state of ROUND) {
        await this.#enter(state);
        timesMs[state].push(...(await this.#block(samples)));
        await this.#leave(state);
      }
    }
    return timesMs;
  }

  /** What follows is measured at once: the moment of the outage is part of it. */
  async #enter(state: State): Promise<void> {
    const { gate, system } = this.#scene;
    if (state === 'hanging') gate.hang();
    if (state !== 'stopped') return;
    await system.stop();
    await gate.shut();
  }

  /** Until the adapters of all nodes work again, so that what they catch up with is in no measurement. */
  async #leave(state: State): Promise<void> {
    const { gate, system, net } = this.#scene;
    if (state === 'up') return;
    if (state === 'stopped') await system.start();
    await gate.pass();
    await until(async () => (await Promise.all(net.validators.map(({ index }) => this.#isWell(index)))).every(Boolean));
  }

  async #isWell(index: number): Promise<boolean> {
    const { name, net } = this.#scene;
    const health = await net.call<Record<string, { reasons: string[] }>>(index, 'pheme_health');
    return health[SYSTEMS[name].part]!.reasons.length === 0;
  }

  async #block(samples: number): Promise<number[]> {
    const { net, decisions } = this.#scene;
    const timesMs: number[] = [];
    for (let n = 0; n < samples; n++) {
      const sentMs = performance.timeOrigin + performance.now();
      const [taskId] = await net.submit(this.#turn++ % VALIDATORS, [this.#make()]);
      await decisions.everywhere(taskId!);
      timesMs.push(decisions.allAtMs.get(taskId!)! - sentMs);
      await sleep(PAUSE_MS);
    }
    return timesMs;
  }
}
