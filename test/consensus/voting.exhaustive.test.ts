import assert from 'node:assert/strict';
import { search } from './exhaustive/search.ts';

describe('R17 to R22: every run of four validators, one of them Byzantine and always the proposer', () => {
  it('decides one value at most, in three rounds', function () {
    this.timeout(60_000);
    const { disagreement, cut, states } = search({ rounds: 3, statesMax: 1_000_000, reduction: 'facts' });
    assert.deepEqual({ disagreement, cut }, { disagreement: null, cut: false });
    assert.ok(states > 10_000, `${states} states`);
  });

  it('comes to the same combinations of votes in layers and in any order', function () {
    this.timeout(60_000);
    const [any, layers] = (['none', 'layers'] as const).map((reduction) =>
      search({ rounds: 2, statesMax: 1_000_000, reduction }),
    );
    assert.ok(any!.reached.size > 10_000, `${any!.reached.size} combinations`);
    assert.equal(layers!.reached.size, any!.reached.size);
    assert.equal(layers!.locals, any!.locals);
  });
});
