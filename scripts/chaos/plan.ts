import type { SeededRandom } from '../../test/sim/random.ts';
import type { Kind } from './perturbations.ts';

/** What is done to validators; all of it is drawn before it begins, so that no timing changes what a seed gives. */
export interface Perturbation {
  kind: Kind;
  victims: number[];
  delayMs: number;
  /** How long the victims are away. */
  awayMs: number;
  /** Of whatever else is drawn. */
  seed: number;
}

/** How often each is drawn. */
const WEIGHTS: Readonly<Record<Kind, number>> = {
  kill: 6,
  restart: 4,
  freeze: 4,
  clock: 2,
  disk: 2,
  wipe: 1,
  damage: 1,
  flip: 2,
  twin: 1,
  rolling: 1,
};
/**
 * A lost or damaged database is one fault of the one allowed for a whole probation (R29): its validator signs nothing
 * for the tasks of that time, so a second one would leave those tasks without a quorum for good.
 */
export const MUTING: ReadonlySet<Kind> = new Set(['wipe', 'damage', 'flip', 'twin']);
/** During a probation the three others may still be away one at a time: they come back with what they said. */
const BESIDE_A_PROBATION: ReadonlySet<Kind> = new Set(['kill', 'restart', 'freeze', 'clock', 'disk']);
/** So many perturbations follow a muting one before another such may. */
const BESIDE_STEPS = 3;
const PAIR: ReadonlySet<Kind> = new Set(['kill', 'restart', 'freeze']);
const PAIR_SHARE = 0.25;
const DELAY_MS_MAX = 400;
const AWAY_MS_MAX = 1_500;

/** Draws one perturbation after the other. */
export class Plan {
  readonly #random: SeededRandom;
  readonly #kinds: readonly Kind[];
  readonly #validators: number;
  #muted: number | undefined;
  #besideSteps = 0;

  constructor(random: SeededRandom, kinds: readonly Kind[], validators: number) {
    this.#random = random;
    this.#kinds = kinds;
    this.#validators = validators;
  }

  /** @returns with `alone`, what needs every probation to be over before it begins */
  next(): Perturbation & { alone: boolean } {
    const beside = this.#besideSteps > 0 ? this.#kinds.filter((kind) => BESIDE_A_PROBATION.has(kind)) : [];
    const alone = beside.length === 0;
    const kind = this.#pick(alone ? this.#kinds : beside);
    const victims = this.#victims(kind, alone ? undefined : this.#muted);
    this.#besideSteps = MUTING.has(kind) ? BESIDE_STEPS : alone ? 0 : this.#besideSteps - 1;
    if (MUTING.has(kind)) this.#muted = victims[0];
    const delayMs = this.#random.integer(0, DELAY_MS_MAX);
    const awayMs = this.#random.integer(0, AWAY_MS_MAX);
    return { kind, victims, delayMs, awayMs, seed: this.#random.uint32(), alone };
  }

  #victims(kind: Kind, spared: number | undefined): number[] {
    const all = Array.from({ length: this.#validators }, (_, index) => index).filter((index) => index !== spared);
    const first = this.#random.pick(all);
    if (spared !== undefined || !PAIR.has(kind) || !this.#random.chance(PAIR_SHARE)) return [first];
    return [first, this.#random.pick(all.filter((index) => index !== first))];
  }

  #pick(kinds: readonly Kind[]): Kind {
    const tickets = kinds.flatMap((kind) => new Array<Kind>(WEIGHTS[kind]).fill(kind));
    return this.#random.pick(tickets);
  }
}
