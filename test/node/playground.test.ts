import assert from 'node:assert/strict';
import { loadConfig } from '../../src/config/load.ts';
import { createMockCodeReviewTask } from '../../src/models/mock-task.ts';
import { Playground, type StoppableJudge } from '../../src/node/playground.ts';
import { abstention } from '../../src/protocol/abstention.ts';
import { useTempDirectory } from '../config/temp-home.ts';

const TASK = createMockCodeReviewTask();
const never = new AbortController().signal;

describe('Playground', () => {
  const directory = useTempDirectory();

  /** Judges that answer when they are told to, and how many ran at once. */
  async function playing(budgetMs = 60_000) {
    const { config } = await loadConfig({ home: directory(), environment: {} });
    const state = { made: [] as string[], running: 0, most: 0, stopped: 0, budgets: [] as number[] };
    const finish: (() => void)[] = [];
    const createJudge = (made: { defaultModel: string }): StoppableJudge => {
      state.made.push(made.defaultModel);
      return {
        async judge(_task, signal, left = 0) {
          state.most = Math.max(state.most, ++state.running);
          state.budgets.push(left);
          await new Promise<void>((resolve, reject) => {
            finish.push(resolve);
            signal.addEventListener('abort', () => reject(signal.reason));
          }).finally(() => state.running--);
          return abstention('timeout', '', { id: made.defaultModel, family: 'x' });
        },
        stop: async () => void state.stopped++,
      };
    };
    return { playground: new Playground({ config, createJudge, budgetMs }), state, finish };
  }
  const turn = () => new Promise((resolve) => setImmediate(resolve));

  it('judges one task at a time, and refuses more than may wait', async () => {
    const { playground, state, finish } = await playing();
    const judging = Array.from({ length: 5 }, () => playground.judge(TASK, undefined, never));
    await assert.rejects(playground.judge(TASK, undefined, never), (error: { code: string; details: object }) => {
      assert.deepEqual(error.details, { retryAfterSeconds: 10 });
      return error.code === 'TOO_MANY_REQUESTS';
    });
    for (let done = 0; done < 5; done++) {
      while (finish.length === 0) await turn();
      finish.shift()!();
    }
    assert.equal((await Promise.all(judging)).length, 5);
    assert.equal(state.most, 1);
    await playground.stop();
  });

  it('gives the wait its share of the budget, and a caller that leaves no turn', async () => {
    const { playground, state, finish } = await playing(1_000);
    const first = playground.judge(TASK, undefined, never);
    const gone = new AbortController();
    const second = playground.judge(TASK, undefined, gone.signal);
    const third = playground.judge(TASK, undefined, never);
    gone.abort(new Error('left'));
    while (finish.length === 0) await turn();
    finish.shift()!();
    await first;
    await assert.rejects(second, /left/);
    while (finish.length === 0) await turn();
    finish.shift()!();
    await third;
    assert.equal(state.budgets.length, 2);
    assert.ok(state.budgets[1]! <= 1_000);
    await playground.stop();
  });

  it('knows configured and embedded models by name, makes each once, and stops them all', async () => {
    const { playground, state, finish } = await playing();
    for (const model of ['rules', 'embedded:flow', 'flow', undefined]) {
      const judging = playground.judge(TASK, model, never);
      while (finish.length === 0) await turn();
      finish.shift()!();
      await judging;
    }
    assert.deepEqual(state.made, ['rules', 'flow']);
    for (const model of ['gpt9', '__proto__', 'constructor', 'embedded:x'])
      await assert.rejects(playground.judge(TASK, model, never), {
        code: 'UNKNOWN_MODEL',
        message: /give one of rules, /,
      });
    const waiting = playground.judge(TASK, undefined, never);
    await turn();
    const stopping = playground.stop();
    await assert.rejects(waiting, { code: 'STOPPING' });
    await stopping;
    assert.equal(state.stopped, 2);
    await assert.rejects(playground.judge(TASK, undefined, never), { code: 'STOPPING' });
  });
});
