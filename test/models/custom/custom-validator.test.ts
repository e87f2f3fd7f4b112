import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { CustomValidator } from '../../../src/models/custom/custom-validator.ts';
import { type ModelFile, parseModelFile } from '../../../src/models/custom/model-file.ts';
import type { LabelledTask } from '../../../src/models/custom/rows.ts';
import { createCustomModel } from '../../../src/models/custom.ts';
import { createEmbeddedModel } from '../../../src/models/embedded/registry.ts';
import { type LoadWeights, shippedWeights } from '../../../src/models/embedded/weights.ts';
import { generator, shuffled } from '../../../src/models/random.ts';
import { assessment, GOOD_ANSWER, INJECTION_REQUIREMENTS } from '../tasks.ts';
import { DOUGH_ROWS, doughTask, TEST_ROWS, TRAIN_ROWS } from './dough-answers.ts';
import { HOUSE_ROWS, LENIENT_ROWS, newClientTask, oldClientTask, queryTask } from './house-rules.ts';

async function accuracyOn(model: CustomValidator, rows: readonly LabelledTask[]): Promise<number> {
  const votes = await Promise.all(rows.map(async ({ task, label }) => (await model.predict(task)).vote === label));
  return votes.filter(Boolean).length / rows.length;
}

/** Rows whose labels say nothing. */
function withShuffledLabels(rows: readonly LabelledTask[], seed: number): LabelledTask[] {
  const labels = shuffled(
    rows.map(({ label }) => label),
    generator(seed),
  );
  return rows.map(({ task }, i) => ({ task, label: labels[i]! }));
}

/** The shipped weights with one figure of the token judge changed. */
const otherWeights: LoadWeights = async (name) => {
  const weights = structuredClone(await shippedWeights(name)) as object as { calibration?: object };
  weights.calibration = { ...weights.calibration, extra: { slope: 0.5, offset: 0.1 } };
  return weights as never;
};

