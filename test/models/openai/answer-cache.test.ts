import assert from 'node:assert/strict';
import { AnswerCache } from '../../../src/models/openai/answer-cache.ts';
import { CACHED_ANSWERS_MAX, CACHED_CHARS_MAX } from '../../../src/models/openai/limits.ts';

const answer = (text: string) => ({ text, reported: 'r' });

describe('the cache of answers', () => {
  it('keeps the answers used last, within its number', () => {
    const cache = new AnswerCache();
    for (let i = 0; i < CACHED_ANSWERS_MAX; i++) cache.set(`${i}`, answer(`${i}`));
    assert.equal(cache.get('0')!.text, '0');
    cache.set('new', answer('new'));
    assert.deepEqual([cache.get('0')!.text, cache.get('1'), cache.get('2')!.text], ['0', undefined, '2']);
  });

  it('keeps no more characters than its limit, whatever is replaced', () => {
    const cache = new AnswerCache();
    const half = 'x'.repeat(CACHED_CHARS_MAX / 2);
    cache.set('a', answer(half));
    cache.set('a', answer(half));
    cache.set('b', answer(half));
    assert.ok(cache.get('a') && cache.get('b'));
    cache.set('c', answer('x'));
    assert.deepEqual(
      [cache.get('a'), cache.get('b')?.text.length, cache.get('c')?.text],
      [undefined, half.length, 'x'],
    );
    cache.set('d', answer('x'.repeat(CACHED_CHARS_MAX + 1)));
    assert.deepEqual([cache.get('b'), cache.get('c'), cache.get('d')], [undefined, undefined, undefined]);
  });
});
