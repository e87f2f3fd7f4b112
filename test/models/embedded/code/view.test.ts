import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseDiff } from '../../../../src/models/diff/parse-diff.ts';
import { Analysers } from '../../../../src/models/embedded/code/analysers/analysers.ts';
import { flowFeatures } from '../../../../src/models/embedded/code/flow-features.ts';
import { readChange } from '../../../../src/models/embedded/code/lint.ts';
import { profileFeatures } from '../../../../src/models/embedded/code/profile-features.ts';
import { ruleFeatures } from '../../../../src/models/embedded/code/rule-features.ts';
import { tokenFeatures } from '../../../../src/models/embedded/code/token-features.ts';
import { gains, viewOf } from '../../../../src/models/embedded/code/view.ts';
import { addition } from '../../tasks.ts';

function view(diff: string) {
  return viewOf(readChange(parseDiff(diff), new Analysers([])));
}

describe('the view of a change', () => {
  it('tells new code from changes by the lines around it', () => {
    assert.equal(view(addition('a.py', ['x = 1'])).kind, 'python new');
    assert.equal(view(addition('a.py', ['x = 1'], ['y = 2'])).kind, 'python change');
    assert.equal(view(addition('a.go', ['x := 1'], ['y := 2'])).kind, 'other change');
  });

  it('takes the language of which there is most', () => {
    const diff = addition('a.c', ['int a;']) + addition('b.js', ['let a;', 'let b;', 'let c;']);
    assert.equal(view(diff).kind, 'js new');
  });

  it('leaves tests out, unless there is nothing else', () => {
    const shipped = addition('src/a.js', ['run(a);']);
    const test = addition('test/a.test.js', ['run(b);', 'run(c);']);
    assert.equal(view(shipped + test).after.lines.length, 1);
    assert.equal(view(test).after.lines.length, 2);
  });

  it('reads no comments, no blank lines, and no more than its limit', () => {
    const noise = addition('src/a.js', ['run(a);', '// run(b);', '', '   ']);
    assert.deepEqual(
      view(noise).after.lines.map(({ code }) => code.trim()),
      ['run(a);'],
    );
    const bulk = addition(
      'src/a.js',
      Array.from({ length: 3000 }, (_, i) => `run${i}(${'a'.repeat(80)});`),
    );
    assert.ok(view(bulk).after.lines.reduce((sum, { code }) => sum + code.length, 0) < 61_000);
  });

  it('has no feature that comments or blank lines change, so that their number tells nothing', () => {
    const read = (diff: string) => {
      const own = view(diff);
      return [ruleFeatures(own, 512), flowFeatures(own, 512), tokenFeatures(own, 512), profileFeatures(own)];
    };
    const bare = read(addition('src/a.js', ['const a = query(b);', 'return a;']));
    const padded = read(addition('src/a.js', ['// one', 'const a = query(b);', '', '// two', 'return a;', '']));
    assert.deepEqual(padded, bare);
  });

  it('gains exactly what the reversed change loses', () => {
    const tokens = fc.array(fc.constantFrom('a', 'b', 'c', 'd'));
    fc.assert(
      fc.property(tokens, tokens, (after, before) => {
        const turned = gains(before, after).map(([feature, surplus]) => [feature, -surplus] as const);
        assert.deepEqual(new Map(gains(after, before)), new Map(turned));
      }),
    );
  });
});
