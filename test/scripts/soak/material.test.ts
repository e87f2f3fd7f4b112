import assert from 'node:assert/strict';
import { drawTask } from '../../../scripts/soak/material.ts';
import { parseTask } from '../../../src/protocol/task.ts';
import { SeededRandom } from '../../sim/random.ts';

const draw = (seed: number) => {
  const random = new SeededRandom(seed);
  return Array.from({ length: 200 }, (_, i) => drawTask(random, `${i}`));
};

describe('the load of a soak', () => {
  it('is valid tasks of all kinds and sizes', () => {
    const tasks = draw(1).map((task) => parseTask(task));
    const sizes = tasks.map((task) =>
      task.type === 'CODE_REVIEW' ? task.pullRequest.diff.length : task.submission.content.length,
    );
    assert.ok(Math.min(...sizes) < 1024 && Math.max(...sizes) > 150 * 1024 && Math.max(...sizes) < 220 * 1024);
    const endings = tasks.map((task) =>
      task.type === 'CODE_REVIEW' ? task.pullRequest.files[0]!.split('.').at(-1)! : 'skill',
    );
    assert.deepEqual(new Set(endings), new Set(['py', 'js', 'c', 'skill']));
  });

  it('is the same for the same seed, and no task twice', () => {
    assert.deepEqual(draw(7), draw(7));
    assert.equal(new Set(draw(7).map((task) => JSON.stringify(task))).size, 200);
  });
});
