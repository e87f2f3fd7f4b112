import assert from 'node:assert/strict';
import type { Notes } from '../../src/engine/ports.ts';
import { createMockCodeReviewTask } from '../../src/models/mock-task.ts';
import { Escalations } from '../../src/node/escalations.ts';
import { ValidationNetwork } from '../../src/node/validation-network.ts';
import { linkSentences } from '../../src/protocol/escalation.ts';
import { parseTask, type Task } from '../../src/protocol/task.ts';
import { createMemoryStore } from '../../src/store/memory-store.ts';

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };
const FIRST = createMockCodeReviewTask();

describe('Escalations', () => {
  let network: ValidationNetwork;
  let notes: Notes;
  let escalations: Escalations;
  let firstId: string;

  beforeEach(async () => {
    network = new ValidationNetwork({ validators: 1 });
    const [node] = await network.nodes();
    notes = createMemoryStore().notes;
    escalations = new Escalations({ node: node!, notes, logger: SILENT });
    firstId = (await network.validate(FIRST)).result.taskId;
  });
  afterEach(async () => {
    await escalations.stop();
    await network.stop();
  });

  const again = (reason: string, more: Partial<Task> = {}) =>
    parseTask({ ...FIRST, ...more, escalates: { taskId: firstId, reason } });
  const asked = async (task: Task) => (await network.validate(task)).result.taskId;

  it('links both ways, over a restart, whatever the times of the second asking are', async () => {
    const second = again('a second look', { deadline: Math.floor(Date.now() / 1000) + 3600 });
    const ids = [await asked(second), await asked(again('a third look'))];
    await escalations.stop();
    const [node] = await network.nodes();
    escalations = new Escalations({ node: node!, notes, logger: SILENT });
    assert.deepEqual(await escalations.linksOf(firstId, FIRST), { escalatedBy: ids });
    assert.deepEqual(await escalations.linksOf(ids[0]!, second), {
      escalates: { taskId: firstId, reason: 'a second look', sameQuestion: true },
    });
  });

  it('notes nothing for a task that asks something else, and says so of it', async () => {
    const other = again('approved elsewhere', { headSha: 'a'.repeat(40) });
    const otherId = await asked(other);
    await escalations.stop();
    assert.deepEqual(await escalations.linksOf(firstId, FIRST), {});
    const links = await escalations.linksOf(otherId, other);
    assert.equal(links.escalates?.sameQuestion, false);
    assert.match(linkSentences(links).join(), /though it does not ask the same: approved elsewhere$/);
  });

  it('knows neither of a task whose body is gone', async () => {
    const unknown = parseTask({ ...FIRST, escalates: { taskId: '1'.repeat(64), reason: 'x' } });
    const taskId = await asked(unknown);
    assert.equal((await escalations.linksOf(taskId, unknown)).escalates?.sameQuestion, null);
    assert.deepEqual(await escalations.linksOf(taskId, null), {});
  });

  it('keeps a bounded number of links of one task', async () => {
    for (let count = 0; count < 20; count++) await asked(again(`look ${count}`));
    await escalations.stop();
    assert.equal((await escalations.linksOf(firstId, FIRST)).escalatedBy?.length, 16);
  });
});
