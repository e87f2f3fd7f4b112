import assert from 'node:assert/strict';
import { createMockCodeReviewTask } from '../../src/models/mock-task.ts';
import { createLogger } from '../../src/node/logger.ts';
import { TaskStory } from '../../src/node/task-story.ts';
import { ValidationNetwork } from '../../src/node/validation-network.ts';

type Line = Record<string, string>;

describe('the log of one task', function () {
  this.timeout(20_000);

  /** What the first node of a network logs while it is asked to decide one task. */
  async function decided(level: string): Promise<{ lines: Line[]; raw: string }> {
    const written: string[] = [];
    const logger = createLogger(level, false, { write: (line) => written.push(line) });
    const network = new ValidationNetwork();
    try {
      const [first] = await network.nodes();
      first!.watch(new TaskStory(logger));
      await first!.decide(createMockCodeReviewTask());
    } finally {
      await network.stop();
    }
    return { lines: written.map((line) => JSON.parse(line) as Line), raw: written.join('') };
  }

  it('reads at debug as a story: seen, judged, committed, closed, revealed, voted, decided', async () => {
    const { lines } = await decided('debug');
    const story = lines.map(({ msg }) => msg!).filter((msg) => msg.startsWith('task '));
    const steps = [
      /: .*the task became known here: from a client$/,
      /: validator \d \([0-9a-f]{8}…\) judged it here/,
      /committed to a judgement$/,
      /closed its list of commitments$/,
      /revealed its judgement$/,
      /proposed a value, round 0$/,
      /a quorum prevoted one value, round 0$/,
      /a quorum precommitted one value, round 0$/,
      /: decided, round 0$/,
      /: (APPROVED|REJECTED|INCONCLUSIVE).*, and the decision is stored$/,
    ];
    const at = steps.map((step) => story.findIndex((msg) => step.test(msg)));
    assert.ok(!at.includes(-1), `${at}\n${story.join('\n')}`);
    assert.deepEqual(
      at,
      at.toSorted((a, b) => a - b),
      story.join('\n'),
    );
    const ids = new Set(story.map((msg) => /^task ([0-9a-f]{8}): /.exec(msg)?.[1]));
    assert.equal(ids.size, 1);
  });

  it('is one line at info: the outcome, and nothing of the input', async () => {
    const { lines, raw } = await decided('info');
    assert.deepEqual(
      lines.map(({ level, outcome }) => [level, outcome]),
      [['info', 'APPROVED']],
    );
    assert.match(lines[0]!['msg']!, /^task [0-9a-f]{8}: APPROVED, and the decision is stored$/);
    assert.doesNotMatch(raw, /average/);
  });
});
