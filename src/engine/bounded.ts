/** A set that forgets its oldest member beyond a size. */
export class BoundedSet<T> {
  readonly #members = new Set<T>();
  readonly #sizeMax: number;

  constructor(sizeMax: number) {
    this.#sizeMax = sizeMax;
  }

  has(member: T): boolean {
    return this.#members.has(member);
  }

  add(member: T): void {
    this.#members.add(member);
    if (this.#members.size > this.#sizeMax) this.#members.delete(this.#members.values().next().value as T);
  }
}

/** A map that forgets its oldest entry beyond a size. */
export class BoundedMap<K, V> {
  readonly #entries = new Map<K, V>();
  readonly #sizeMax: number;

  constructor(sizeMax: number) {
    this.#sizeMax = sizeMax;
  }

  get(key: K): V | undefined {
    return this.#entries.get(key);
  }

  set(key: K, value: V): void {
    this.#entries.set(key, value);
    if (this.#entries.size > this.#sizeMax) this.#entries.delete(this.#entries.keys().next().value as K);
  }

  delete(key: K): void {
    this.#entries.delete(key);
  }
}

/** Runs at most `concurrencyMax` of the given jobs at a time; a failing job is the caller's to catch. */
export class Limiter {
  readonly #concurrencyMax: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(concurrencyMax: number) {
    this.#concurrencyMax = concurrencyMax;
  }

  async run<T>(job: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#concurrencyMax) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running += 1;
    try {
      return await job();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next(); // hands its place on
    }
  }
}
