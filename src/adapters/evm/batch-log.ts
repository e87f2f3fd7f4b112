import { z } from 'zod';
import type { Notes } from '../../engine/ports.ts';

const amount = z.string().regex(/^\d+$/);
const transaction = z.string().regex(/^0x[0-9a-f]{64}$/);

/** A transaction under way, with all it takes to send it again as it was, or at a higher price. */
const sentSchema = z.strictObject({
  nonce: z.int(),
  gas: amount,
  /** Wei per gas. */
  maxFeePerGas: amount,
  maxPriorityFeePerGas: amount,
  /** Height of the chain when it was first sent at this price. */
  sentAtBlock: z.int(),
  /** Every version of it, the newest last: any of them may have made it. */
  hashes: z.array(transaction),
});
export type Sent = z.infer<typeof sentSchema>;

const batchSchema = z.strictObject({
  /** Places in the order of decisions, both inclusive. */
  first: z.int(),
  last: z.int(),
  chainId: z.int(),
  contract: z.string(),
  root: z.string(),
  sent: sentSchema.optional(),
});
export type PendingBatch = z.infer<typeof batchSchema>;

const anchoredSchema = batchSchema.omit({ sent: true }).extend({ tx: transaction.nullable() });
/** A batch whose anchor is as deep as the operator asked for. */
export type AnchoredBatch = z.infer<typeof anchoredSchema>;

const COUNT = 'adapter/chain/batches';
const PENDING = 'adapter/chain/pending';
const placeOf = (number: number) => `adapter/chain/batch/${number}`;

/** Which decided tasks went into which batch, in the node's notes: what a proof is computed from later. */
export class BatchLog {
  readonly #notes: Notes;

  constructor(notes: Notes) {
    this.#notes = notes;
  }

  /** The batch that is being anchored; a new one is noted before anything of it is sent. */
  async pending(): Promise<PendingBatch | undefined> {
    const text = await this.#notes.get(PENDING);
    return text === undefined || text === '' ? undefined : batchSchema.parse(JSON.parse(text));
  }

  async setPending(batch: PendingBatch): Promise<void> {
    await this.#notes.set(PENDING, JSON.stringify(batch));
  }

  /** Keeps a batch for good. A crash in between keeps it again under the same number. */
  async add(batch: AnchoredBatch): Promise<void> {
    const count = await this.#count();
    const number = (await this.#at(count))?.first === batch.first ? count : count + 1;
    await this.#notes.set(placeOf(number), JSON.stringify(batch));
    await this.#notes.set(COUNT, String(number));
    await this.#notes.set(PENDING, '');
  }

  async last(): Promise<AnchoredBatch | undefined> {
    return this.#at(await this.#count());
  }

  /** The batch that holds a place in the order of decisions: batches are in that order too. */
  async holding(sequence: number): Promise<AnchoredBatch | undefined> {
    let [low, high] = [1, await this.#count()];
    while (low <= high) {
      const middle = Math.floor((low + high) / 2);
      const batch = await this.#at(middle);
      if (batch === undefined) return undefined;
      if (sequence < batch.first) high = middle - 1;
      else if (sequence > batch.last) low = middle + 1;
      else return batch;
    }
    return undefined;
  }

  async #count(): Promise<number> {
    return Number((await this.#notes.get(COUNT)) ?? 0);
  }

  async #at(number: number): Promise<AnchoredBatch | undefined> {
    const text = await this.#notes.get(placeOf(number));
    return text === undefined ? undefined : anchoredSchema.parse(JSON.parse(text));
  }
}