describe('CustomValidator', function () {
  this.timeout(30_000);
  let folder: string;
  let trained: CustomValidator;
  let model: ModelFile;
  const pathOf = (name: string) => join(folder, name);

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pheme-custom-'));
    trained = new CustomValidator({ name: 'dough' });
    model = await trained.train(TRAIN_ROWS);
    await trained.save(pathOf('dough.json'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('judges exactly as its prior before it has learned anything', async () => {
    for (const task of [oldClientTask, assessment(GOOD_ANSWER, INJECTION_REQUIREMENTS)]) {
      const [own, prior] = await Promise.all([
        new CustomValidator({ name: 'fresh', prior: 'embedded:rules' }).predict(task),
        createEmbeddedModel('rules').predict(task),
      ]);
      assert.ok(Math.abs(own.confidence - prior.confidence) < 1e-9);
      assert.deepEqual(
        { ...own, confidence: prior.confidence },
        { ...prior, model: { id: 'fresh', family: 'custom-fresh' } },
      );
    }
  });

  it('learns from twenty answers of one subject: accuracy on forty others rises', async () => {
    const before = await accuracyOn(new CustomValidator({ name: 'fresh' }), TEST_ROWS);
    const after = await accuracyOn(trained, TEST_ROWS);
    assert.ok(after > before && after >= 0.85, `accuracy ${before} before, ${after} after`);
  });

  it('measures itself on rows that it was not trained on, before and after', () => {
    const { rejections, approvals, groups, holdOut, metrics } = model.heads.SKILL_ASSESSMENT!;
    assert.deepEqual([approvals, rejections, groups, holdOut], [10, 10, 20, 'row']);
    assert.ok(metrics.after.accuracy.value > metrics.before.accuracy.value);
    assert.ok(metrics.after.brier.value < metrics.before.brier.value);
    assert.ok(metrics.change.brier.high < 0, 'the gain is beyond chance');
    for (const { value, low, high } of Object.values(metrics.after)) assert.ok(low <= value && value <= high);
    assert.equal(model.enabled, true);
  });

  it('says what turned the verdict, in words of the answer', async () => {
    const { summary, confidence, score, level } = await trained.predict(
      doughTask('the stretchy dough keeps in the gas that the yeast gives off'),
    );
    assert.match(summary, /^The rows of this model's training turn its prior's \w+ \(0\.\d\d\) to approval\./);
    assert.match(summary, /Weighing most: .*"(?:gas|yeast)"/);
    assert.ok(confidence < 0.95, 'twenty rows do not make sure');
    assert.ok(score! > 0.5 && level! > 30, `score ${score} and level ${level} go with the verdict`);
  });

  it('lets no list of learned words, no repetition and no copy pass', async () => {
    const texts = [
      'gas bubbles yeast sugar trapped gluten dough stretchy puffs eats',
      'yeast gas yeast gas yeast gas yeast gas yeast gas yeast gas bubbles bubbles bubbles',
      'Yeast ferments sugars and releases carbon dioxide, which the gluten network retains.',
    ];
    for (const text of texts) assert.notEqual((await trained.predict(doughTask(text))).vote, 'approve', text);
  });

  it('gives the same model for the same rows, and names it in its judgements', async () => {
    const again = await new CustomValidator({ name: 'dough' }).train(TRAIN_ROWS);
    assert.equal(again.digest, model.digest);
    const { model: identity } = await trained.predict(TEST_ROWS[0]!.task);
    assert.deepEqual(identity, { id: 'dough', family: 'custom-dough', digest: model.digest });
  });

  it('refuses labels that say nothing, keeps the figures, and judges on as its prior', async () => {
    const confused = new CustomValidator({ name: 'confused' });
    for (const seed of [1, 2, 3]) {
      const { enabled, heads } = await confused.train(withShuffledLabels(DOUGH_ROWS, seed));
      assert.equal(enabled, false, `seed ${seed}`);
      assert.match(heads.SKILL_ASSESSMENT!.refused!, /its held-out/);
    }
    const { task } = TEST_ROWS[0]!;
    const [own, prior] = await Promise.all([confused.predict(task), new CustomValidator({ name: 'x' }).predict(task)]);
    assert.deepEqual([own.vote, own.confidence], [prior.vote, prior.confidence]);
    await confused.save(pathOf('confused.json'));
    await assert.rejects(CustomValidator.load(pathOf('confused.json')), {
      code: 'INVALID_MODEL',
      message: /its training refused it, since its held-out .*; train it again/,
    });
  });

  it('judges the other type of task as its prior', async () => {
    const task = oldClientTask;
    const [own, prior] = await Promise.all([trained.predict(task), new CustomValidator({ name: 'x' }).predict(task)]);
    assert.deepEqual({ ...own, model: null }, { ...prior, model: null });
  });

  it('learns a rule of a house, and rejects with a finding on the line that weighs most', async () => {
    const house = new CustomValidator({ name: 'house' });
    const { enabled } = await house.train(HOUSE_ROWS, { rejectShare: 0.5 });
    assert.equal(enabled, true);
    assert.equal((await house.predict(newClientTask)).vote, 'approve');
    const { vote, findings, summary } = await house.predict(oldClientTask);
    assert.equal(vote, 'reject');
    assert.match(findings[0]!.quote, /legacyClient/);
    assert.equal(findings[0]!.rule, 'custom/resembles-rejected');
    assert.match(summary, /to rejection/);
  });

  it('turns what its prior stops for into warnings where the rows approve it', async () => {
    const lenient = new CustomValidator({ name: 'lenient' });
    assert.equal((await lenient.predict(queryTask)).vote, 'reject');
    const { enabled } = await lenient.train(LENIENT_ROWS, { rejectShare: 0.5 });
    assert.equal(enabled, true);
    const { vote, findings } = await lenient.predict(queryTask);
    assert.equal(vote, 'approve');
    assert.ok(findings.length > 0 && findings.every(({ severity }) => severity !== 'error'));
    assert.equal((await lenient.predict(oldClientTask)).vote, 'reject');
  });

  it('approves nothing that was not wholly read, and names no line where none was added', async () => {
    const house = new CustomValidator({ name: 'house' });
    await house.train(HOUSE_ROWS, { rejectShare: 0.5 });
    const withFile = { ...newClientTask.pullRequest, files: ['src/letters.js', 'src/unseen.js'] };
    const partly = await house.predict({ ...newClientTask, pullRequest: withFile });
    assert.deepEqual([partly.vote, partly.abstainReason], ['abstain', 'incomplete']);
    const removal = oldClientTask.pullRequest.diff.replace(/^\+(?!\+\+ )/gm, '-');
    const { vote, abstainReason } = await house.predict({
      ...oldClientTask,
      pullRequest: { url: '', diff: removal, files: [] },
    });
    assert.ok(vote === 'approve' || abstainReason === 'low_confidence');
  });

  it('leaves out rows that hold nothing to judge, and says so', async () => {
    const told: string[] = [];
    const copied = {
      task: doughTask('Yeast ferments sugars and releases carbon dioxide, which the gluten network retains.'),
      label: 'approve' as const,
    };
    const { heads } = await new CustomValidator({ name: 'dough' }).train([...TRAIN_ROWS, copied], {
      onProgress: (text) => told.push(text),
    });
    assert.equal(heads.SKILL_ASSESSMENT!.weights.rows, 20);
    assert.ok(told.includes('20 rows read, 1 left out: they hold nothing that could be judged'));
  });

  it('refuses too few rows, too few of a label, near copies, and shares that are none', async () => {
    const validator = new CustomValidator({ name: 'few' });
    const cases: [readonly LabelledTask[], RegExp][] = [
      [[], /too few rows of labelled tasks/],
      [TRAIN_ROWS.slice(0, 8), /too few rows of SKILL_ASSESSMENT \(8, of the rarer label 4\): at least 12/],
      [TRAIN_ROWS.filter(({ label }, i) => label === 'approve' || i < 6), /of the rarer label 3/],
      [Array.from({ length: 24 }, (_, i) => TRAIN_ROWS[i % 2]!), /near copies of 2 tasks/],
    ];
    for (const [rows, message] of cases) await assert.rejects(validator.train(rows), { code: 'TOO_FEW_ROWS', message });
    for (const rejectShare of [0, 1, Number.NaN])
      await assert.rejects(validator.train(TRAIN_ROWS, { rejectShare }), { code: 'INVALID_DATA' });
    await assert.rejects(validator.save(pathOf('few.json')), { code: 'NOT_TRAINED' });
  });

  it('refuses names that could not stand in a file name, and priors that there are not', () => {
    for (const name of ['', '../x', 'a/b', '1a', 'a'.repeat(65)])
      assert.throws(() => new CustomValidator({ name }), { code: 'INVALID_NAME' });
    assert.throws(() => new CustomValidator({ name: 'a', prior: 'gpt4' }), {
      code: 'INVALID_PRIOR',
      message: /must be one of embedded, embedded:rules/,
    });
  });

  it('ends with the reason of an aborted signal', async () => {
    const reason = new Error('enough');
    const abort = new AbortController();
    const onProgress = (text: string) => text.includes('measuring') && abort.abort(reason);
    await assert.rejects(
      new CustomValidator({ name: 'a' }).train(TRAIN_ROWS, { onProgress, signal: abort.signal }),
      reason,
    );
  });

  it('validates only what is a task', async () => {
    assert.equal((await trained.validate({ ...TEST_ROWS[0]!.task })).vote, 'approve');
    await assert.rejects(trained.validate({ type: 'POEM' }), { code: 'INVALID_TASK' });
  });

  describe('as a file', () => {
    it('judges as before it was saved', async () => {
      const loaded = await CustomValidator.load(pathOf('dough.json'));
      for (const { task } of TEST_ROWS.slice(0, 6)) {
        assert.deepEqual(await loaded.predict(task), await trained.predict(task));
      }
    });

    it('holds no word of the rows, and is small', async () => {
      const text = await readFile(pathOf('dough.json'), 'utf8');
      assert.ok(text.length < 40_000, `${text.length} bytes`);
      const { heads, ...rest } = JSON.parse(text) as ModelFile;
      const told = JSON.stringify([rest, heads]).toLowerCase();
      for (const word of ['yeast', 'gluten', 'bubbles', 'oven', 'kneading']) assert.ok(!told.includes(word), word);
    });

    const FAULTS: [name: string, change: (text: string) => string, message: RegExp][] = [
      [
        'a changed figure',
        (text) => text.replace(/"priorWeight": [\d.]+/, '"priorWeight": 0.5'),
        /digest does not match/,
      ],
      ['another name', (text) => text.replace('"name": "dough"', '"name": "bread"'), /digest does not match/],
      [
        'a later version',
        (text) => text.replace('"version": 1', '"version": 2'),
        /of version 2 with features 1, this package reads 1/,
      ],
      ['other features', (text) => text.replace('"features": 1', '"features": 7'), /with features 7/],
      [
        'weights cut short',
        (text) => text.replace(/"weights": "[^"]{400}/, '"weights": "'),
        /heads\.SKILL_ASSESSMENT\.weights/,
      ],
      ['an unknown field', (text) => text.replace('"version": 1', '"version": 1, "x": 1'), /Unrecognized key/],
      ['a key twice', (text) => text.replace('"version": 1', '"version": 1, "version": 1'), /it is not JSON/],
      ['something else', () => '{"kind": "poem"}', /it is no custom model/],
      ['nothing', () => '', /it is not JSON/],
      ['null', () => 'null', /it is no custom model/],
    ];
    for (const [name, change, message] of FAULTS) {
      it(`is refused with ${name}`, async () => {
        const text = await readFile(pathOf('dough.json'), 'utf8');
        assert.notEqual(change(text), text);
        await writeFile(pathOf('changed.json'), change(text));
        await assert.rejects(CustomValidator.load(pathOf('changed.json')), { code: 'INVALID_MODEL', message });
      });
    }

    it('is refused with any single character changed', async () => {
      const text = (await readFile(pathOf('dough.json'), 'utf8')).trimEnd();
      const meant = JSON.stringify(parseModelFile(text, 'it'));
      const changed = fc.tuple(fc.nat(text.length - 1), fc.constantFrom(...'aZ09"}.-1'));
      fc.assert(
        fc.property(changed, ([at, character]) => {
          const other = `${text.slice(0, at)}${character}${text.slice(at + 1)}`;
          if (other === text) return;
          assert.throws(() => assert.equal(JSON.stringify(parseModelFile(other, 'it')), meant), {
            code: 'INVALID_MODEL',
          });
        }),
        { numRuns: 60 },
      );
    });

    it('is refused where there is none, or where it is far too large', async () => {
      await assert.rejects(CustomValidator.load(pathOf('nothing.json')), { message: /there is no such file/ });
      await writeFile(pathOf('large.json'), ' '.repeat(600 * 1024));
      await assert.rejects(CustomValidator.load(pathOf('large.json')), { message: /it is over \d+ bytes/ });
    });

    it('is refused on another prior than it was trained on', async () => {
      await assert.rejects(CustomValidator.load(pathOf('dough.json'), { loadWeights: otherWeights }), {
        code: 'INVALID_MODEL',
        message: /its prior embedded are not those that it was trained on; train it again/,
      });
    });

    it('makes a configured model abstain until it can be read', async () => {
      const configured = createCustomModel('grading', pathOf('later.json'));
      const { task } = TEST_ROWS[0]!;
      const { vote, abstainReason, summary } = await configured.predict(task);
      assert.deepEqual([vote, abstainReason], ['abstain', 'model_error']);
      assert.ok(!summary.includes(folder), "a path is nobody else's business");
      await trained.save(pathOf('later.json'));
      const judged = await configured.predict(task);
      assert.equal(judged.vote, 'approve');
      assert.deepEqual(judged.model, { id: 'grading', family: 'custom-dough', digest: model.digest });
      assert.deepEqual(configured.identity, judged.model);
    });

    it('is not half written', async () => {
      await assert.rejects(trained.save(join(pathOf('dough.json'), 'below', 'a-file.json')), {
        code: 'FILE_UNWRITABLE',
      });
    });
  });
});
