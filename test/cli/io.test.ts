import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { type Io, Output, table } from '../../src/cli/io.ts';
import { HOSTILE_TEXTS, isInertLine } from './hostile-texts.ts';
import { Captured } from './run.ts';

function terminal(isTTY: boolean, env: Io['env'] = {}): { io: Io; stdout: Captured; stderr: Captured } {
  const [stdout, stderr] = [new Captured(isTTY), new Captured(isTTY)];
  return {
    io: { stdin: Readable.from([]), stdout, stderr, env, signal: new AbortController().signal },
    stdout,
    stderr,
  };
}

describe('Output', () => {
  it('makes every way out inert', () => {
    const { io, stdout, stderr } = terminal(false);
    const [text, json] = [new Output(io, false), new Output(io, true)];
    for (const hostile of Object.values(HOSTILE_TEXTS)) {
      text.line(hostile);
      text.note(hostile);
      text.progress(hostile);
      text.lines(
        table([
          ['a', hostile],
          [hostile, 'b'],
        ]),
      );
      json.json({ hostile, [hostile]: 1 });
    }
    const lines = `${stdout.text}${stderr.text}`.split('\n');
    assert.equal(lines.filter((line) => !isInertLine(line)).length, 0);
  });

  it('keeps data and everything else apart', () => {
    const { io, stdout, stderr } = terminal(false);
    const out = new Output(io, true);
    out.line('for people');
    out.note('note');
    out.progress('progress');
    out.json({ a: 1 });
    assert.equal(stdout.text, '{"a":1}\n');
    assert.equal(stderr.text, 'note\nprogress\n');
  });

  it('writes plain lines without a terminal, each state once', () => {
    const { io, stdout, stderr } = terminal(false);
    const out = new Output(io, false);
    for (const text of ['a', 'a', 'b']) out.progress(text);
    out.line('done', 'good');
    assert.equal(stderr.text, 'a\nb\n');
    assert.equal(stdout.text, 'done\n');
  });

  it('rewrites one line on a terminal, clears it for data, and colours', () => {
    const { io, stdout, stderr } = terminal(true);
    const out = new Output(io, false);
    out.progress('a');
    out.line('done', 'good');
    assert.equal(stderr.text, '\r\x1b[2Ka\r\x1b[2K');
    assert.equal(stdout.text, '\x1b[32mdone\x1b[0m\n');
  });

  it('honours NO_COLOR', () => {
    const { io, stdout } = terminal(true, { NO_COLOR: '1' });
    new Output(io, false).line('done', 'good');
    assert.equal(stdout.text, 'done\n');
  });
});

describe('table', () => {
  it('aligns columns and leaves no blanks at the end', () => {
    assert.deepEqual(
      table([
        ['a', 'b'],
        ['long', 'c'],
        ['x', ''],
      ]),
      ['a     b', 'long  c', 'x'],
    );
  });
});
