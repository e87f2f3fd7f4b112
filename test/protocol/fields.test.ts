import assert from 'node:assert/strict';
import type { CborValue } from '../../src/protocol/cbor.ts';
import { ProtocolError } from '../../src/protocol/errors.ts';
import * as read from '../../src/protocol/fields.ts';

describe('the readers of decoded fields', () => {
  const bytes = Uint8Array.of(1, 2);
  const taken: [string, unknown, unknown][] = [
    ['an array', read.arrayOf([1], 'x', 1), [1]],
    ['a list', read.listOf([1, 2], 'x', 2, (item) => Number(item) + 1), [2, 3]],
    ['an integer', read.integerOf(5, 'x', 0, 5), 5],
    ['text', read.textOf('ab', 'x', 2), 'ab'],
    ['a boolean', read.booleanOf(false, 'x'), false],
    ['bytes', read.bytesOf(bytes, 'x', 2), bytes],
    ['fixed bytes', read.fixedBytesOf(bytes, 'x', 2), bytes],
    ['a word', read.wordOf(1, 'x', ['a', 'b']), 'b'],
    ['null', read.optional(null, () => assert.fail('null is not read')), null],
    ['what is not null', read.optional(0, (value) => value), 0],
  ];
  for (const [what, got, wanted] of taken) it(`take ${what}`, () => assert.deepEqual(got, wanted));

  const refused: [string, () => unknown][] = [
    ['no array', () => read.arrayOf('x', 'field')],
    ['an array of another length', () => read.arrayOf([1], 'field', 2)],
    ['a list over its limit', () => read.listOf([1, 2], 'field', 1, (item) => item)],
    ['an integer below', () => read.integerOf(-1, 'field', 0, 5)],
    ['an integer above', () => read.integerOf(6, 'field', 0, 5)],
    ['a text as integer', () => read.integerOf('1', 'field', 0, 5)],
    ['text over its limit', () => read.textOf('abc', 'field', 2)],
    ['bytes as text', () => read.textOf(bytes as CborValue, 'field', 2)],
    ['a number as boolean', () => read.booleanOf(1, 'field')],
    ['bytes over their limit', () => read.bytesOf(bytes, 'field', 1)],
    ['too few bytes', () => read.fixedBytesOf(bytes, 'field', 3)],
    ['a word off the list', () => read.wordOf(2, 'field', ['a', 'b'])],
    ['a missing word', () => read.wordOf(undefined, 'field', ['a', 'b'])],
  ];
  for (const [what, attempt] of refused) {
    it(`refuse ${what}, and name the field`, () => {
      assert.throws(
        attempt,
        (error: Error) => error instanceof ProtocolError && error.message.startsWith('field must'),
      );
    });
  }
});
