import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cleanEnvironment, exitCodeOf, type Finished, textOf } from '../../scripts/processes.ts';
import { addition } from '../models/tasks.ts';

const EVAL = fileURLToPath(new URL('../../scripts/eval.ts', import.meta.url));

async function evaluate(...args: string[]): Promise<Finished> {
  const child = spawn(process.execPath, [EVAL, ...args], { env: cleanEnvironment() });
  const [stdout, stderr, code] = await Promise.all([textOf(child.stdout), textOf(child.stderr), exitCodeOf(child)]);
  return { code, stdout, stderr };
}

/** Rows of this test's own: a query made of text, and the same with a parameter. */
const ROWS = ['a', 'b', 'c', 'd'].flatMap((name) => [
  {
    diff: addition(`src/${name}.js`, [
      `const rows = await db.query("SELECT * FROM ${name} WHERE id = " + req.query.id);`,
    ]),
    label: 'reject',
    repo: `own/${name}`,
    pair: name,
    source: 'own',
  },
  {
    diff: addition(`src/${name}.js`, [
      `const rows = await db.query("SELECT * FROM ${name} WHERE id = $1", [req.query.id]);`,
    ]),
    label: 'approve',
    repo: `own/${name}`,
    pair: name,
    source: 'own',
  },
]);

describe('npm run eval', function () {
  this.timeout(60_000);
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pheme-eval-'));
    const lines = [...ROWS, { text: 'no task' }].map((row) => JSON.stringify(row));
    await writeFile(join(folder, 'own.jsonl'), lines.join('\n'));
    await writeFile(join(folder, 'validator.yml'), 'models:\n  mine:\n    provider: embedded\n    variant: flow\n');
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('prints every figure with its interval, for all rows and by slice', async () => {
    const { code, stdout } = await evaluate(join(folder, 'own.jsonl'), '--model', 'embedded:rules');
    assert.equal(code, 0);
    assert.match(stdout, /^note: 1 of 9 rows hold no labelled task/m);
    assert.match(stdout, /^== rules, median /m);
    assert.match(stdout, /^ {2}all code: 8 rows, 4 bad, 4 repositories or questions$/m);
    for (const name of ['balanced accuracy', 'AUC', 'Brier', 'calibration error', 'pairwise', 'conclusive at 0.8'])
      assert.match(stdout, new RegExp(`^ {4}${name} +[01]\\.\\d{3} \\[[01]\\.\\d{3}, [01]\\.\\d{3}\\]$`, 'm'));
    assert.match(stdout, /^ {4}pairwise +1\.000 /m);
    assert.doesNotMatch(stdout, /IN SAMPLE/);
    assert.match(stdout, /; node v\d+.*; commit /);
  });

  it('gives JSON, by the model that a home configures', async () => {
    const { code, stdout } = await evaluate(join(folder, 'own.jsonl'), '--home', folder, '--model', 'mine', '--json');
    assert.equal(code, 0);
    const { models, notes } = JSON.parse(stdout);
    assert.equal(notes.length, 1);
    assert.deepEqual(Object.keys(models), ['mine']);
    assert.equal(models.mine.slices.own.rows, 8);
    assert.ok(models.mine.slices.own.figures.AUC.value > 0.9);
  });

  it('warns where the weights were trained on such rows', async () => {
    const known = join(folder, 'known.jsonl');
    await writeFile(known, ROWS.map((row) => JSON.stringify({ ...row, source: 'CyberSecEval' })).join('\n'));
    const { stdout } = await evaluate(known, '--model', 'rules');
    assert.match(stdout, /^note: CyberSecEval: .*IN SAMPLE/m);
  });

  it('says how it is used, and which model there is not', async () => {
    assert.deepEqual((await evaluate()).code, 2);
    const { code, stderr } = await evaluate(join(folder, 'own.jsonl'), '--model', 'gpt-9');
    assert.equal(code, 2);
    assert.match(stderr, /^eval: there is no model gpt-9: give one of /);
  });
});
