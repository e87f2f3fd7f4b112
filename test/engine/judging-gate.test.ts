import assert from 'node:assert/strict';
import { JudgingGate } from '../../src/engine/judging-gate.ts';
import { UNDER_WAY_MAX, UNDER_WAY_MS } from '../../src/engine/limits.ts';
import { digestOf } from '../contract/store.ts';
import { TestClock } from './fixture.ts';

describe('the gate before the judge', () => {
  let clock: TestClock;
  let gate: JudgingGate;
  /** Numbers of the tasks that were let in, in order. */
  let begun: number[];
  const enter = (number: number) => gate.enter(digestOf(number), () => begun.push(number));
  const leave = (number: number) => gate.leave(digestOf(number));
  const isWaiting = (number: number) => gate.isWaiting(digestOf(number));

  beforeEach(() => {
    clock = new TestClock();
    gate = new JudgingGate(clock);
    begun = [];
    for (let number = 0; number < UNDER_WAY_MAX; number++) enter(number);
  });

  it('lets so many in, and the others in their order as those before them end', async () => {
    enter(200);
    enter(201);
    assert.equal(begun.length, UNDER_WAY_MAX);
    assert.ok(isWaiting(200));
    leave(7);
    await clock.pass(0);
    assert.equal(begun.at(-1), 200);
    assert.ok(!isWaiting(200) && isWaiting(201));
    leave(7);
    assert.ok(isWaiting(201), 'one place is given away once');
    leave(8);
    await clock.pass(0);
    assert.equal(begun.at(-1), 201);
  });

  it('lets in at once what others have spoken of, and then no other in its place', async () => {
    enter(200);
    enter(201);
    gate.letIn(digestOf(201));
    gate.letIn(digestOf(999));
    await clock.pass(0);
    assert.equal(begun.at(-1), 201);
    leave(3);
    assert.ok(isWaiting(200), 'there are as many under way as there may be');
    leave(4);
    await clock.pass(0);
    assert.equal(begun.at(-1), 200);
  });

  it('takes the place from tasks that do not end, so that an outage holds up none', async () => {
    enter(200);
    await clock.pass(UNDER_WAY_MS - 1);
    assert.ok(isWaiting(200));
    await clock.pass(1);
    assert.equal(begun.at(-1), 200);
  });

  it('forgets a task that ends while it waits, or in the moment of its turn', async () => {
    enter(200);
    enter(201);
    leave(200);
    assert.ok(!isWaiting(200));
    leave(0);
    await clock.pass(0);
    assert.equal(begun.at(-1), 201);
    enter(202);
    leave(1);
    leave(202);
    await clock.pass(0);
    assert.equal(begun.at(-1), 201);
  });
});
