import assert from 'node:assert/strict';
import { JudgingGate } from '../../src/engine/judging-gate.ts';
import { UNDER_WAY_MAX, UNDER_WAY_MS } from '../../src/engine/limits.ts';
import type { Judgement } from '../../src/protocol/judgement.ts';
import { digestOf } from '../contract/store.ts';
import { APPROVAL, TestClock, taskOf } from './fixture.ts';

const BUDGET_MS = 60_000;

describe('the gate before the judge', () => {
  let clock: TestClock;
  let gate: JudgingGate;
  /** Numbers of the tasks that were judged, with the budget left, in order. */
  let judged: [number, number | undefined][];
  const tasks: AbortController[] = [];
  const begin = (number: number): Promise<Judgement> => {
    tasks[number] = new AbortController();
    return gate.judge(digestOf(number), taskOf(number), tasks[number].signal, BUDGET_MS);
  };
  const fill = () => Promise.all(Array.from({ length: UNDER_WAY_MAX }, (_, number) => begin(number)));

  beforeEach(() => {
    clock = new TestClock();
    judged = [];
    const numbers = new Map(Array.from({ length: 2 * UNDER_WAY_MAX }, (_, n) => [JSON.stringify(taskOf(n)), n]));
    const judge = async (task: unknown, _signal: AbortSignal, budgetMs?: number) => {
      judged.push([numbers.get(JSON.stringify(task))!, budgetMs]);
      return APPROVAL;
    };
    gate = new JudgingGate({ judge }, clock);
  });

  it('lets so many in, and the others in their order as those before them end', async () => {
    await fill();
    const late = [begin(200), begin(201)];
    assert.equal(judged.length, UNDER_WAY_MAX);
    assert.ok(gate.isWaiting(digestOf(200)));
    await clock.pass(500);
    tasks[7]!.abort();
    await clock.pass(0);
    assert.deepEqual(judged.at(-1), [200, BUDGET_MS - 500]);
    assert.ok(!gate.isWaiting(digestOf(200)) && gate.isWaiting(digestOf(201)));
    tasks[8]!.abort();
    assert.deepEqual(await Promise.all(late), [APPROVAL, APPROVAL]);
  });

  it('lets in at once what others have spoken of, and then no other in its place', async () => {
    await fill();
    void begin(200);
    const spokenOf = begin(201);
    gate.letIn(digestOf(201));
    gate.letIn(digestOf(999));
    await spokenOf;
    assert.equal(judged.at(-1)![0], 201);
    tasks[3]!.abort();
    await clock.pass(0);
    assert.ok(gate.isWaiting(digestOf(200)), 'there are as many under way as there may be');
    tasks[4]!.abort();
    await clock.pass(0);
    assert.equal(judged.at(-1)![0], 200);
  });

  it('takes the place from tasks that do not end, so that an outage holds up none', async () => {
    await fill();
    const late = begin(200);
    await clock.pass(UNDER_WAY_MS);
    assert.equal(await late, APPROVAL);
    assert.deepEqual(judged.at(-1), [200, BUDGET_MS - UNDER_WAY_MS]);
  });

  it('forgets a task that ends while it waits', async () => {
    await fill();
    const ended = begin(200);
    void begin(201);
    tasks[200]!.abort(new Error('decided elsewhere'));
    await assert.rejects(ended, /decided elsewhere/);
    assert.ok(!gate.isWaiting(digestOf(200)));
    tasks[0]!.abort();
    await clock.pass(0);
    assert.equal(judged.at(-1)![0], 201);
  });
});
