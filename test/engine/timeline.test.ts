import assert from 'node:assert/strict';
import { createBackground } from '../../src/engine/background.ts';
import { TIMELINE_ENTRIES_MAX, TIMELINE_WRITE_MS, TIMELINES_RECENT_MAX } from '../../src/engine/limits.ts';
import type { SideStore } from '../../src/engine/ports.ts';
import { decodeTimeline, Timelines } from '../../src/engine/timeline.ts';
import { hash } from '../../src/protocol/hash.ts';
import { createMemoryStore } from '../../src/store/memory-store.ts';
import { NotingLogger, TestClock } from './fixture.ts';

const taskId = hash('a task');

function setUp(side: SideStore | null = createMemoryStore().side) {
  const clock = new TestClock();
  const logger = new NotingLogger();
  const noted: string[] = [];
  const timelines = new Timelines({
    side,
    clock,
    logger,
    background: createBackground(logger),
    onNoted: (_taskId, { event }) => void noted.push(event),
  });
  return { clock, logger, noted, side, timelines };
}

const eventsOf = async (timelines: Timelines) => (await timelines.get(taskId)).map(({ event }) => event);

describe('the timeline of a task', () => {
  it('holds what happened in order, with the time at which it was told', async () => {
    const { clock, timelines, noted } = setUp();
    timelines.begin(taskId);
    timelines.note(taskId, { event: 'seen', note: 'from a client' });
    await clock.pass(40);
    timelines.note(taskId, { event: 'committed', validatorIndex: 2 });
    const [seen, committed] = await timelines.get(taskId);
    assert.deepEqual([seen?.event, seen?.note], ['seen', 'from a client']);
    assert.equal(committed!.atMs - seen!.atMs, 40);
    assert.deepEqual(noted, ['seen', 'committed']);
    timelines.stop();
  });

  it('begins only where the task was taken in', async () => {
    const { timelines, noted } = setUp();
    timelines.note(taskId, { event: 'late_signature', validatorIndex: 1 });
    assert.deepEqual(await timelines.get(taskId), []);
    assert.deepEqual(noted, []);
  });

  it('is bounded, and still tells how it ended', async () => {
    const { timelines } = setUp();
    timelines.begin(taskId);
    for (let round = 0; round < 2 * TIMELINE_ENTRIES_MAX; round++)
      timelines.note(taskId, { event: 'round_ended', round });
    timelines.note(taskId, { event: 'decided' });
    const entries = await timelines.get(taskId);
    assert.equal(entries.length, TIMELINE_ENTRIES_MAX);
    assert.equal(entries[0]?.round, 0);
    assert.equal(entries.at(-1)?.event, 'decided');
    timelines.stop();
  });

  it('is written after a while, and found again when it left the memory', async () => {
    const { clock, side, timelines } = setUp();
    timelines.begin(taskId);
    timelines.note(taskId, { event: 'seen' });
    assert.equal(await side!.timeline(taskId), undefined);
    await clock.pass(TIMELINE_WRITE_MS);
    assert.deepEqual(
      decodeTimeline((await side!.timeline(taskId))!)?.map(({ event }) => event),
      ['seen'],
    );
    timelines.note(taskId, { event: 'decided' });
    timelines.close(taskId);
    await clock.pass(TIMELINE_WRITE_MS);
    for (let other = 0; other < TIMELINES_RECENT_MAX; other++) {
      timelines.begin(hash('other', other));
      timelines.close(hash('other', other));
    }
    assert.equal(timelines.recent(taskId), undefined);
    assert.deepEqual(await eventsOf(timelines), ['seen', 'decided']);
    timelines.stop();
  });

  it('goes on after a restart, and repeats nothing that it knows', async () => {
    const first = setUp();
    first.timelines.begin(taskId);
    first.timelines.note(taskId, { event: 'seen' });
    first.timelines.note(taskId, { event: 'committed', validatorIndex: 0 });
    await first.timelines.flush();
    first.timelines.stop();
    const { timelines } = setUp(first.side);
    timelines.begin(taskId);
    timelines.note(taskId, { event: 'restarted' });
    timelines.restore(taskId);
    timelines.note(taskId, { event: 'committed', validatorIndex: 0 });
    timelines.note(taskId, { event: 'committed', validatorIndex: 1 });
    await timelines.flush();
    assert.deepEqual(await eventsOf(timelines), ['seen', 'committed', 'restarted', 'committed']);
    assert.equal((await timelines.get(taskId)).at(-1)?.validatorIndex, 1);
    timelines.stop();
  });

  it('is lost without harm where the store fails, or holds what cannot be read', async () => {
    const { clock, logger, timelines } = setUp({
      timeline: async () => Buffer.from('{"format":9}'),
      keep: () => Promise.reject(new Error('no space left')),
    });
    assert.deepEqual(await timelines.get(taskId), []);
    timelines.begin(taskId);
    timelines.note(taskId, { event: 'seen' });
    await clock.pass(TIMELINE_WRITE_MS);
    assert.deepEqual(await eventsOf(timelines), ['seen']);
    assert.deepEqual(
      logger.lines.map(({ level, fields }) => [level, fields['error']]),
      [['debug', 'no space left']],
    );
    timelines.stop();
  });

  it('sets no timer without a store, and none after a stop', async () => {
    const { clock, timelines } = setUp(null);
    timelines.begin(taskId);
    timelines.note(taskId, { event: 'seen' });
    assert.equal(clock.runNext(Number.POSITIVE_INFINITY), false);
    const other = setUp();
    other.timelines.begin(taskId);
    other.timelines.note(taskId, { event: 'seen' });
    other.timelines.stop();
    assert.equal(other.clock.runNext(Number.POSITIVE_INFINITY), false);
  });
});
