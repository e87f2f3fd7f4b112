import assert from 'node:assert/strict';
import { repair } from '../../../../../src/models/embedded/code/analysers/python-repair.ts';

function repaired(rows: string[], row: number, message: string): string[] {
  const copy = [...rows];
  repair(copy, [{ row, message }], 0);
  return copy;
}

describe('python repair', () => {
  it('gives a body to the head above', () => {
    assert.deepEqual(repaired(['def f():', 'a()'], 1, 'Expected an indented block after function definition'), [
      'def f(): pass',
      'a()',
    ]);
  });

  it('takes a try without handlers for a plain block', () => {
    assert.deepEqual(repaired(['try:', '    a()', 'b()'], 2, 'Expected `except` or `finally` after `try` block'), [
      'if 1:',
      '    a()',
      'b()',
    ]);
  });

  it('makes a head of a blank row before a row that is too deep', () => {
    assert.deepEqual(repaired(['a()', '', '    b()'], 2, 'Unexpected indentation'), ['a()', 'if 1:', '    b()']);
  });

  it('moves a row to a level that exists', () => {
    const rows = ['if a:', '    b()', '  c()'];
    assert.deepEqual(repaired(rows, 2, 'unindent does not match any outer indentation level'), [
      'if a:',
      '    b()',
      'c()',
    ]);
  });

  it('replaces what does not parse and keeps heads', () => {
    assert.deepEqual(repaired(['  a b'], 0, 'Expected a newline'), ['  pass']);
    assert.deepEqual(repaired(['elif a b:'], 0, 'Expected a newline'), ['elif 1:']);
    assert.deepEqual(repaired(['a b', ''], 5, 'unexpected end of file'), ['pass', '']);
  });

  it('leaves the rows before the first alone', () => {
    const rows = ['import os', 'pass'];
    repair(rows, [{ row: 1, message: 'Expected a statement' }], 1);
    assert.deepEqual(rows, ['import os', 'pass']);
  });
});
