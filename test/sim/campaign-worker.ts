import { parentPort } from 'node:worker_threads';
import { runSeeds } from './campaign.ts';
import type { ScheduleLimits } from './schedule.ts';

/** Runs the rows of seeds that it is given; one after the other, so that it answers in their order. */

/** What a worker is asked for. */
export interface SeedRow {
  first: number;
  count: number;
  limits: ScheduleLimits;
}

Error.stackTraceLimit = 0; // a trace for every simulated time-out would cost a tenth of the time
parentPort?.on('message', async ({ first, count, limits }: SeedRow) => {
  const tally = await runSeeds(first, count, limits, (finding) => parentPort?.postMessage({ finding }));
  parentPort?.postMessage({ tally });
});
