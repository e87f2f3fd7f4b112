import { readFileSync } from 'node:fs';

/** What one process holds, in MB of 10^6 bytes; what it did not tell in time is absent. */
export interface MemorySample {
  rssMb: number;
  /** Of it pages of files, the database's above all, which the system drops where it needs the room. */
  fileMb: number;
  heapMb?: number;
  externalMb?: number;
  /** 99th percentile of the event loop's delay since the last sample. */
  lagP99Ms?: number;
}

const MB = 1_000_000;
const METRICS_TIMEOUT_MS = 2_000;

/** Resident memory as the system counts it. */
export function residentMb(pid: number): number {
  return statusMb(pid, 'VmRSS');
}

function statusMb(pid: number, field: 'VmRSS' | 'RssFile'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return (Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) * 1024) / MB;
}

/** @param rpc URL of the node; one that does not answer, because it is stopped, is measured from outside only */
export async function sampleMemory(pid: number, rpc: string): Promise<MemorySample> {
  const [rssMb, fileMb] = [residentMb(pid), statusMb(pid, 'RssFile')];
  try {
    const answer = await fetch(new URL('/metrics', rpc), { signal: AbortSignal.timeout(METRICS_TIMEOUT_MS) });
    const text = await answer.text();
    return {
      rssMb,
      fileMb,
      heapMb: metric(text, 'nodejs_heap_size_used_bytes') / MB,
      externalMb: metric(text, 'nodejs_external_memory_bytes') / MB,
      lagP99Ms: metric(text, 'nodejs_eventloop_lag_p99_seconds') * 1000,
    };
  } catch {
    return { rssMb, fileMb };
  }
}

/** The value of a metric without labels. */
export function metric(text: string, name: string): number {
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
}
