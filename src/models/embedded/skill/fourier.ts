import { generator } from '../../random.ts';
import type { Sparse } from '../hashing.ts';
import { type Standard, standardScores } from './standard.ts';

/** How the random waves are drawn; the same numbers give the same waves. */
export interface WaveSettings {
  seed: number;
  waves: number;
  /** Standard deviation of the frequencies: the smaller, the smoother the kernel. */
  frequency: number;
}

/** Turns features into random waves, on which a linear model is a smooth kernel machine (Rahimi and Recht, 2007). */
export class WaveMap {
  /** Number of values that come out. */
  readonly size: number;
  readonly #standard: Standard;
  readonly #frequencies: Float32Array;
  readonly #phases: Float32Array;

  constructor({ seed, waves, frequency }: WaveSettings, standard: Standard) {
    const random = generator(seed);
    const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    this.#standard = standard;
    this.#frequencies = Float32Array.from({ length: waves * standard.features.length }, () => frequency * normal());
    this.#phases = Float32Array.from({ length: waves }, () => 2 * Math.PI * random());
    this.size = waves + standard.features.length;
  }

  /** The waves at a point, and the standard scores themselves, halved so that neither outweighs the other. */
  map(values: ArrayLike<number>): Sparse {
    const scores = standardScores(values, this.#standard);
    const waves = this.#phases.map((phase, wave) => {
      let angle = phase;
      for (let i = 0; i < scores.length; i++) angle += this.#frequencies[wave * scores.length + i]! * scores[i]!;
      return Math.cos(angle) / 2;
    });
    const all = Float32Array.from([...waves, ...scores.map((score) => score / 2)]);
    return { buckets: Uint32Array.from(all.keys()), values: all };
  }
}
