import assert from 'node:assert/strict';
import { InvalidArgumentError } from 'commander';
import { deadline, duration, wholeNumber } from '../../src/cli/arguments.ts';

describe('arguments', () => {
  it('reads durations', () => {
    const cases: [string, number][] = [
      ['500ms', 500],
      ['30s', 30_000],
      ['5m', 300_000],
      ['2h', 7_200_000],
      ['1d', 86_400_000],
      ['45', 45_000],
    ];
    for (const [text, expectedMs] of cases) assert.equal(duration(text), expectedMs, text);
  });

  it('reads deadlines as times and as durations from now', () => {
    assert.equal(deadline('2026-11-22T10:00:00Z'), 1_795_341_600);
    const inTenMinutes = Math.ceil(Date.now() / 1000) + 600;
    assert.ok(Math.abs(deadline('10m') - inTenMinutes) <= 1);
  });

  const wrong: [string, (text: string) => number][] = [
    ['', duration],
    ['-5s', duration],
    ['5 s', duration],
    ['1w', duration],
    ['tomorrow', deadline],
    ['2026-11-22', deadline],
    ['2026-13-45T99:00:00Z', deadline],
    ['1e3', wholeNumber(1, 10_000)],
    ['0x10', wholeNumber(1, 10_000)],
    ['0', wholeNumber(1, 10_000)],
    ['10001', wholeNumber(1, 10_000)],
    ['99999999999999999999', wholeNumber(1, 10_000)],
  ];
  for (const [text, parse] of wrong) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => parse(text), InvalidArgumentError);
    });
  }
});
