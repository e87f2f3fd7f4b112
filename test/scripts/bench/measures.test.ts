import assert from 'node:assert/strict';
import { quantile, ratio, rounded } from '../../../scripts/bench/measures.ts';
import { type CpuProfile, foldProfile } from '../../../scripts/bench/profile.ts';

describe('the figures of the bench', () => {
  it('takes quantiles by the nearest rank, whatever the order', () => {
    const values = Array.from({ length: 100 }, (_, n) => 100 - n);
    assert.deepEqual([quantile(values, 0.5), quantile(values, 0.99), quantile(values, 1)], [50, 99, 100]);
    assert.equal(quantile([7], 0.99), 7);
    assert.ok(Number.isNaN(quantile([], 0.5)));
  });

  it('rounds to three digits and keeps whole thousands', () => {
    assert.deepEqual([0.12345, 12.345, 999.4, 12345.6].map(rounded), [0.123, 12.3, 999, 12346]);
    assert.equal(ratio(10, 3), 3.33);
  });

  it('folds a profile into self time by folder and function, without idle time', () => {
    const frame = (functionName: string, url: string) => ({ functionName, url, lineNumber: 9 });
    const profile: CpuProfile = {
      nodes: [
        { id: 1, callFrame: frame('(idle)', '') },
        { id: 2, callFrame: frame('tick', 'file:///home/x/dist/engine/outbox.js') },
        { id: 3, callFrame: frame('send', 'file:///home/x/node_modules/@libp2p/tcp/dist/src/a.js') },
        { id: 4, callFrame: frame('(garbage collector)', '') },
      ],
      samples: [1, 2, 3, 2, 4],
      timeDeltas: [1000, 300, 400, 200, 100],
    };
    const table = foldProfile(profile);
    assert.deepEqual(table['folder: src/engine'], { 'self %': 50, 'self ms': 0.5 });
    assert.deepEqual(table['folder: @libp2p/tcp'], { 'self %': 40, 'self ms': 0.4 });
    assert.deepEqual(table['function: (garbage collector)'], { 'self %': 10, 'self ms': 0.1 });
    assert.equal(table['function: tick (outbox.js:10)']?.['self %'], 50);
    assert.equal(table['function: (idle)'], undefined);
  });
});
