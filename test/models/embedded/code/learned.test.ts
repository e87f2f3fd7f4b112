import assert from 'node:assert/strict';
import { Analysers } from '../../../../src/models/embedded/code/analysers/analysers.ts';
import { type Calibration, type ChangeModel, learnedReviewer } from '../../../../src/models/embedded/code/learned.ts';
import { reviewJudgement } from '../../../../src/models/embedded/code/verdict.ts';
import { codeContext } from '../../../../src/models/embedded/embedded-model.ts';
import { addition, review } from '../../tasks.ts';

const SURE = { slope: 1, offset: 0, knows: true };
const UNKNOWN = { slope: 1, offset: 0, knows: false };
const CALIBRATION: Calibration = {
  'js new': SURE,
  'js change': SURE,
  'python new': SURE,
  'python change': SURE,
  'c new': UNKNOWN,
  'c change': SURE,
  'other new': SURE,
  'other change': SURE,
};

function judge(diff: string, model: ChangeModel) {
  const context = codeContext(review(diff), new Analysers([]));
  return reviewJudgement(context, learnedReviewer(model, CALIBRATION)(context), { id: 'test', family: 'test' });
}

const INJECTION = ["await db.query('SELECT a FROM b WHERE c = ' + req.query.c);"];

describe('a learned reviewer', () => {
  it('approves what the model calls good, and rejects what it calls bad, with its line', () => {
    const diff = addition('src/a.js', ['send(first);', 'send(second);']);
    assert.equal(judge(diff, () => -3).vote, 'approve');
    // The second line alone looks worse to this model.
    const { vote, confidence, findings } = judge(diff, ({ after }) =>
      after.lines.some(({ code }) => code.includes('second')) ? 3 : 1,
    );
    assert.equal(vote, 'reject');
    assert.ok(confidence > 0.9);
    assert.deepEqual([findings[0]!.line, findings[0]!.quote], [11, 'send(second);']);
  });

  it('is never surer than its training sets allow', () => {
    const { confidence } = judge(addition('src/a.js', ['send(first);']), () => -100);
    assert.ok(confidence > 0.9 && confidence < 0.98, String(confidence));
  });

  it('rejects a flow from outside to a statement, whatever was learned', () => {
    const { vote, findings } = judge(addition('src/a.js', INJECTION), () => -100);
    assert.deepEqual([vote, findings[0]!.rule], ['reject', 'js/sql-injection']);
  });

  it('abstains on kinds that it does not know, but rejects certain defects there too', () => {
    const unknown = judge(addition('a.c', ['put(a, b);']), () => -100);
    assert.deepEqual([unknown.vote, unknown.abstainReason, unknown.confidence], ['abstain', 'low_confidence', 0.5]);
    const secret = judge(addition('a.c', ['char key[] = "AKIA2E0A8F3B244C9986";']), () => -100);
    assert.equal(secret.vote, 'reject');
  });

  it('does not approve by a part of a bulk change', () => {
    const lines = Array.from({ length: 2000 }, (_, i) => `send${i}(first, second, third, fourth, fifth);`);
    const { vote, abstainReason } = judge(addition('src/a.js', lines), () => -3);
    assert.deepEqual([vote, abstainReason], ['abstain', 'low_confidence']);
  });

  it('does not let a rule outvote what was learned of the same rule', () => {
    const { vote, findings } = judge(addition('src/a.js', ["const build = new Function('a', body);"]), () => -3);
    assert.equal(vote, 'approve');
    assert.deepEqual(
      findings.map(({ rule, severity }) => [rule, severity]),
      [['js/dynamic-code', 'warning']],
    );
  });

  it('names the line after which something was taken away', () => {
    const diff = [
      'diff --git a/src/a.js b/src/a.js',
      '--- a/src/a.js',
      '+++ b/src/a.js',
      '@@ -4,3 +4,2 @@',
      ' open(path);',
      '-check(path);',
      ' read(path);',
      '',
    ].join('\n');
    const { vote, findings } = judge(diff, () => 3);
    assert.deepEqual([vote, findings[0]!.line, findings[0]!.quote], ['reject', 4, 'open(path);']);
  });

  it('spares a change without any sign of risk in languages that were learned from defects alone', () => {
    const ordinary = judge(addition('a.py', ['    if not items:', '        return 0'], ['def mean(items):']), () => 0);
    const risky = judge(addition('a.py', ['    path = join(folder, name)'], ['def find(name):']), () => 0);
    assert.ok(
      ordinary.confidence > 0.75 && ordinary.confidence < 0.8 && risky.confidence < 0.6,
      `${ordinary.confidence} ${risky.confidence}`,
    );
  });

  it('rejects nothing by what it learned alone where its good examples were made up', () => {
    assert.equal(judge(addition('a.php', ['show($a);']), () => 3).vote, 'approve');
    assert.equal(judge(addition('a.php', ['eval($a);']), () => 3).vote, 'reject');
  });
});
