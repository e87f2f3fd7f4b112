import assert from 'node:assert/strict';
import { type JudgeTask, judgeLine } from '../../src/cli/local-judging.ts';
import type { Judgement } from '../../src/protocol/judgement.ts';
import { encodeTask, taskIdOf } from '../../src/protocol/task.ts';
import { TASK } from '../node/result-fixture.ts';

const NETWORK = { networkId: 'a'.repeat(64), epoch: 3 };
const text = JSON.stringify(TASK);

function judging(change: Partial<Judgement>): JudgeTask {
  const coverage = { filesTotal: 1, filesJudged: 1, linesTotal: 1, linesJudged: 1, omitted: [] };
  const judgement: Judgement = {
    vote: 'approve',
    confidence: 0.9,
    complete: true,
    summary: 's',
    findings: [],
    coverage,
    model: { id: 'm', family: 'f' },
  };
  return async () => ({ ...judgement, ...change });
}

describe('a line of pheme judge', () => {
  it('carries the verdict in the documented shape', async () => {
    const verdict = await judgeLine({ number: 1, text }, NETWORK, judging({}));
    assert.deepEqual(Object.keys(verdict), [
      'taskId',
      'approved',
      'confidence',
      'findings',
      'summary',
      'coverage',
      'model',
    ]);
    assert.equal(verdict.taskId, taskIdOf(NETWORK.networkId, 3, encodeTask(TASK)));
    assert.equal(verdict.approved, true);
  });

  const NO_VERDICTS: [name: string, change: Partial<Judgement>, code: string][] = [
    ['an abstention', { vote: 'abstain', abstainReason: 'not_judgeable' }, 'not_judgeable'],
    ['an approval of a part', { complete: false }, 'incomplete'],
  ];
  for (const [name, change, code] of NO_VERDICTS) {
    it(`is never approved for ${name}`, async () => {
      const verdict = await judgeLine({ number: 1, text }, NETWORK, judging(change));
      assert.deepEqual([verdict.approved, verdict.error?.code], [false, code]);
    });
  }

  it('is no error for a rejection of a part: what was found stands', async () => {
    const verdict = await judgeLine({ number: 1, text }, NETWORK, judging({ vote: 'reject', complete: false }));
    assert.deepEqual([verdict.approved, verdict.error], [false, undefined]);
  });

  const BAD_LINES: [name: string, line: { number: number; text?: string }, code: string][] = [
    ['no JSON', { number: 3, text: '{' }, 'MALFORMED'],
    ['a key twice', { number: 3, text: '{"type":"CODE_REVIEW","type":"CODE_REVIEW"}' }, 'MALFORMED'],
    ['no task', { number: 3, text: '{"type":"OTHER"}' }, 'INVALID_TASK'],
    ['a line that is too long', { number: 3 }, 'TASK_TOO_LARGE'],
  ];
  for (const [name, line, code] of BAD_LINES) {
    it(`says what is wrong with ${name}, and where`, async () => {
      const verdict = await judgeLine(line, NETWORK, judging({}));
      assert.deepEqual([verdict.taskId, verdict.approved, verdict.error?.code], [null, false, code]);
      assert.match(verdict.error!.message, /^line 3: /);
    });
  }

  it('does not hide a fault of our own', async () => {
    const broken = async () => {
      throw new TypeError('broken');
    };
    await assert.rejects(judgeLine({ number: 1, text }, NETWORK, broken), TypeError);
  });
});
