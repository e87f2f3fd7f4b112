/** One BullMQ worker whose jobs are instant; tells its parent how many it has processed. */
import { Worker } from 'bullmq';

const TELL_MS = 20;
const CONCURRENCY = 50;

const connection = { host: '127.0.0.1', port: Number(process.argv[2]), maxRetriesPerRequest: null };
let processed = 0;
const worker = new Worker('bench', async () => ({ approved: true }), { connection, concurrency: CONCURRENCY });
worker.on('completed', () => {
  processed += 1;
});
setInterval(() => process.send?.(processed), TELL_MS);
process.once('disconnect', () => process.exit(0)); // the measuring process died
