import assert from 'node:assert/strict';
import { bindDataToEpochs } from '../../src/node/data-epochs.ts';
import { createCommittee, nextCommittee } from '../../src/protocol/committee.ts';
import { createMemoryStore } from '../../src/store/memory-store.ts';
import { genesisOf } from './result-fixture.ts';

const first = createCommittee(genesisOf(4));
const grown = nextCommittee(first, genesisOf(5));
const other = nextCommittee(first, genesisOf(6));
const shrunk = nextCommittee(grown, genesisOf(4));

describe('the epochs of a database', () => {
  it('are known from the first start under them on', async () => {
    const { notes } = createMemoryStore();
    const bind = (committees: Parameters<typeof bindDataToEpochs>[1], nowMs: number) =>
      bindDataToEpochs(notes, committees, { folder: 'epochs', nowMs });
    assert.equal(await bind([first], 1), 0);
    assert.equal(await bind([first, grown], 2), 2);
    assert.equal(await bind([first, grown], 3), 2);
    assert.equal(await bind([first, grown, shrunk], 4), 4);
    await assert.rejects(bind([first, grown], 5), { code: 'OTHER_EPOCH', message: /under epoch 2, .* missing/ });
    await assert.rejects(bind([first, other, shrunk], 6), {
      code: 'OTHER_EPOCH',
      message: /epoch 1, .* another change/,
    });
    assert.equal(await bind([first, grown, shrunk], 7), 4);
  });
});
