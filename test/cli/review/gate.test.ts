import assert from 'node:assert/strict';
import { filterFindings, gateExit } from '../../../src/cli/review/gate.ts';
import { compare } from '../../../src/cli/review/since.ts';
import type { AgreedFinding } from '../../../src/protocol/agreement.ts';
import { findingIds } from '../../../src/protocol/finding-id.ts';

const DIFF = 'diff --git a/a.js b/a.js\n--- a/a.js\n+++ b/a.js\n@@ -1,2 +1,2 @@\n-gone(1)\n+added(1)\n stays(1)\n';

const finding = (more: Partial<AgreedFinding> = {}): AgreedFinding => ({
  file: 'a.js',
  line: 1,
  category: 'style',
  severity: 'warning',
  rules: ['js/x'],
  quote: 'added(1)',
  message: 'look',
  validators: [],
  agreement: { found: 3, of: 4 },
  ...more,
});

describe('the merge gate', () => {
  it('follows the verdict unless told otherwise', () => {
    assert.equal(gateExit({ outcome: 'APPROVED' }, [finding()], 'error'), 0);
    assert.equal(gateExit({ outcome: 'REJECTED' }, [], 'note'), 1);
    assert.equal(gateExit({ outcome: 'REJECTED' }, [finding()], 'none'), 0);
  });

  it('stops an approval with findings of the level that more than half report', () => {
    assert.equal(gateExit({ outcome: 'APPROVED' }, [finding()], 'warning'), 1);
    assert.equal(gateExit({ outcome: 'APPROVED' }, [finding({ severity: 'note' })], 'warning'), 0);
    assert.equal(gateExit({ outcome: 'APPROVED' }, [finding({ severity: 'note' })], 'note'), 1);
    assert.equal(gateExit({ outcome: 'APPROVED' }, [finding({ agreement: { found: 2, of: 4 } })], 'warning'), 0);
  });

  for (const outcome of ['INCONCLUSIVE', 'EXPIRED'] as const) {
    it(`never passes ${outcome}`, () => {
      for (const level of ['error', 'warning', 'note', 'none'] as const)
        assert.equal(gateExit({ outcome }, [], level), 3);
    });
  }

  it('tells findings on added lines, in touched files, or all', () => {
    const findings = [finding(), finding({ line: 2 }), finding({ file: 'b.js' })];
    const counts = (['added', 'file', 'all'] as const).map((filter) => filterFindings(findings, filter, DIFF).length);
    assert.deepEqual(counts, [1, 2, 3]);
  });

  it('compares with an earlier review: kept, fixed, and what is not seen any more', () => {
    const [kept, fixed, moved, elsewhere] = [
      finding({ line: 40 }),
      finding({ quote: 'gone(1)' }),
      finding({ quote: 'stays(1)' }),
      finding({ file: 'b.js' }),
    ];
    const compared = compare([kept!, fixed!, moved!, elsewhere!], [finding()], DIFF);
    assert.deepEqual([...compared.kept], findingIds([finding()]));
    assert.deepEqual(compared.fixed, [fixed]);
    assert.deepEqual(compared.unseen, [moved, elsewhere]);
  });
});
