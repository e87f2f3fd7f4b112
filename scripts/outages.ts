/**
 * `npm run outages -- [--only queue,postgres,latency] [--jobs N] [--seed S] [--outage-seconds S] [--rate R] [--rounds R]
 * [--samples N] [--systems queue,postgres,webhooks,chain]`: real networks of processes whose outside systems go away.
 * - queue: jobs of a Redis queue, judged by two `pheme worker` processes; one is killed, and Redis restarts.
 * - postgres: PostgreSQL stopped under load and started again; table and LevelDB compared row by row.
 * - latency: submission to durable result at all nodes, with each outside system up, stopped and hanging in turn.
 * Prints figures as JSON; exit 1 if a check failed. The seed fixes the jobs of the queue.
 */
import { parseArgs } from 'node:util';
import { latencyCampaign } from './outages/latency.ts';
import { postgresCampaign } from './outages/postgres.ts';
import { queueCampaign } from './outages/queue.ts';
import { type Report, tell } from './outages/report.ts';
import { isSystem, SYSTEMS } from './outages/systems.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    jobs: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    'outage-seconds': { type: 'string', default: '60' },
    rate: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '8' },
    samples: { type: 'string', default: '25' },
    systems: { type: 'string', default: Object.keys(SYSTEMS).join(',') },
  },
});
const numberOf = (name: Exclude<keyof typeof values, 'only' | 'systems'>): number => {
  const number = Number(values[name]);
  if (!(number > 0)) throw new Error(`--${name}: give a number above 0`);
  return number;
};
const systems = values.systems.split(',').map((name) => {
  if (!isSystem(name)) throw new Error(`--systems: ${name} is not one of ${Object.keys(SYSTEMS).join(', ')}`);
  return name;
});

const CAMPAIGNS: Readonly<Record<string, () => Promise<Report>>> = {
  queue: () => queueCampaign({ jobs: numberOf('jobs'), seed: numberOf('seed') }),
  postgres: () => postgresCampaign({ outageSeconds: numberOf('outage-seconds'), rate: numberOf('rate') }),
  latency: () => latencyCampaign({ systems, rounds: numberOf('rounds'), samples: numberOf('samples') }),
};

const reports: Record<string, unknown> = {};
let failed = 0;
for (const name of values.only?.split(',') ?? Object.keys(CAMPAIGNS)) {
  const campaign = CAMPAIGNS[name];
  if (campaign === undefined) throw new Error(`--only: ${name} is not one of ${Object.keys(CAMPAIGNS).join(', ')}`);
  tell(`${name}:`);
  const report = await campaign();
  reports[name] = { ...report.figures, ...report.checks };
  failed += Object.values(report.checks).reduce((sum, number) => sum + number, 0);
}
console.log(JSON.stringify({ ...reports, 'failed checks': failed }, null, 2));
process.exitCode = failed === 0 ? 0 : 1;
