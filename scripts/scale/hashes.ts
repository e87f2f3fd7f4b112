import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';

/** Counts the platform's one-shot hashes, which all of src/ goes through, while `work` runs. */
export async function countingHashes<T>(work: () => Promise<T>): Promise<{ hashes: number; result: T }> {
  const { hash } = crypto;
  let hashes = 0;
  const use = (replacement: typeof hash) => {
    Object.assign(crypto, { hash: replacement });
    syncBuiltinESMExports();
  };
  use(((...given: Parameters<typeof hash>) => {
    hashes += 1;
    return hash(...given);
  }) as typeof hash);
  try {
    return { result: await work(), hashes };
  } finally {
    use(hash);
  }
}
