/** Where the page remembers; the browser's localStorage fits. */
export interface Memory {
  getItem(name: string): string | null;
  setItem(name: string, value: string): void;
}

const PIN = 'pheme.networkId';
const NETWORK_ID = /^[0-9a-f]{64}$/;

/** The network that this browser expects of the node, or null before the first visit. */
export function pinnedNetwork(memory: Memory): string | null {
  const pin = memory.getItem(PIN);
  return pin !== null && NETWORK_ID.test(pin) ? pin : null;
}

/** @throws TypeError if it is no network id */
export function pinNetwork(memory: Memory, networkId: string): void {
  if (!NETWORK_ID.test(networkId)) throw new TypeError('a network id has 64 lower-case hex digits');
  memory.setItem(PIN, networkId);
}
