import type { Facts } from './facts.ts';
import { type Finding, failure, ok, warning } from './finding.ts';
import { partsOf } from './peer-checks.ts';

const ANSWER_TIMEOUT_MS = 2000;
/** Peers that are asked: a handful of clocks tell which one is wrong. */
const CLOCKS_MAX = 7;
/** HTTP tells the time in whole seconds. */
const RESOLUTION_MS = 1000;
/** Deadlines of tasks and the times of results are compared between machines. */
const OFFSET_WARNING_MS = 5_000;
const OFFSET_FAILURE_MS = 60_000;

/**
 * The clock against those of the peers: by the `Date` of their RPC's liveness, which needs no token. By default the RPC
 * stands one port above the peers'; one that is not open to this machine does not tell.
 */
export async function checkClock({ config, offline, signal }: Facts): Promise<Finding[]> {
  if (config.value === undefined || offline) return [];
  const places = config.value.config.network.peers.slice(0, CLOCKS_MAX).map(partsOf);
  const asked = await Promise.all(places.map(({ host, port }) => offsetOf(host, port + 1, signal)));
  return places.length === 0 ? [] : [clockFinding(asked.flatMap((offset) => offset ?? []))];
}

/** @param offsets peer's time less ours, ms */
export function clockFinding(offsets: readonly number[]): Finding {
  const check = 'clock';
  if (offsets.length === 0) {
    const remedy = 'check that this machine keeps time (timedatectl, chronyc tracking)';
    return warning(check, 'could not be compared: the RPC of no peer can be asked from here', remedy);
  }
  const median = offsets.toSorted((a, b) => a - b)[Math.floor(offsets.length / 2)]!;
  const seconds = Math.abs(median) / 1000;
  if (Math.abs(median) <= RESOLUTION_MS)
    return ok(check, `within ${RESOLUTION_MS / 1000} s of ${offsets.length} peers`);
  const found = `${seconds.toFixed(0)} s ${median > 0 ? 'behind' : 'ahead of'} the median of ${offsets.length} peers`;
  if (Math.abs(median) < OFFSET_WARNING_MS) return ok(check, found);
  const remedy = 'have the clock set by NTP: timedatectl set-ntp true, or chrony';
  return Math.abs(median) < OFFSET_FAILURE_MS ? warning(check, found, remedy) : failure(check, found, remedy);
}

async function offsetOf(host: string, rpcPort: number, signal: AbortSignal): Promise<number | undefined> {
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${rpcPort}/livez`;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]);
  const startedMs = Date.now();
  try {
    const response = await fetch(url, { signal: limit, redirect: 'error' });
    await response.body?.cancel();
    const theirsMs = Date.parse(response.headers.get('date') ?? '') + RESOLUTION_MS / 2;
    const oursMs = (startedMs + Date.now()) / 2;
    return Number.isNaN(theirsMs) ? undefined : theirsMs - oursMs;
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}
