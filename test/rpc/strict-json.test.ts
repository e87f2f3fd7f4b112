import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ProtocolError } from '../../src/protocol/errors.ts';
import { JSON_DEPTH_MAX } from '../../src/rpc/limits.ts';
import { parseStrictJson } from '../../src/rpc/strict-json.ts';

describe('rpc/strict-json', () => {
  const refused: [string, RegExp][] = [
    ['{"a":1,"a":2}', /key "a" twice in one object/],
    ['{"a":1,"b":{},"a":2}', /twice/],
    ['[{"x":[{"a":1 , "a" : 2}]}]', /twice/],
    ['{"a":1,"\\u0061":2}', /twice/],
    ['{"a\\"b":1,"a\\"b":2}', /twice/],
    ['{"__proto__":1}', /__proto__/],
    ['{"a":{"__proto__":{"admin":true}}}', /__proto__/],
    ['{"\\u005f_proto__":1}', /__proto__/],
    ['['.repeat(1_000_000), /nested over/],
    [`${'{"a":'.repeat(JSON_DEPTH_MAX + 1)}1${'}'.repeat(JSON_DEPTH_MAX + 1)}`, /nested over/],
    ['', /not JSON/],
    ['{"a":1,}', /not JSON/],
    ["{'a':1}", /not JSON/],
    ['{"a":NaN}', /not JSON/],
    ['{"a', /not JSON/],
    ['{"a\\q":1}', /not JSON/],
    ['1 2', /not JSON/],
  ];
  for (const [text, message] of refused) {
    it(`refuses ${text.slice(0, 40)}`, () => {
      assert.throws(
        () => parseStrictJson(text),
        (error: Error) => error instanceof ProtocolError && message.test(error.message),
      );
    });
  }

  it('accepts what only looks ambiguous', () => {
    const texts = [
      '{"a":"a","b":"a"}',
      '[{"a":1},{"a":1}]',
      '{"a":{"a":{"a":1}}}',
      '["__proto__","__proto__"]',
      '{"a":"__proto__"}',
      '{"a":"{\\"b\\":1,\\"b\\":2}"}',
      '{"a":"\\\\","b":"\\\\"}',
      '{"":1}',
    ];
    for (const text of texts) assert.deepEqual(parseStrictJson(text), JSON.parse(text));
    const deep = '['.repeat(JSON_DEPTH_MAX) + ']'.repeat(JSON_DEPTH_MAX);
    assert.deepEqual(parseStrictJson(deep), JSON.parse(deep));
  });

  it('reads every document that an encoder writes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(undefined, 2, '\t'), (value, space) => {
        const text = JSON.stringify(value, null, space);
        if (text.includes('__proto__')) return;
        assert.deepEqual(parseStrictJson(text), JSON.parse(text));
      }),
    );
  });

  it('refuses a member that is added again anywhere', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }),
        fc.jsonValue(),
        fc.nat(),
        (object, value, pick) => {
          const keys = Object.keys(object);
          const key = keys[pick % keys.length]!;
          const text = `{"outer":[${JSON.stringify(object).slice(0, -1)},${JSON.stringify(key)}:${JSON.stringify(value)}}]}`;
          assert.throws(() => parseStrictJson(text), ProtocolError);
        },
      ),
    );
  });

  it('answers any text with a value or a ProtocolError', () => {
    const token = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '\\',
      '"a"',
      '1',
      'null',
      ' ',
      '\\u0061',
      '\ud800',
    );
    fc.assert(
      fc.property(fc.array(token, { maxLength: 30 }), (tokens) => {
        const text = tokens.join('');
        try {
          assert.deepEqual(parseStrictJson(text), JSON.parse(text));
        } catch (error) {
          assert.ok(error instanceof ProtocolError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('takes a task of the largest size in a moment', () => {
    const text = JSON.stringify({
      diff: '"\\'.repeat(1_000_000),
      files: Array.from({ length: 100_000 }, (_, index) => ({ [`f${index}`]: index })),
    });
    const startedMs = performance.now();
    parseStrictJson(text);
    assert.ok(performance.now() - startedMs < 5_000, `${performance.now() - startedMs} ms`);
  }).timeout(10_000);
});
