import assert from 'node:assert/strict';
import type { Analyser } from '../../../../../src/models/embedded/code/analysers/analyser.ts';
import { Analysers } from '../../../../../src/models/embedded/code/analysers/analysers.ts';
import { at } from '../../../../../src/models/embedded/code/evidence.ts';
import { sourcesOf } from './sources.ts';

const remark = { rule: 'a/b', category: 'style', severity: 'note', belief: 0.5, message: '', suggestion: '' } as const;
const everyLine: Analyser = {
  name: 'every-line',
  evidence: (source) => source.hunks.flat().map((line) => ({ ...at(source, line), ...remark })),
};

describe('analysers', () => {
  it('goes on where one fails, and tells it once', () => {
    const failing: Analyser = {
      name: 'failing',
      evidence: () => {
        throw new Error('boom');
      },
    };
    const notes: string[] = [];
    const sources = sourcesOf({ 'a.js': ['+a'], 'b.js': ['+b'] });
    const evidence = new Analysers([failing, everyLine]).evidence(sources, (text) => notes.push(text));
    assert.deepEqual([evidence.length, notes], [2, ['failing: failed on a file, which was left out']]);
  });

  it('counts what an analyser spends over all files of a task, and anew for the next', () => {
    const spent: number[] = [];
    const counting: Analyser = {
      name: 'counting',
      evidence: (_, session) => {
        spent.push(++session.spent);
        return [];
      },
    };
    const analysers = new Analysers([counting]);
    const sources = sourcesOf({ 'a.js': ['+a'], 'b.js': ['+b'] });
    analysers.evidence(sources);
    analysers.evidence(sources);
    assert.deepEqual(spent, [1, 2, 1, 2]);
  });

  it('keeps a bounded number of hits, and says so', () => {
    const notes: string[] = [];
    const sources = sourcesOf({ 'a.js': Array(1200).fill('+a') });
    const evidence = new Analysers([everyLine]).evidence(sources, (text) => notes.push(text));
    assert.deepEqual([evidence.length, notes], [1000, ['every-line: hits after 1000 were left out']]);
  });
});
