import { toHex } from '../protocol/bytes.ts';
import type { Damage } from './backend.ts';

/** Counts damaged values and reports each once, however often it is read. */
export class DamageLog {
  #count = 0;
  readonly #keys = new Set<string>();
  readonly #onDamage: (damage: Damage) => void;

  constructor(onDamage: (damage: Damage) => void = () => {}) {
    this.#onDamage = onDamage;
  }

  get count(): number {
    return this.#count;
  }

  add(table: string, key: Uint8Array): void {
    const hex = toHex(key);
    if (this.#keys.has(hex)) return;
    this.#keys.add(hex);
    this.report({ table, key: hex });
  }

  report(damage: Damage): void {
    this.#count += 1;
    this.#onDamage(damage);
  }

  /** The key was written anew. */
  forget(key: Uint8Array): void {
    if (this.#keys.size > 0) this.#keys.delete(toHex(key));
  }
}
