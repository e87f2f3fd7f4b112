import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { inOrder, linesOf, type NumberedLine } from '../../src/cli/lines.ts';

async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function linesIn(parts: Buffer[], lineBytesMax = 1000): Promise<NumberedLine[]> {
  return collected(linesOf(Readable.from(parts), lineBytesMax));
}

describe('linesOf', () => {
  it('numbers lines, drops blank ones and reads one without an end', async () => {
    const lines = await linesIn([Buffer.from('one\n\n  \r\nfour\r\nfive')]);
    assert.deepEqual(lines, [
      { number: 1, text: 'one' },
      { number: 4, text: 'four' },
      { number: 5, text: 'five' },
    ]);
  });

  it('leaves out the text of a line that is too long, and goes on', async () => {
    const lines = await linesIn([Buffer.from('x'.repeat(50)), Buffer.from(`${'x'.repeat(51)}\nok\n`)], 100);
    assert.deepEqual(lines, [{ number: 1 }, { number: 2, text: 'ok' }]);
  });

  it('gives the same lines however the bytes are cut', async () => {
    const text = fc.array(fc.stringMatching(/^[a-zé世]{1,8}$/), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 1, max: 7 }), async (texts, size) => {
        const bytes = Buffer.from(texts.join('\n'));
        const parts = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
          bytes.subarray(at * size, (at + 1) * size),
        );
        assert.deepEqual(
          (await linesIn(parts)).map(({ text: line }) => line),
          texts,
        );
      }),
    );
  });
});

describe('inOrder', () => {
  async function* upTo(n: number, taken: number[] = []) {
    for (let item = 0; item < n; item++) {
      taken.push(item);
      yield item;
    }
  }

  it('answers in order though later items finish first, and never has more than its width under way', async () => {
    let underWay = 0;
    let most = 0;
    const slowFirst = async (item: number) => {
      most = Math.max(most, ++underWay);
      await new Promise((done) => setTimeout(done, (20 - item) / 4));
      underWay -= 1;
      return item;
    };
    assert.deepEqual(
      await collected(inOrder(upTo(20), 3, slowFirst)),
      Array.from({ length: 20 }, (_, item) => item),
    );
    assert.equal(most, 3);
  });

  it('takes no more items than its reader needs', async () => {
    const taken: number[] = [];
    const answers = inOrder(upTo(1000, taken), 2, async (item) => item);
    await answers.next();
    await answers.return(undefined);
    assert.ok(taken.length <= 3, String(taken.length));
  });

  it('throws what the mapping threw', async () => {
    const failing = async () => {
      throw new Error('broken');
    };
    await assert.rejects(collected(inOrder(upTo(3), 5, failing)), /broken/);
  });
});
