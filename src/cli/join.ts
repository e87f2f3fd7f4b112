import { existsSync } from 'node:fs';
import { loadGenesis } from '../config/home.ts';
import { homePaths } from '../config/home-paths.ts';
import { initHome } from '../config/testnet.ts';
import { createCommittee } from '../protocol/committee.ts';
import { ValidationError } from '../protocol/errors.ts';

/**
 * Makes a home for a network if there is none yet; one that exists must be of that network.
 * @param network the genesis file
 * @throws ValidationError NO_GENESIS, INVALID_GENESIS, OTHER_NETWORK
 */
export async function joinNetwork(home: string, network: string, peers: readonly string[]): Promise<'made' | 'there'> {
  const genesis = await loadGenesis(network);
  const paths = homePaths(home);
  if (!existsSync(paths.genesis)) {
    await initHome({ home, genesis, peers: [...peers] });
    return 'made';
  }
  const own = createCommittee(await loadGenesis(paths.genesis)).networkId;
  const wanted = createCommittee(genesis).networkId;
  if (own !== wanted) {
    const message = `${home} is a home of network ${own}, and ${network} is of ${wanted}: give another --home`;
    throw new ValidationError(message, 'OTHER_NETWORK', { path: 'network' });
  }
  return 'there';
}
