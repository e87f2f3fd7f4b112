import { recover } from '../../src/consensus/recovery.ts';
import { repeatOf } from '../../src/consensus/repeat.ts';
import type { Effect, Input, Instance, JournalRecord, OwnLeaf, TimerName } from '../../src/consensus/state.ts';
import { step } from '../../src/consensus/step.ts';
import { toHex } from '../../src/protocol/bytes.ts';
import type { Committee } from '../../src/protocol/committee.ts';
import type { Vote } from '../../src/protocol/judgement.ts';
import { leafSlot } from '../../src/protocol/leaf.ts';
import type { SeededRandom } from '../sim/random.ts';
import { fakeCommittee, openingOf, Speaker, TASK_ID } from './fixture.ts';

/** A committee of bare cores under a random schedule, with crashes at every point between journal and network. */

/** What survives a crash, and what is running. */
export interface Member {
  index: number;
  /** What reached the disk, in order. */
  journal: JournalRecord[];
  instance: Instance;
  timers: TimerName[];
  inbox: Input[];
  /** How often a model was asked. */
  judged: number;
  /** Bytes of all that left, by slot. */
  readonly said: Map<string, string>;
}

export interface ClusterOptions {
  random: SeededRandom;
  weights: readonly number[];
  /** Probability that a step ends in a crash of the one that took it. */
  crash: number;
  /** Probability that a message is lost on one way; repeats bring it again. */
  loss: number;
  votes: readonly Vote[];
}

export class Cluster {
  readonly committee: Committee;
  readonly members: Member[];
  readonly faults: string[] = [];
  crashes = 0;
  readonly #speaker: Speaker;
  readonly #options: ClusterOptions;
  #lossy = true;

  constructor(options: ClusterOptions) {
    this.#options = options;
    this.committee = fakeCommittee({ weights: options.weights });
    this.#speaker = new Speaker(this.committee);
    this.members = options.weights.map((_, index) => {
      const instance = recover(this.committee, TASK_ID, index, []);
      return { index, journal: [], instance, timers: [], inbox: [], judged: 0, said: new Map() };
    });
    for (const member of this.members) this.#boot(member);
  }

  /** Random steps first; then everything arrives and nobody crashes, until all have decided or the patience ends. */
  run(wildSteps: number, calmRounds: number): void {
    const { random } = this.#options;
    for (let i = 0; i < wildSteps; i++) this.#advance(random.pick(this.members), this.#options.crash);
    this.#lossy = false;
    for (let i = 0; i < calmRounds && !this.decided(); i++) {
      for (const member of this.members) this.#repeat(member);
      while (this.members.some((member) => this.#drain(member)));
      for (const member of this.members) if (member.timers.length > 0) this.#advance(member, 0);
    }
  }

  /** Takes all that waits; a timer is slower than any message. True if there was something. */
  #drain(member: Member): boolean {
    const waiting = member.inbox.splice(0);
    for (const input of waiting) this.#take(member, input, 0);
    return waiting.length > 0;
  }

  decided(): boolean {
    return this.members.every(({ instance }) => instance.decided !== null);
  }

  cores(): string[] {
    return this.members.flatMap(({ instance: { decided } }) => (decided === null ? [] : [toHex(decided.coreBytes)]));
  }

  #boot(member: Member): void {
    this.#take(member, { kind: 'start' }, 0);
    if (!member.instance.own.has('COMMIT/0') && !member.instance.own.has('CLOSE/0')) {
      member.judged += 1;
      const vote = this.#options.votes[member.index % this.#options.votes.length]!;
      const opening = openingOf(member.index, { vote, confidencePpm: 900_000 + member.judged }, member.judged);
      member.inbox.push({ kind: 'judged', opening });
    }
    this.#repeat(member);
  }

  #advance(member: Member, crash: number): void {
    const { random } = this.#options;
    const { inbox, timers } = member;
    if (inbox.length > 0 && (timers.length === 0 || random.chance(0.9))) {
      this.#take(member, inbox.splice(random.integer(0, inbox.length - 1), 1)[0]!, crash);
    } else if (timers.length > 0) {
      this.#take(member, { kind: 'timer', timer: timers.splice(random.integer(0, timers.length - 1), 1)[0]! }, crash);
    } else {
      this.#repeat(member);
    }
  }

  #take(member: Member, input: Input, crash: number): void {
    const effects = step(member.instance, input);
    const { random } = this.#options;
    if (random.chance(crash)) return this.#crash(member, effects, random.integer(0, 2));
    for (const effect of effects) this.#perform(member, effect);
    const states = effects.flatMap((effect) => (effect.kind === 'state' ? [effect.own] : []));
    for (const own of states) this.#say(member, own, true);
  }

  #perform(member: Member, effect: Effect): void {
    if (effect.kind === 'record') member.journal.push(effect.record);
    else if (effect.kind === 'timer') member.timers.push(effect.timer);
    else if (effect.kind === 'bundle') this.#send(member, { kind: 'bundle', bundle: effect.bundle } as Input);
    else if (effect.kind === 'decided') this.#tell(effect);
    else if (effect.kind === 'muted') this.faults.push(`${member.index} was muted by its own leaf`);
  }

  /** @param reached 0: before the write, 1: written but nothing sent, 2: written and some of it sent */
  #crash(member: Member, effects: readonly Effect[], reached: number): void {
    this.crashes += 1;
    for (const effect of effects) if (reached > 0 && effect.kind === 'record') member.journal.push(effect.record);
    for (const effect of effects) {
      if (reached === 2 && effect.kind === 'state' && this.#options.random.chance(0.5))
        this.#say(member, effect.own, false);
    }
    member.instance = recover(this.committee, TASK_ID, member.index, member.journal);
    member.timers = [];
    member.inbox = [];
    this.#boot(member);
  }

  #say(member: Member, own: OwnLeaf, alive: boolean): void {
    const slot = leafSlot(own.leaf);
    const bytes = toHex(own.bytes);
    const before = member.said.get(slot);
    if (before !== undefined && before !== bytes) this.faults.push(`${member.index} said two things for ${slot}`);
    member.said.set(slot, bytes);
    const leaf = this.#speaker.say(member.index, own.leaf, own.attachment);
    this.#send(member, { kind: 'leaf', leaf });
    if (alive) member.inbox.push({ kind: 'leaf', leaf });
  }

  #repeat(member: Member): void {
    const { leaves, bundles } = repeatOf(member.instance);
    for (const own of leaves) this.#say(member, own, true);
    for (const bundle of bundles) this.#send(member, { kind: 'bundle', bundle } as Input);
    if (!this.#lossy) this.#fetch(member);
  }

  /** Gossip is a hint: now and then somebody is asked for everything. */
  #fetch(member: Member): void {
    const { instance } = this.#options.random.pick(this.members);
    const leaves = new Set([...[...instance.seen.values()].flat(), ...instance.witnesses.values()]);
    for (const leaf of leaves) member.inbox.push({ kind: 'leaf', leaf } as Input);
    const bundles = [instance.roundCert, instance.valid?.polka, instance.decided];
    for (const bundle of bundles) if (bundle != null) member.inbox.push({ kind: 'bundle', bundle } as Input);
  }

  #tell({ cert }: Extract<Effect, { kind: 'decided' }>): void {
    for (const other of this.members) other.inbox.push({ kind: 'bundle', bundle: cert } as Input);
  }

  #send(from: Member, input: Input): void {
    const { random, loss } = this.#options;
    for (const other of this.members) {
      if (other !== from && !(this.#lossy && random.chance(loss))) other.inbox.push(input);
    }
  }
}
