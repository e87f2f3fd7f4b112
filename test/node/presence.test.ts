import assert from 'node:assert/strict';
import { Presence } from '../../src/node/presence.ts';
import { absenceSentence } from '../../src/protocol/explanation.ts';
import { fakeCommittee } from '../consensus/fixture.ts';

const committee = fakeCommittee();
const keyOf = (index: number) => committee.validators[index]!.publicKey;

describe('Presence', () => {
  it('misses every other validator from the start of the node', () => {
    const presence = new Presence(committee, 1, 5_000);
    assert.deepEqual(
      presence.absences().map(({ index, sinceMs }) => [index, sinceMs]),
      [
        [0, 5_000],
        [2, 5_000],
        [3, 5_000],
      ],
    );
    assert.equal(presence.stateOf(1), undefined);
  });

  it('knows since when a validator is connected, and since when it is lost', () => {
    const presence = new Presence(committee, 0, 1_000);
    presence.note(keyOf(1), true, 2_000);
    presence.note(keyOf(1), true, 3_000); // a second connection changes nothing
    assert.deepEqual(presence.stateOf(1), { connected: true, sinceMs: 2_000 });
    presence.note(keyOf(1), false, 4_000);
    assert.deepEqual(presence.stateOf(1), { connected: false, sinceMs: 4_000 });
    const [absence] = presence.absences();
    assert.equal(absence?.sentence, absenceSentence(1, keyOf(1), 4_000));
  });

  it('takes no notice of observers', () => {
    const presence = new Presence(committee, 0, 1_000);
    presence.note('f'.repeat(64), true, 2_000);
    assert.equal(presence.absences().length, 3);
  });
});
