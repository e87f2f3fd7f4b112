import assert from 'node:assert/strict';
import { JudgingGate } from '../../src/engine/judging-gate.ts';
import { UNDER_WAY_MAX } from '../../src/engine/limits.ts';
import { OwnJudgement } from '../../src/engine/own-judgement.ts';
import type { Judgement } from '../../src/protocol/judgement.ts';
import { digestOf } from '../contract/store.ts';
import { APPROVAL, TestClock, taskOf } from './fixture.ts';

const BUDGET_MS = 60_000;
const logger = { debug() {}, info() {}, warn() {}, error() {} };

describe('the judgement of one task', () => {
  let clock: TestClock;
  let gate: JudgingGate;
  let judgements: Judgement[];
  /** Budgets and signals with which the judge was asked. */
  let asked: { leftMs: number | undefined; signal: AbortSignal }[];
  let answer: (judgement: Judgement) => void;
  let fail: (error: Error) => void;

  const begin = () => {
    const judge = {
      judge: (_task: unknown, signal: AbortSignal, leftMs?: number) => {
        asked.push({ leftMs, signal });
        return new Promise<Judgement>((resolve, reject) => {
          [answer, fail] = [resolve, reject];
        });
      },
    };
    const background = (_what: string, work: Promise<unknown>) => void work;
    const task = { taskId: digestOf(200), task: taskOf(200) };
    return new OwnJudgement({ judge, gate, clock, logger, background }, task, BUDGET_MS, (judgement) =>
      judgements.push(judgement),
    );
  };
  const fillGate = () => {
    for (let number = 0; number < UNDER_WAY_MAX; number++) gate.enter(digestOf(number), () => undefined);
  };

  beforeEach(() => {
    clock = new TestClock();
    gate = new JudgingGate(clock);
    [judgements, asked] = [[], []];
  });

  it('is what the judge says, once', async () => {
    begin();
    await clock.pass(10);
    answer(APPROVAL);
    await clock.pass(2 * BUDGET_MS);
    assert.deepEqual(judgements, [APPROVAL]);
  });

  it('counts the wait for a turn into the budget', async () => {
    fillGate();
    begin();
    await clock.pass(500);
    assert.equal(asked.length, 0);
    gate.leave(digestOf(7));
    await clock.pass(0);
    assert.equal(asked[0]!.leftMs, BUDGET_MS - 500);
  });

  it('is an abstention with its reason when the budget ends, and gives its place away', async () => {
    begin();
    await clock.pass(BUDGET_MS);
    assert.deepEqual(
      judgements.map((judgement) => [judgement.vote, judgement.abstainReason]),
      [['abstain', 'timeout']],
    );
    assert.ok(asked[0]!.signal.aborted);
    answer(APPROVAL);
    await clock.pass(0);
    assert.equal(judgements.length, 1);
  });

  it('is an abstention when the judge fails', async () => {
    begin();
    await clock.pass(0);
    fail(new Error('out of memory'));
    await clock.pass(0);
    assert.deepEqual(
      judgements.map((judgement) => [judgement.vote, judgement.abstainReason]),
      [['abstain', 'model_error']],
    );
  });

  it('comes to nothing once it is stopped, asked or not', async () => {
    begin().stop();
    assert.ok(asked[0]!.signal.aborted);
    fail(new Error('aborted'));
    fillGate();
    const waiting = begin();
    waiting.stop();
    assert.equal(gate.isWaiting(digestOf(200)), false);
    await clock.pass(2 * BUDGET_MS);
    assert.deepEqual([asked.length, judgements], [1, []]);
  });
});
