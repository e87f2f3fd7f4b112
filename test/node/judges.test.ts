import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/load.ts';
import { createMockCodeReviewTask } from '../../src/models/mock-task.ts';
import { createJudges } from '../../src/node/judges.ts';
import type { WorkerPool } from '../../src/node/worker-pool.ts';
import { useTempDirectory } from '../config/temp-home.ts';

const SETTINGS = `
models:
  quick: { provider: embedded, variant: rules }
  thorough: { provider: embedded, variant: flow }
escalation: { model: thorough, timeout: 60000 }
`;

describe('the judges of a configuration', function () {
  this.timeout(20_000);
  const directory = useTempDirectory();
  let judges: WorkerPool | undefined;

  afterEach(() => judges?.stop());

  it('ask the model of escalations about a task that escalates another, and about no other', async () => {
    await writeFile(join(directory(), 'validator.yml'), SETTINGS);
    judges = createJudges((await loadConfig({ home: directory(), environment: {} })).config);
    const { signal } = new AbortController();
    const task = createMockCodeReviewTask();
    const escalates = { taskId: '1'.repeat(64), reason: 'split' };
    assert.equal((await judges.judge(task, signal)).model.id, 'embedded:rules');
    assert.equal((await judges.judge({ ...task, escalates }, signal)).model.id, 'embedded:flow');
  });
});
