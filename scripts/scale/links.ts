import type { SeededRandom } from '../../test/sim/random.ts';

/** What becomes of a message between two places; times in milliseconds. */
export interface LinkQuality {
  /** Standard deviation of the logarithm of a delay. */
  jitter: number;
  /** Probability that a message is sent again, since a packet of it was lost: TCP mends it, later. */
  resent: number;
}

/** Between clouds delays scatter little; a tenth leaves room for worse lines. */
export const JITTER = 0.1;
/** The least time to the first retransmission that Linux waits for, beyond the round trip (RFC 6298, 2.4 asks for 1 s). */
const RETRANSMIT_MS_MIN = 200;

/** Log-normal delays around a median, on connections that keep their order, as TCP does. */
export class Links {
  readonly #medianMs: readonly (readonly number[])[];
  readonly #quality: LinkQuality;
  readonly #random: SeededRandom;
  /** When the last message of a connection arrives: the next one comes no earlier. */
  readonly #lastAtMs = new Map<string, number>();

  constructor(medianMs: readonly (readonly number[])[], quality: LinkQuality, random: SeededRandom) {
    this.#medianMs = medianMs;
    this.#quality = quality;
    this.#random = random;
  }

  /** How long a message takes that leaves `from` at `nowMs`. */
  delayMs(from: number, to: number, nowMs: number): number {
    const connection = `${from}/${to}`;
    const arrivesMs = nowMs + this.#drawMs(this.#medianMs[from]![to]!);
    const inOrderMs = Math.max(arrivesMs, this.#lastAtMs.get(connection) ?? 0);
    this.#lastAtMs.set(connection, inOrderMs);
    return inOrderMs - nowMs;
  }

  #drawMs(medianMs: number): number {
    const { jitter, resent } = this.#quality;
    let delayMs = medianMs * Math.exp(jitter * this.#normal());
    for (let waitMs = RETRANSMIT_MS_MIN + 2 * medianMs; this.#random.chance(resent); waitMs *= 2) delayMs += waitMs;
    return delayMs;
  }

  /** Standard normal, by Box and Muller. */
  #normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.#random.fraction()));
    return radius * Math.cos(2 * Math.PI * this.#random.fraction());
  }
}
