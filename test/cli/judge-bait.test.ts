import assert from 'node:assert/strict';
import type { LocalVerdict } from '../../src/cli/local-judging.ts';
import { addition, review } from '../models/tasks.ts';
import { run } from './run.ts';

/** Many times what they take; work that grows with the square of these inputs takes hours. */
const BUDGET_MS = 30_000;

const many = (text: string, count: number) => Array.from({ length: count }, () => text);

/** Nested repetition for whoever runs it, and text on which careless patterns of a judge's own would run for ever. */
const REGEX_BAIT = [
  `const bait = /^(a+)+$/.test('${'a'.repeat(1800)}!');`,
  ...many(`"${'select * where '.repeat(120)}"`, 100),
  ...many('/*'.repeat(900), 100),
  ...many('password_'.repeat(200), 100),
  ...many('for ('.repeat(380), 100),
];

/** The code of the error, where it does not hang on a model's opinion; what summary and findings say together. */
type Case = [name: string, diff: string, code: string | undefined, reason: RegExp];

const CASES: Case[] = [
  ['one line of 5 MB', addition('a.js', ['a'.repeat(5_000_000)]), 'INVALID_TASK', /at most 4194304/],
  ['one line of 4 MB', addition('a.js', ['a'.repeat(4_000_000)]), 'incomplete', /part of the change was not/],
  ['catastrophic regex bait', addition('a.js', REGEX_BAIT), undefined, /Nested repetition/],
  [
    '10,000 files',
    many('', 10_000)
      .map((_, i) => addition(`f${i}.js`, ['a();']))
      .join(''),
    'incomplete',
    /files after/,
  ],
];

describe('pheme judge on bait', () => {
  for (const [name, diff, code, reason] of CASES) {
    it(`ends on ${name} with a reason, and judges the next task`, async function () {
      this.timeout(2 * BUDGET_MS);
      const next = review(addition('b.js', ['const total = price * count;'], ['const price = 2;']));
      const input = `${JSON.stringify(review(diff))}\n${JSON.stringify(next)}\n`;
      const start = performance.now();
      const args = ['judge', '-', '--model', 'embedded:profile', '--json', '--home', '/nonexistent'];
      const { stdout } = await run(args, { input });
      assert.ok(performance.now() - start < BUDGET_MS);
      const [bait, after] = stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as LocalVerdict);
      assert.equal(bait!.approved, false);
      if (code !== undefined) assert.equal(bait!.error?.code, code);
      assert.match([bait!.summary, ...bait!.findings.map(({ message }) => message)].join('\n'), reason);
      assert.equal(after!.coverage?.linesJudged, 1, 'the next task was read');
    });
  }
});
