import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LocalVerdict } from '../../src/cli/local-judging.ts';
import { DOUGH_ROWS, TEST_ROWS, TRAIN_ROWS } from '../models/custom/dough-answers.ts';
import { run } from './run.ts';

type Rows = typeof DOUGH_ROWS;
const linesOf = (rows: Rows) => rows.map((row) => JSON.stringify(row)).join('\n');

describe('pheme train', function () {
  this.timeout(30_000);
  let home: string;
  const flags = () => ['--home', home];
  const modelPath = () => join(home, 'models', 'grading.json');

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'pheme-train-'));
  });
  afterEach(() => rm(home, { recursive: true, force: true }));

  async function train(): Promise<void> {
    await writeFile(join(home, 'answers.jsonl'), linesOf(TRAIN_ROWS));
    const { code, stderr } = await run(['train', 'grading', join(home, 'answers.jsonl'), ...flags()]);
    assert.equal(code, 0, stderr);
  }

  it('prints held-out figures before and after, writes the model, and says how to use it', async () => {
    const { code, stdout, stderr } = await run(['train', 'grading', '-', ...flags()], { input: linesOf(TRAIN_ROWS) });
    assert.equal(code, 0);
    assert.match(
      stdout,
      /^SKILL_ASSESSMENT: 20 rows \(10 approve, 10 reject\) of 20 groups; 50% taken to be rejected in use$/m,
    );
    assert.match(stdout, /before \(embedded\) +after\n +accuracy +0\.\d{3} \(0\.\d{3} to \d\.\d{3}\) +\d\.\d{3} \(/);
    assert.match(stdout, /^enabled {2}.*grading\.json$/m);
    assert.match(stdout, /models: \{ grading: \{ provider: custom, file: models\/grading\.json \} \}/);
    assert.match(stderr, /20 rows read\n[\s\S]*measuring, 0 of 10 folds/);
    assert.equal((JSON.parse(await readFile(modelPath(), 'utf8')) as { enabled: boolean }).enabled, true);
  });

  it('makes a model that judges in worker threads as it was measured', async () => {
    await train();
    await writeFile(join(home, 'validator.yml'), 'models:\n  grading: { provider: custom }\n');
    const tasks = TEST_ROWS.slice(0, 20).map(({ task }) => JSON.stringify(task));
    const { code, stdout } = await run(['judge', '-', '--model', 'grading', '--json', ...flags()], {
      input: tasks.join('\n'),
    });
    assert.equal(code, 0);
    const verdicts = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as LocalVerdict);
    const right = verdicts.filter(({ approved }, i) => approved === (TEST_ROWS[i]!.label === 'approve')).length;
    assert.ok(right >= 16, `${right} of 20`);
    const { digest } = JSON.parse(await readFile(modelPath(), 'utf8')) as { digest: string };
    assert.deepEqual(verdicts[0]!.model, { id: 'grading', family: 'custom-grading', digest });
  });

  it('exits 1 for rows that teach nothing, and leaves the model that is in use alone', async () => {
    await train();
    const inUse = await readFile(modelPath(), 'utf8');
    const upsideDown = DOUGH_ROWS.map(({ task }, i) => ({
      task,
      label: i % 4 < 2 ? ('approve' as const) : ('reject' as const),
    }));
    const { code, stdout } = await run(['train', 'grading', '-', '--json', ...flags()], { input: linesOf(upsideDown) });
    assert.equal(code, 1);
    const told = JSON.parse(stdout) as { enabled: boolean; path: string; heads: { refused?: string }[] };
    assert.equal(told.enabled, false);
    assert.match(told.heads[0]!.refused!, /held-out/);
    assert.equal(await readFile(modelPath(), 'utf8'), inUse);
    assert.deepEqual((await readdir(join(home, 'models'))).sort(), ['grading.json', 'grading.refused.json']);
    await writeFile(
      join(home, 'validator.yml'),
      'models:\n  grading: { provider: custom, file: models/grading.refused.json }\n',
    );
    const { code: judged, stderr } = await run(['judge', '-', ...flags()], { input: '{}' });
    assert.equal(judged, 2);
    assert.match(stderr, /grading\.refused\.json cannot be used: its training refused it/);
  });

  it('makes models that a node checks before it starts', async () => {
    await train();
    const node = join(home, 'node');
    assert.equal((await run(['init', '--home', node])).code, 0);
    const config = (file: string) =>
      writeFile(join(node, 'validator.yml'), `models:\n  grading: { provider: custom, file: ${file} }\n`);
    await config(modelPath());
    assert.equal((await run(['config', 'check', '--home', node])).code, 0);
    await config('models/none.json');
    for (const command of [['config', 'check'], ['start']]) {
      const { code, stderr } = await run([...command, '--home', node]);
      assert.equal(code, 2, command[0]);
      assert.match(stderr, /the custom model .*none\.json cannot be used: there is no such file; train it again/);
    }
  });

  const FAULTS: [name: string, input: () => string, message: RegExp][] = [
    ['a line that is no JSON', () => `${linesOf(TRAIN_ROWS)}\n{"task":`, /line 21: is not JSON/],
    ['a row without a label', () => `{"diff": "x"}`, /line 1: label: must be approve or reject/],
    ['a key twice', () => `\n{"diff": "x", "diff": "y", "label": "reject"}`, /line 2: .*"diff" twice/],
    ['too few rows', () => linesOf(TRAIN_ROWS.slice(0, 6)), /too few rows of SKILL_ASSESSMENT \(6,/],
    ['no rows', () => '\n', /too few rows of labelled tasks/],
  ];
  for (const [name, input, message] of FAULTS) {
    it(`exits 2 for ${name}, and writes nothing`, async () => {
      const { code, stderr } = await run(['train', 'grading', '-', ...flags()], { input: input() });
      assert.equal(code, 2);
      assert.match(stderr, message);
      assert.deepEqual(await readdir(home), []);
    });
  }

  it('exits 2 for data that cannot be read, a name or flag that cannot be, and a file that cannot be written', async () => {
    const input = linesOf(TRAIN_ROWS);
    await mkdir(join(home, 'folder.json'));
    const wrong: [string[], RegExp][] = [
      [['train', 'grading', join(home, 'none.jsonl')], /cannot read the data .*none\.jsonl: there is no such file/],
      [['train', '../grading', '-'], /name: must be a letter/],
      [['train', 'grading', '-', '--prior', 'gpt4'], /Allowed choices are embedded, embedded:rules/],
      [['train', 'grading', '-', '--reject-share', '1.5'], /Give a share over 0 and under 1/],
      [['train', 'grading', '-', '--out', join(home, 'folder.json')], /cannot write the model to/],
    ];
    for (const [args, message] of wrong) {
      const { code, stderr } = await run([...args, ...flags()], { input });
      assert.equal(code, 2, stderr);
      assert.match(stderr, message);
    }
  });

  it('ends where it is interrupted', async () => {
    const { code, stderr } = await run(['train', 'grading', '-', ...flags()], {
      input: linesOf(TRAIN_ROWS),
      signal: AbortSignal.abort(),
    });
    assert.equal(code, 130);
    assert.match(stderr, /interrupted/);
  });
});
