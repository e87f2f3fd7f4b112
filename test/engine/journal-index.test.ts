import assert from 'node:assert/strict';
import fc from 'fast-check';
import { JournalIndex } from '../../src/engine/journal-index.ts';

describe('the index of the journal', () => {
  it('lets an entry go once nothing in it is open', () => {
    const index = new JournalIndex();
    assert.equal(index.add(1, ['a', 'b', 'a']), false);
    assert.equal(index.add(2, ['b']), false);
    assert.deepEqual(index.remove('a'), []);
    assert.deepEqual(index.remove('b'), [1, 2]);
    assert.deepEqual(index.remove('b'), []);
  });

  it('lets an entry go at once if nothing in it is open, and knows nothing of strangers', () => {
    const index = new JournalIndex();
    assert.equal(index.add(7, []), true);
    assert.deepEqual(index.remove('x'), []);
  });

  it('lets each entry go exactly once, when its last task ends', () => {
    const anyEntries = fc.array(fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 4 }), { maxLength: 12 });
    fc.assert(
      fc.property(anyEntries, fc.shuffledSubarray(['a', 'b', 'c', 'd']), (entries, order) => {
        const index = new JournalIndex();
        const gone = new Set<number>();
        entries.forEach((taskIds, tick) => {
          if (index.add(tick, taskIds)) gone.add(tick);
        });
        const ended = new Set<string>();
        for (const taskId of order) {
          ended.add(taskId);
          for (const tick of index.remove(taskId)) {
            assert.ok(!gone.has(tick), 'once');
            gone.add(tick);
          }
          entries.forEach((taskIds, tick) => {
            assert.equal(
              gone.has(tick),
              taskIds.every((id) => ended.has(id)),
            );
          });
        }
      }),
    );
  });
});
