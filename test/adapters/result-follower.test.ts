import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { AdapterHost, DecidedTask } from '../../src/adapters/adapter.ts';
import { ResultFollower } from '../../src/adapters/result-follower.ts';
import { systemClock } from '../../src/node/system.ts';
import { createMemoryStore } from '../../src/store/memory-store.ts';

/** The part of a node that a follower uses: decisions that grow, and durable notes. */
function decisions() {
  const news = new EventEmitter();
  const order: DecidedTask[] = [];
  const { notes } = createMemoryStore();
  const silent = () => {};
  const host = {
    notes,
    clock: systemClock,
    logger: { debug: silent, info: silent, warn: silent, error: silent },
    onDecided: (listener: (taskId: string) => void) => {
      news.on('decided', listener);
      return () => news.off('decided', listener);
    },
    decidedAfter: async (sequence: number, limit: number) => order.slice(sequence, sequence + limit),
  } as unknown as AdapterHost;
  const decide = (taskId: string) => {
    order.push({ sequence: order.length + 1, taskId });
    news.emit('decided', taskId);
  };
  return { host, decide, news };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

describe('ResultFollower', () => {
  it('delivers what was decided before and after its start, in order, in batches', async () => {
    const { host, decide } = decisions();
    for (const id of ['a', 'b', 'c']) decide(id);
    const got: string[][] = [];
    const deliver = async (batch: readonly DecidedTask[]) => void got.push(batch.map(({ taskId }) => taskId));
    const follower = new ResultFollower({ name: 'test', batchMax: 2, deliver }, host);
    await until(() => follower.delivered === 3);
    decide('d');
    await until(() => follower.delivered === 4);
    await follower.stop();
    assert.deepEqual(got, [['a', 'b'], ['c'], ['d']]);
  });

  it('tries again after a failure, says so meanwhile, and leaves nothing out', async () => {
    const { host, decide } = decisions();
    let away = true;
    const got: string[] = [];
    const deliver = async (batch: readonly DecidedTask[]) => {
      if (away) throw new Error('connection refused');
      got.push(...batch.map(({ taskId }) => taskId));
    };
    const follower = new ResultFollower({ name: 'test', batchMax: 10, retryMs: 5, deliver }, host);
    decide('a');
    await until(() => follower.faults().length > 0);
    assert.match(follower.faults()[0]!, /^test: connection refused/);
    decide('b');
    away = false;
    await until(() => follower.delivered === 2);
    await until(() => follower.faults().length === 0);
    await follower.stop();
    assert.deepEqual(got, ['a', 'b']);
  });

  it('goes on where it was after a restart', async () => {
    const { host, decide } = decisions();
    const got: string[] = [];
    const deliver = async (batch: readonly DecidedTask[]) => void got.push(...batch.map(({ taskId }) => taskId));
    decide('a');
    const first = new ResultFollower({ name: 'test', batchMax: 10, deliver }, host);
    await until(() => first.delivered === 1);
    await first.stop();
    decide('b');
    const second = new ResultFollower({ name: 'test', batchMax: 10, deliver }, host);
    await until(() => second.delivered === 2);
    await second.stop();
    assert.deepEqual(got, ['a', 'b']);
  });

  it('delivers a batch again whose delivery was cut short', async () => {
    const { host, decide } = decisions();
    decide('a');
    const deliver = (_: readonly DecidedTask[], signal: AbortSignal) =>
      new Promise<void>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const hung = new ResultFollower({ name: 'test', batchMax: 10, deliver }, host);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await hung.stop();
    const got: string[] = [];
    const next = new ResultFollower(
      { name: 'test', batchMax: 10, deliver: async (batch) => void got.push(...batch.map(({ taskId }) => taskId)) },
      host,
    );
    await until(() => got.length === 1);
    await next.stop();
    assert.deepEqual(got, ['a']);
  });

  it('ends while it pauses, and listens no more', async () => {
    const { host, decide, news } = decisions();
    decide('a');
    const deliver = () => Promise.reject(new Error('away'));
    const follower = new ResultFollower({ name: 'test', batchMax: 1, retryMs: 60_000, deliver }, host);
    await until(() => follower.faults().length > 0);
    await follower.stop();
    assert.equal(news.listenerCount('decided'), 0);
  });
});
