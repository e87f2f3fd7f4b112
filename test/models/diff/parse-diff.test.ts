import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DIFF_FILES_MAX, LINE_CHARS_MAX, OMISSIONS_MAX } from '../../../src/models/diff/limits.ts';
import { parseDiff } from '../../../src/models/diff/parse-diff.ts';

const added = (diff: string) =>
  parseDiff(diff).files.flatMap((file) =>
    file.hunks.flatMap((hunk) =>
      hunk.lines.filter((line) => line.kind === 'added').map((line) => `${file.path}:${line.line}:${line.text}`),
    ),
  );

describe('parseDiff', () => {
  it('reads several files with the lines of the changed file', () => {
    const diff =
      'diff --git a/a.js b/a.js\n--- a/a.js\n+++ b/a.js\n@@ -1,2 +1,3 @@\n one\n+two\n three\n@@ -10 +11,2 @@\n-x\n+y\n+z\ndiff --git a/b.py b/b.py\n--- a/b.py\n+++ b/b.py\n@@ -0,0 +1 @@\n+pass\n';
    assert.deepEqual(added(diff), ['a.js:2:two', 'a.js:11:y', 'a.js:12:z', 'b.py:1:pass']);
  });

  it('knows renames, new, deleted and binary files', () => {
    const diff =
      'diff --git a/old name.js b/new name.js\nsimilarity index 90%\nrename from old name.js\nrename to new name.js\n--- a/old name.js\n+++ b/new name.js\n@@ -1 +1 @@\n-a\n+b\ndiff --git a/n.js b/n.js\nnew file mode 100644\n--- /dev/null\n+++ b/n.js\n@@ -0,0 +1 @@\n+n\ndiff --git a/d.js b/d.js\ndeleted file mode 100644\n--- a/d.js\n+++ /dev/null\n@@ -1 +0,0 @@\n-d\ndiff --git a/x.png b/x.png\nindex 1..2 100644\nBinary files a/x.png and b/x.png differ\n';
    const { files, omitted, complete } = parseDiff(diff);
    assert.deepEqual(
      files.map(({ path, status, binary }) => [path, status, binary]),
      [
        ['new name.js', 'renamed', false],
        ['n.js', 'added', false],
        ['d.js', 'deleted', false],
        ['x.png', 'modified', true],
      ],
    );
    assert.deepEqual(omitted, [{ what: 'x.png', reason: 'binary' }]);
    assert.equal(complete, true);
  });

  it('is incomplete when a binary file could run', () => {
    assert.equal(
      parseDiff('diff --git a/tool.exe b/tool.exe\nBinary files a/tool.exe and b/tool.exe differ\n').complete,
      false,
    );
  });

  it('reads quoted paths, CRLF, timestamps and missing final newlines', () => {
    const diff =
      'diff --git "a/caf\\303\\251.js" "b/caf\\303\\251.js"\r\n--- "a/caf\\303\\251.js"\r\n+++ "b/caf\\303\\251.js"\r\n@@ -1 +1 @@\r\n-a\r\n\\ No newline at end of file\r\n+b\r\n\\ No newline at end of file\r\n--- plain.js\t2026-01-01 00:00:00\n+++ plain.js\t2026-01-02 00:00:00\n@@ -1 +1 @@\n-c\n+d\n';
    assert.deepEqual(added(diff), ['café.js:1:b', 'plain.js:1:d']);
  });

  it('forgives hunks whose counts are wrong', () => {
    const few =
      '--- a/a.js\n+++ b/a.js\n@@ -1,1 +1,1 @@\n one\n+two\n+three\n--- a/b.js\n+++ b/b.js\n@@ -1,9 +1,9 @@\n+four\n--- a/c.js\n+++ b/c.js\n@@ -1 +1 @@\n+five\n';
    assert.deepEqual(added(few), ['a.js:2:two', 'a.js:3:three', 'b.js:1:four', 'c.js:1:five']);
  });

  it('takes no content for a file heading', () => {
    const diff =
      '--- a/q.sql\n+++ b/q.sql\n@@ -1,2 +1,3 @@\n--- old comment\n+++ new comment\n+DROP TABLE users;\n x\n';
    assert.deepEqual(added(diff), ['q.sql:1:++ new comment', 'q.sql:2:DROP TABLE users;']);
  });

  it('leaves out what is too long and says so', () => {
    const diff = `--- a/a.js\n+++ b/a.js\n@@ -0,0 +1,2 @@\n+${'x'.repeat(LINE_CHARS_MAX + 1)}\n+y\n`;
    const parsed = parseDiff(diff);
    assert.deepEqual(parsed.omitted, [{ what: 'a.js:1', reason: 'line too long' }]);
    assert.deepEqual([parsed.addedTotal, parsed.addedJudged, parsed.complete], [2, 1, false]);
  });

  it('bounds files and omissions', () => {
    const one = (i: number) => `diff --git a/f${i}.exe b/f${i}.exe\nBinary files a/f${i}.exe and b/f${i}.exe differ\n`;
    const parsed = parseDiff(Array.from({ length: DIFF_FILES_MAX + 10 }, (_, i) => one(i)).join(''));
    assert.equal(parsed.files.length, DIFF_FILES_MAX);
    assert.equal(parsed.filesTotal, DIFF_FILES_MAX + 10);
    assert.equal(parsed.omitted.length, OMISSIONS_MAX + 1);
    assert.equal(parsed.complete, false);
  });

  it('finds nothing in what is no diff', () => {
    for (const text of ['hello', '', '@@ nonsense @@\n+a', '--- a\n+++ b\n', '{"json": true}']) {
      assert.equal(parseDiff(text).changedLines, 0, text);
    }
  });

  it('gives back every added line of any well-formed diff', () => {
    const line = fc.tuple(
      fc.constantFrom('+', '-', ' '),
      fc.string({ maxLength: 40 }).map((text) => text.replace(/[\r\n]/g, '')),
    );
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 30 }), (lines) => {
        const count = (marks: string) => lines.filter(([mark]) => marks.includes(mark)).length;
        const body = lines.map(([mark, text]) => mark + text).join('\n');
        const diff = `--- a/x.js\n+++ b/x.js\n@@ -1,${count('- ')} +1,${count('+ ')} @@\n${body}\n`;
        const { files, addedTotal } = parseDiff(diff);
        const texts = files.flatMap((file) =>
          file.hunks.flatMap((hunk) => hunk.lines.filter(({ kind }) => kind === 'added').map(({ text }) => text)),
        );
        assert.deepEqual(
          texts,
          lines.filter(([mark]) => mark === '+').map(([, text]) => text),
        );
        assert.equal(addedTotal, texts.length);
      }),
    );
  });

  it('never throws, whatever the text', () => {
    const bit = fc.constantFrom(
      'diff --git a/x b/y\n',
      '--- a/x\n',
      '+++ b/x\n',
      '@@ -1,2 +3,4 @@\n',
      '+a\n',
      '-b\n',
      ' c\n',
      '\\ No newline',
      '\n',
      'Binary files',
      '"\\3',
      '\u0000',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(bit, fc.string()), { maxLength: 60 }), (bits) => void parseDiff(bits.join(''))),
    );
  });
});
