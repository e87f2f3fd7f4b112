import { bundleFromCbor } from '../protocol/bundle.ts';
import { decodeCanonical } from '../protocol/cbor.ts';
import type { Committee } from '../protocol/committee.ts';
import { ProtocolError } from '../protocol/errors.ts';
import type { Digest } from '../protocol/hash.ts';
import { epochOfTask } from '../protocol/task.ts';
import { decodeCore } from '../protocol/value.ts';
import { BoundedMap } from './bounded.ts';
import { EPOCHS_AHEAD, EPOCHS_KNOWN_MAX } from './limits.ts';
import type { Store } from './ports.ts';

/** Which epoch what belongs to: a core names its own, and a task's id binds it. */
export class EpochIndex {
  readonly #committees: readonly Committee[];
  readonly #store: Store;
  readonly #known = new BoundedMap<Digest, number>(EPOCHS_KNOWN_MAX);

  /** @param committees of all epochs, in their order from 0 */
  constructor(committees: readonly Committee[], store: Store) {
    this.#committees = committees;
    this.#store = store;
  }

  /** Of a task that is stored or decided here; undefined of any other, and where all that tells it was lost. */
  async epochOf(taskId: Digest): Promise<number | undefined> {
    const known = this.#known.get(taskId);
    if (known !== undefined) return known;
    const epoch = (await this.#ofResult(taskId)) ?? (await this.#ofTask(taskId));
    if (epoch !== undefined) this.#known.set(taskId, epoch);
    return epoch;
  }

  async #ofResult(taskId: Digest): Promise<number | undefined> {
    const result = await this.#store.result(taskId);
    return result && ofCert(this, result.certBytes);
  }

  async #ofTask(taskId: Digest): Promise<number | undefined> {
    const task = await this.#store.task(taskId);
    return task && this.ofBody(taskId, task.taskBytes);
  }

  /** @throws ProtocolError if these are no core's bytes */
  ofCore(coreBytes: Uint8Array): number | undefined {
    const { configDigest } = decodeCore(coreBytes);
    const committee = this.#committees.find((candidate) => candidate.configDigest === configDigest);
    return committee?.epoch;
  }

  /** Also of an epoch or two that are not known here yet; undefined if the bytes are not those of this task. */
  ofBody(taskId: Digest, taskBytes: Uint8Array): number | undefined {
    const epochMax = this.#committees.length - 1 + EPOCHS_AHEAD;
    return epochOfTask(this.#committees[0]!.networkId, taskId, taskBytes, epochMax);
  }
}

function ofCert(index: EpochIndex, certBytes: Uint8Array): number | undefined {
  try {
    const { coreBytes } = bundleFromCbor(decodeCanonical(certBytes));
    return coreBytes === null ? undefined : index.ofCore(coreBytes);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}
