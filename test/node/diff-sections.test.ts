import assert from 'node:assert/strict';
import { selectFiles, shownFiles } from '../../src/node/diff-sections.ts';

const section = (path: string, from = path) =>
  `diff --git a/${from} b/${path}\n--- a/${from}\n+++ b/${path}\n@@ -1,2 +1,2 @@\n-old(1)\n+new( 1 )\n stays\n`;

describe('sections of a diff', () => {
  it('leaves out what is not wanted, and keeps the rest byte for byte', () => {
    const diff = `preamble\n${section('a.js')}${section('b.js')}${section('c.js')}`;
    const { diff: kept, leftOut } = selectFiles(diff, (path) => path !== 'b.js');
    assert.equal(kept, `preamble\n${section('a.js')}${section('c.js')}`);
    assert.deepEqual(leftOut, ['b.js']);
  });

  it('keeps a renamed file whose old name is wanted', () => {
    assert.deepEqual(selectFiles(section('vendor/x.js', 'src/x.js'), (path) => path.startsWith('src/')).leftOut, []);
  });

  it('keeps a section that hides a second file', () => {
    const hidden = `${section('vendor/x.js')}--- a/src/y.js\n+++ b/src/y.js\n@@ -1 +1 @@\n-a\n+b\n`;
    assert.deepEqual(
      selectFiles(hidden, (path) => path.startsWith('src/')),
      { diff: hidden, leftOut: [] },
    );
  });

  it('refuses a diff without the lines that git writes', () => {
    assert.throws(() => selectFiles('--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n', () => true), { code: 'INVALID_TASK' });
  });

  it('tells which lines were added, stand, and went', () => {
    const file = shownFiles(section('a.js')).get('a.js')!;
    assert.deepEqual([...file.added], [1]);
    assert.deepEqual([...file.standing], ['new(1)', 'stays']);
    assert.deepEqual([...file.removed], ['old(1)']);
  });
});
