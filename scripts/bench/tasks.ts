import { randomUUID } from 'node:crypto';
import { createMockCodeReviewTask } from '../../src/models/mock-task.ts';

/** A maker of small review tasks, no two alike in any run. */
export function taskMaker(): () => object {
  const run = randomUUID();
  const task = createMockCodeReviewTask();
  let made = 0;
  return () => {
    const url = `https://example.org/bench/${run}/${made++}`;
    return { ...task, pullRequest: { ...task.pullRequest, url } };
  };
}
