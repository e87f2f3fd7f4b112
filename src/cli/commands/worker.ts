import { assertModelAccess } from '../../config/load.ts';
import { examples } from '../examples.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandDefinition, Handler } from '../program.ts';
import { aborted } from '../stop-signal.ts';

interface WorkerFlags {
  redis?: string;
  concurrency?: string;
  model?: string;
}

export const defineWorker: CommandDefinition = (program, act) => {
  program
    .command('worker')
    .description('judge for validators: take judging jobs from Redis until Ctrl-C; holds no key, signs nothing')
    .option('--redis <url>', 'the Redis server (else REDIS_URL, else queue.url)')
    .option('--concurrency <tasks>', 'tasks judged at once (else worker.concurrency)')
    .option('--model <name>', 'the model to ask first (as DEFAULT_MODEL)')
    .addHelpText(
      'after',
      examples(
        ['pheme worker --redis redis://127.0.0.1:6379', 'as many on as many machines as you like'],
        ['QUEUE_PREFIX=review pheme worker', 'for validators whose queue.prefix is review'],
      ),
    )
    .action(act(worker));
};

const worker: Handler<WorkerFlags> = async (session, { redis, concurrency, model }) => {
  const settings = {
    'queue.url': redis,
    // What is no number is refused by the schema, in its words.
    'worker.concurrency': concurrency === undefined ? undefined : Number(concurrency),
  };
  const { config, warnings } = await session.loadConfig({ model, settings });
  const { createLogger } = await import('../../node/logger.ts');
  const logger = createLogger(config.logLevel);
  for (const warning of warnings) logger.warn({}, warning);
  assertModelAccess(config);
  const { assertCustomModels } = await import('../../node/judges.ts');
  await assertCustomModels(config);
  const { startWorker } = await import('../../node/remote-judging.ts');
  const running = await startWorker(config, logger);
  session.out.json({ pid: process.pid, model: config.defaultModel, concurrency: config.worker.concurrency });
  session.out.line(`worker with ${config.defaultModel}, ${config.worker.concurrency} at once; Ctrl-C stops it`);
  await aborted(session.io.signal);
  await running.stop();
  return EXIT.ok;
};
