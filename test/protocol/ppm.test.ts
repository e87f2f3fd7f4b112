import assert from 'node:assert/strict';
import fc from 'fast-check';
import { formatPpm, PPM, parsePpm, ppmToNumber, probabilityToPpm } from '../../src/protocol/ppm.ts';

describe('parts per million', () => {
  const read: [string | number, number][] = [
    ['0', 0],
    ['1', PPM],
    ['0.7', 700_000],
    [0.7, 700_000],
    ['0.666667', 666_667],
    ['1.000000', PPM],
  ];
  for (const [text, ppm] of read)
    it(`read ${JSON.stringify(text)} as ${ppm}`, () => assert.equal(parsePpm(text, 'share'), ppm));

  const refused = [
    '',
    '.5',
    '0.',
    '0,7',
    '00.7',
    '-0.1',
    '+0.1',
    '1.000001',
    '2',
    '0.1234567',
    '1e-1',
    ' 0.7',
    '70%',
    'NaN',
  ];
  for (const text of [...refused, Number.NaN, 1e-7, 0.1 + 0.2, -1, Number.POSITIVE_INFINITY]) {
    it(`refuse ${JSON.stringify(text)} (${text}) and name the field`, () => {
      assert.throws(() => parsePpm(text, 'validation.minConfidence'), {
        code: 'INVALID_SHARE',
        message: /^validation\.minConfidence must be a decimal/,
        details: { path: 'validation.minConfidence' },
      });
    });
  }

  it('are written in the shortest form that reads back', () => {
    assert.equal(formatPpm(700_000), '0.7');
    assert.equal(formatPpm(0), '0');
    assert.equal(formatPpm(PPM), '1');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: PPM }), (ppm) => {
        assert.equal(parsePpm(formatPpm(ppm), 'share'), ppm);
        assert.equal(probabilityToPpm(ppmToNumber(ppm)), ppm);
        assert.equal(formatPpm(ppm), formatPpm(ppm).replace(/\.?0+$/, '') || '0');
      }),
    );
  });

  it('round a probability once, within 0 and 1; what is none counts as 0', () => {
    assert.equal(probabilityToPpm(0.1234564), 123_456);
    assert.equal(probabilityToPpm(1.5), PPM);
    assert.equal(probabilityToPpm(-0.5), 0);
    for (const none of [Number.NaN, Number.POSITIVE_INFINITY]) assert.equal(probabilityToPpm(none), 0);
  });
});
