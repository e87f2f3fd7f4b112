import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Judgement } from '../protocol/judgement.ts';
import type { Task } from '../protocol/task.ts';
import { AIModelManager, type AIModelManagerOptions } from './manager.ts';
import { remoteMemory } from './openai/remote-memory.ts';

/** What a worker starts with. */
export interface WorkerStart {
  models: Omit<AIModelManagerOptions, 'instances' | 'memory'>;
  /** Leads to what the pool knows of endpoints: it outlives any worker. */
  memory: MessagePort;
}

/** What the pool sends: one task at a time, or the wish to abandon it. */
export type WorkerRequest = { judge: Task; deadlineMs: number };
/** What the worker answers. */
export type WorkerReply =
  | { judgement: Judgement; latencyMs: Record<string, number> }
  | { error: { message: string; code: string } };

const { models, memory } = workerData as WorkerStart;
const manager = new AIModelManager({ ...models, memory: remoteMemory(memory) });

parentPort!.on('message', async (request: WorkerRequest) => {
  parentPort!.postMessage(await answer(request));
});

async function answer({ judge, deadlineMs }: WorkerRequest): Promise<WorkerReply> {
  try {
    // A little before the pool's own timeout, so that a slow endpoint ends as an abstention and not as a dead worker.
    const judgement = await manager.predict(judge, { signal: AbortSignal.timeout(deadlineMs), budgetMs: deadlineMs });
    return { judgement, latencyMs: manager.latencyMs };
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    const timedOut = error instanceof Error && error.name === 'TimeoutError';
    return {
      error: {
        message: (error as Error).name,
        code: timedOut ? 'TIMEOUT' : typeof code === 'string' ? code : 'MODEL_ERROR',
      },
    };
  }
}
