import assert from 'node:assert/strict';
import { coreFault } from '../../src/consensus/certificate.ts';
import type { Core } from '../../src/protocol/value.ts';
import { digestOf } from '../protocol/samples.ts';
import { approve, fakeCommittee } from './fixture.ts';
import { committee, v } from './round.ts';

describe('R30: a core alone', () => {
  it('has no fault when it follows from its results', () => {
    assert.equal(coreFault(committee, v.core), undefined);
  });

  const faults: [Partial<Core>, RegExp][] = [
    [{ networkId: digestOf(1) }, /another network/],
    [{ configDigest: digestOf(1) }, /another configuration/],
    [{ outcome: 'REJECTED' }, /does not follow/],
    [{ reason: 'split' }, /does not follow/],
    [{ confidencePpm: 1 }, /does not follow/],
    [{ scorePpm: 1 }, /does not follow/],
    [{ decidedAtSeconds: 1 }, /does not follow/],
    [{ tallies: { ...v.core.tallies, approveWeight: 3 } }, /does not follow/],
    [{ reveals: v.core.reveals.slice(0, 2) }, /does not follow/],
    [{ reveals: [...v.core.reveals, { index: 4, ...approve(4) }] }, /unknown validator/],
    [{ unrevealed: [4] }, /unknown validator/],
  ];
  for (const [change, fault] of faults) {
    it(`has one with another ${Object.keys(change).join()}`, () => {
      assert.match(coreFault(committee, { ...v.core, ...change })!, fault);
    });
  }

  it('has one under other rules', () => {
    const other = fakeCommittee({ rules: { minConfidencePpm: 0 } });
    assert.match(coreFault(other, v.core)!, /another network/);
  });
});
