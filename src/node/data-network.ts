import type { Notes } from '../engine/ports.ts';
import { ValidationError } from '../protocol/errors.ts';
import type { Digest } from '../protocol/hash.ts';

/** The note that says which network's tasks a database holds. */
const NETWORK_NOTE = 'network';

/**
 * Binds a database to the network that it serves first: a genesis that was changed or exchanged makes another network,
 * and what was signed and decided in one must not be taken for the other's.
 * @param where the data directory and the genesis file, for the message
 * @throws ValidationError OTHER_NETWORK
 */
export async function bindDataToNetwork(
  notes: Notes,
  networkId: Digest,
  where: { data: string; genesis: string },
): Promise<void> {
  const bound = await notes.get(NETWORK_NOTE);
  if (bound === undefined) return notes.set(NETWORK_NOTE, networkId);
  if (bound === networkId) return;
  const remedy = 'put back the genesis that belongs to the data, or move the data away';
  const message = `${where.data} holds data of network ${bound}, and ${where.genesis} is of ${networkId}: ${remedy}`;
  throw new ValidationError(message, 'OTHER_NETWORK', { path: where.data });
}
