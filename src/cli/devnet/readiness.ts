import { setTimeout as delay } from 'node:timers/promises';
import { ValidationError } from '../../protocol/errors.ts';
import { createRpcClient, type RpcClient } from '../../rpc/client.ts';

const POLL_MS = 100;
const ANSWER_MS = 2000; // a node on loopback that takes longer is asked again

/**
 * Waits until a node is ready and connected to every validator of its network.
 * @param onReason told what is still missing
 * @throws the signal's reason
 */
export async function untilReady(
  rpcUrl: string,
  signal: AbortSignal,
  onReason: (reason: string) => void,
): Promise<void> {
  const rpc = createRpcClient({ url: rpcUrl, timeoutMs: ANSWER_MS });
  for (;;) {
    const reason = await unreadyReason(rpc, signal);
    if (reason === undefined) return;
    onReason(reason);
    await delay(POLL_MS, undefined, { signal });
  }
}

async function unreadyReason(rpc: RpcClient, signal: AbortSignal): Promise<string | undefined> {
  try {
    const { ready, reasons, connectedWeight, totalWeight } = await rpc.call('pheme_status', {}, { signal });
    if (!ready) return reasons.join('; ');
    return connectedWeight < totalWeight ? `sees validators of weight ${connectedWeight} of ${totalWeight}` : undefined;
  } catch (error) {
    if (error instanceof ValidationError) return 'starting';
    throw error;
  }
}
