import assert from 'node:assert/strict';
import { joinRequirements, prepareRequirement } from '../../../../src/models/embedded/skill/prepared.ts';
import { plainRarity } from '../../../../src/models/embedded/skill/rarity.ts';
import { read, readRequirements } from '../../../../src/models/embedded/skill/reading.ts';
import { mannerOf, TURN_NAMES, turnsOf } from '../../../../src/models/embedded/skill/turns.ts';

const turns = (text: string, asked: string) => {
  const requirement = prepareRequirement(asked);
  return turnsOf(prepareRequirement(text), requirement, joinRequirements([requirement]));
};

describe('turns', () => {
  it('agree where both texts go the same way, and not where they go opposite ways', () => {
    const more = TURN_NAMES.indexOf('more');
    assert.equal(turns('The pressure gets higher', 'Pressure increases').each[more], 1);
    assert.equal(turns('The pressure gets lower', 'Pressure increases').each[more], -1);
    assert.equal(turns('The pressure is measured', 'Pressure increases').each[more], 0);
  });

  it('count what is agreed and what is the opposite', () => {
    const same = turns('First close it, then wait', 'Close it first and wait');
    const other = turns('Close it after you waited', 'Close it before you wait');
    assert.deepEqual([same.opposite, other.opposite], [0, 1]);
    assert.ok(same.agreed > other.agreed);
  });

  it('see words of relation that are asked for, and others', () => {
    const right = turns('The valve is between the pumps', 'A valve between two pumps');
    const wrong = turns('The valve is above the pumps', 'A valve between two pumps');
    assert.deepEqual([right.relationsOther, wrong.relationsFound], [0, 0]);
    assert.ok(right.relationsFound > 0 && wrong.relationsOther > 0);
  });

  it('have a name each', () => {
    assert.equal(turns('', 'anything').each.length, TURN_NAMES.length);
  });
});

describe('manner', () => {
  const manner = (text: string) =>
    mannerOf(read(text, readRequirements([prepareRequirement('Pressure rises with depth')])), plainRarity);

  it('tells own words from those asked for', () => {
    const [own, asked] = [manner('Divers feel heavier pressure'), manner('Pressure rises')];
    assert.ok(own.newShare > asked.newShare && own.newWeight > asked.newWeight);
    assert.equal(asked.newShare, 0);
  });

  it('is nothing for an empty text', () => {
    assert.deepEqual(Object.values(manner('')), [0, 0, 0, 0]);
  });
});
