import { createHash } from 'node:crypto';
import { shippedWeights, type WeightsName } from '../../models/embedded/weights.ts';
import { WEIGHTS_DIGESTS } from './weights-digests.ts';

/** The names of the weights that are not those which this version was released with. */
export async function damagedWeights(expected = WEIGHTS_DIGESTS): Promise<string[]> {
  const names = Object.keys(expected) as WeightsName[];
  const damaged = await Promise.all(
    names.map(async (name) => ((await digestOf(name)) === expected[name] ? [] : [name])),
  );
  return damaged.flat();
}

/** SHA-256 of the weights as compact JSON, hex: the build writes the files in its own layout. */
export async function digestOf(name: WeightsName): Promise<string | undefined> {
  try {
    return createHash('sha256')
      .update(JSON.stringify(await shippedWeights(name)))
      .digest('hex');
  } catch {
    return undefined;
  }
}
