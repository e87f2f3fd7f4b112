import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { epochPath, epochText, installEpoch, loadEpochs, noteSigned } from '../../src/config/epochs.ts';
import {
  committeesOf,
  type EpochChange,
  proposeChange,
  proposedCommittee,
  signChange,
} from '../../src/protocol/epoch-change.ts';
import type { Genesis } from '../../src/protocol/genesis.ts';
import { genesisOf, signerOf } from '../node/result-fixture.ts';
import { useTempDirectory } from './temp-home.ts';

const FOUR = genesisOf(4);
const FIVE = genesisOf(5);
const SIX = genesisOf(6);

/** The change after those before it, signed by validators of the last of them. */
function changeTo(genesis: Genesis, before: readonly EpochChange[], signers = [0, 1, 2, 3]): EpochChange {
  const committee = committeesOf(FOUR, before).at(-1)!;
  const proposed = proposeChange(committee, genesis);
  return signers.reduce((signed, index) => signChange(committee, signed, signerOf(index)), proposed);
}

const TO_FIVE = changeTo(FIVE, []);
const TO_SIX = changeTo(SIX, [TO_FIVE]);

describe('the epochs of a home', () => {
  const home = useTempDirectory();
  const put = async (epoch: number, text: string) => {
    await mkdir(join(home(), 'epochs'), { recursive: true });
    await writeFile(epochPath(home(), epoch), text);
  };

  it('are none without the folder, and those that were installed, in their order', async () => {
    assert.deepEqual(await loadEpochs(home(), FOUR), []);
    assert.equal(await installEpoch(home(), FOUR, TO_FIVE), true);
    assert.equal(await installEpoch(home(), FOUR, TO_SIX), true);
    assert.deepEqual(await loadEpochs(home(), FOUR), [TO_FIVE, TO_SIX]);
    assert.deepEqual((await readdir(join(home(), 'epochs'))).sort(), ['001.json', '002.json']);
  });

  it('stay as they are when the same change comes again, whoever signed it', async () => {
    await installEpoch(home(), FOUR, TO_FIVE);
    await installEpoch(home(), FOUR, TO_SIX);
    const before = await readFile(epochPath(home(), 1), 'utf8');
    assert.equal(await installEpoch(home(), FOUR, changeTo(FIVE, [], [1, 2, 3])), false);
    assert.equal(await readFile(epochPath(home(), 1), 'utf8'), before);
  });

  const refused: [string, EpochChange[], EpochChange, string, RegExp][] = [
    ['another of the same number', [TO_FIVE], changeTo(SIX, []), 'EPOCH_EXISTS', /another change to epoch 1/],
    ['one that skips a number', [], TO_SIX, 'INVALID_EPOCH', /epoch: is 2, but the one after epoch 0 is 1/],
    ['one of too few', [], changeTo(FIVE, [], [0, 1]), 'EPOCH_UNSIGNED', /signed by weight 2, but needs 3/],
    [
      'one of another network',
      [],
      { ...TO_FIVE, networkId: committeesOf(FIVE, [])[0].networkId },
      'INVALID_EPOCH',
      /networkId: is/,
    ],
    [
      'one whose signature is of another change',
      [],
      { ...changeTo(SIX, []), signatures: TO_FIVE.signatures },
      'INVALID_EPOCH',
      /signatures\.0: is not by/,
    ],
    [
      'one whose weight was altered after it was signed',
      [],
      {
        ...TO_FIVE,
        genesis: { ...FIVE, validators: FIVE.validators.map((validator) => ({ ...validator, weight: 9 })) },
      },
      'INVALID_EPOCH',
      /is not by/,
    ],
  ];
  for (const [what, held, change, code, message] of refused) {
    it(`refuse ${what}, and stay as they were`, async () => {
      for (const each of held) await installEpoch(home(), FOUR, each);
      await assert.rejects(installEpoch(home(), FOUR, change), { code, message });
      assert.deepEqual(await loadEpochs(home(), FOUR), held);
    });
  }

  const damaged: [string, () => Promise<void>, RegExp][] = [
    ['no JSON', () => put(1, epochText(TO_FIVE).slice(0, 200)), /001\.json is not JSON/],
    ['a key twice', () => put(1, epochText(TO_FIVE).replace('"epoch": 1', '"epoch": 1, "epoch": 1')), /a key twice/],
    ['an unknown field', () => put(1, JSON.stringify({ ...JSON.parse(epochText(TO_FIVE)), x: 1 })), /Unrecognized key/],
    ['one signed by too few', () => put(1, epochText(changeTo(FIVE, [], [3]))), /001\.json: .* weight 1, but needs 3/],
    ['the second in the first place', () => put(1, epochText(TO_SIX)), /001\.json: .*epoch: is 2/],
    [
      'a gap',
      async () => {
        await put(1, epochText(TO_FIVE));
        await put(3, epochText(TO_SIX));
      },
      /002\.json is missing, though 003\.json is there/,
    ],
    ['no first one', () => put(2, epochText(TO_SIX)), /001\.json is missing/],
  ];
  for (const [what, damage, message] of damaged) {
    it(`cannot be read with ${what}: the file and the remedy are named`, async () => {
      await damage();
      await assert.rejects(loadEpochs(home(), FOUR), (error: Error) => {
        assert.match(error.message, message);
        assert.match(error.message, /copy the file anew/);
        return true;
      });
    });
  }
});

describe('the note of what a key signed', () => {
  const home = useTempDirectory();
  const [epoch0] = committeesOf(FOUR, []);
  const five = proposedCommittee(epoch0, TO_FIVE);
  const six = proposedCommittee(epoch0, changeTo(SIX, []));
  const [ann, bob] = FOUR.validators.map(({ publicKey }) => publicKey) as [string, string];

  it('lets a key sign one change of each number, as often as it likes', async () => {
    await noteSigned(home(), ann, five);
    await noteSigned(home(), ann, five);
    await assert.rejects(noteSigned(home(), ann, six), { code: 'EPOCH_SIGNED', message: /another change to epoch 1/ });
    await noteSigned(home(), ann, proposedCommittee(five, TO_SIX));
    assert.deepEqual((await readdir(join(home(), 'epochs'))).sort(), ['signed-001.json', 'signed-002.json']);
    assert.deepEqual(await loadEpochs(home(), FOUR), []);
  });

  it('lets only one of two through that come at once', async () => {
    const outcomes = await Promise.allSettled([noteSigned(home(), ann, five), noteSigned(home(), ann, six)]);
    assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    assert.deepEqual(await readdir(join(home(), 'epochs')), ['signed-001.json']);
  });

  it('belongs to its key, and stops whoever cannot read it', async () => {
    await noteSigned(home(), ann, five);
    await assert.rejects(noteSigned(home(), bob, five), { code: 'EPOCH_SIGNED', message: /use another home/ });
    const path = join(home(), 'epochs', 'signed-001.json');
    for (const text of ['', '{}', '{"format":"pheme-signed-epoch/1"}']) {
      await writeFile(path, text);
      await assert.rejects(noteSigned(home(), ann, five), { code: 'INVALID_EPOCH', message: /signed-001\.json/ });
    }
    await rm(path);
    await noteSigned(home(), ann, five);
  });
});
