import type { PeerKey } from '../engine/ports.ts';
import { type Committee, indexOfKey } from '../protocol/committee.ts';
import { absenceSentence } from '../protocol/explanation.ts';

/** Whether a validator is connected, and since when; milliseconds since 1970. */
export interface PresenceState {
  connected: boolean;
  sinceMs: number;
}

/** A validator that is not connected, and the sentence that says so everywhere. */
export interface Absence {
  index: number;
  sinceMs: number;
  sentence: string;
}

/** Which validators are connected to this node, and since when. */
export class Presence {
  readonly #committee: Committee;
  readonly #self: number | null;
  readonly #states: PresenceState[];
  /** Made once for all tasks, which keep the sentences of those that were away; undefined while connected. */
  readonly #absences: (Absence | undefined)[];

  /**
   * @param self own position, or null for an observer
   * @param startedAtMs since when validators that were never met are missed
   */
  constructor(committee: Committee, self: number | null, startedAtMs: number) {
    this.#committee = committee;
    this.#self = self;
    this.#states = committee.validators.map(() => ({ connected: false, sinceMs: startedAtMs }));
    this.#absences = committee.validators.map((_, index) => this.#absenceOf(index));
  }

  /** A peer was connected or lost; what it was already changes nothing. */
  note(peer: PeerKey, connected: boolean, nowMs: number): void {
    const index = indexOfKey(this.#committee, peer);
    if (index === undefined || this.#states[index]!.connected === connected) return;
    this.#states[index] = { connected, sinceMs: nowMs };
    this.#absences[index] = this.#absenceOf(index);
  }

  /** Of another validator; the own node has none. */
  stateOf(index: number): PresenceState | undefined {
    return index === this.#self ? undefined : this.#states[index];
  }

  absences(): Absence[] {
    return this.#absences.filter((absence) => absence !== undefined);
  }

  #absenceOf(index: number): Absence | undefined {
    const { connected, sinceMs } = this.#states[index]!;
    if (connected || index === this.#self) return undefined;
    const { publicKey } = this.#committee.validators[index]!;
    return { index, sinceMs, sentence: absenceSentence(index, publicKey, sinceMs) };
  }
}
