import assert from 'node:assert/strict';
import type { Judge } from '../../src/engine/ports.ts';
import { AIModelManager } from '../../src/models/manager.ts';
import { createMockCodeReviewTask } from '../../src/models/mock-task.ts';
import { ValidationNetwork } from '../../src/node/validation-network.ts';
import { DEVNET_TIMERS } from '../../src/protocol/genesis.ts';
import { CLEAN, FakeEndpoint, says } from '../models/fake-endpoint.ts';

const deadlineIn = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;

describe('the time that a judge has', function () {
  this.timeout(30_000);

  it('is what the task leaves of it, and enough for a second model after one that hangs', async () => {
    const hanging = await FakeEndpoint.start(() => undefined);
    const good = await FakeEndpoint.start(says(CLEAN));
    const budgetsMs: number[] = [];
    const judge = (): Judge => {
      const models = {
        first: { provider: 'openai', endpoint: hanging.url, fallbacks: ['second'] },
        second: { provider: 'openai', endpoint: good.url },
      } as const;
      const manager = new AIModelManager({ models });
      return {
        judge: (task, signal, budgetMs) => {
          budgetsMs.push(budgetMs!);
          return manager.predict(task, { signal, budgetMs });
        },
      };
    };
    const network = new ValidationNetwork({ judges: [judge(), judge(), judge(), judge()] });
    try {
      await network.nodes();
      const hurried = await network.decide({ ...createMockCodeReviewTask(), deadline: deadlineIn(6) });
      assert.equal(hurried.outcome, 'APPROVED');
      assert.deepEqual(new Set(hurried.judgements!.map(({ model }) => model.id)), new Set(['second']));
      assert.equal(budgetsMs.length, 4);
      const graceMs = 1_000;
      assert.ok(
        budgetsMs.every((budgetMs) => budgetMs <= 6_000 - graceMs && budgetMs > 2_000),
        budgetsMs.join(),
      );
    } finally {
      await network.stop();
      await Promise.all([hanging.stop(), good.stop()]);
    }
  });

  it('is what the network allows where the task names no deadline', async () => {
    const budgetsMs: (number | undefined)[] = [];
    const manager = new AIModelManager();
    const judge: Judge = {
      judge: (task, signal, budgetMs) => {
        budgetsMs.push(budgetMs);
        return manager.predict(task, { signal, budgetMs });
      },
    };
    const network = new ValidationNetwork({ judges: [judge] });
    try {
      await network.decide(createMockCodeReviewTask());
      assert.deepEqual(new Set(budgetsMs), new Set([DEVNET_TIMERS.judgeBudgetMs]));
    } finally {
      await network.stop();
    }
  });
});
