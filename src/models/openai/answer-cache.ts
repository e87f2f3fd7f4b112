import type { Digest } from '../../protocol/hash.ts';
import { CACHED_ANSWERS_MAX, CACHED_CHARS_MAX } from './limits.ts';

/** The text of an answer that was read, and the digest of what the endpoint said of the model that gave it. */
export interface StoredAnswer {
  text: string;
  reported: Digest;
}

/** The answers used last, bounded in number and size. A Map iterates in the order of insertion: its first is the oldest. */
export class AnswerCache {
  readonly #answers = new Map<Digest, StoredAnswer>();
  #chars = 0;

  get(key: Digest): StoredAnswer | undefined {
    const found = this.#answers.get(key);
    if (found === undefined) return undefined;
    this.#answers.delete(key);
    this.#answers.set(key, found);
    return found;
  }

  set(key: Digest, answer: StoredAnswer): void {
    this.#drop(key);
    this.#answers.set(key, answer);
    this.#chars += answer.text.length;
    while (this.#answers.size > CACHED_ANSWERS_MAX || this.#chars > CACHED_CHARS_MAX) {
      this.#drop(this.#answers.keys().next().value!);
    }
  }

  #drop(key: Digest): void {
    const known = this.#answers.get(key);
    if (known === undefined) return;
    this.#answers.delete(key);
    this.#chars -= known.text.length;
  }
}
