import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { aggregate } from '../../src/consensus/aggregate.ts';
import { signBatch } from '../../src/protocol/batch.ts';
import { fromHex, toHex } from '../../src/protocol/bytes.ts';
import { createCommittee } from '../../src/protocol/committee.ts';
import { createSigner } from '../../src/protocol/ed25519.ts';
import { announcementBytes } from '../../src/protocol/frame.ts';
import { parseGenesis } from '../../src/protocol/genesis.ts';
import { decodeLeaf, encodeLeaf, type LeafBody } from '../../src/protocol/leaf.ts';
import { encodeReport, reportDigestOf } from '../../src/protocol/report.ts';
import { encodeTask, parseTask, taskIdOf } from '../../src/protocol/task.ts';
import { commitmentOf, type Opening } from '../../src/protocol/validation-result.ts';
import { type Core, closesDigestOf, commitmentSetDigest, encodeCore, valueIdOf } from '../../src/protocol/value.ts';

/**
 * What is signed or stored keeps its bytes: networks and databases of today must be readable for ever. A change here
 * is a change of the protocol's version, never a change of this file alone. PHEME_PRINT_FORMATS=1 prints what the code makes.
 */

interface Formats {
  inputs: {
    seed: string;
    genesis: unknown;
    review: unknown;
    assessment: unknown;
    report: Parameters<typeof encodeReport>[0];
    opening: Opening;
  };
  expected: Record<string, string>;
}

const { inputs, expected } = JSON.parse(readFileSync(new URL('./formats.json', import.meta.url), 'utf8')) as Formats;

function madeNow(): Record<string, string> {
  const committee = createCommittee(parseGenesis(inputs.genesis));
  const reviewBytes = encodeTask(parseTask(inputs.review));
  const assessmentBytes = encodeTask(parseTask(inputs.assessment));
  const taskId = taskIdOf(committee.networkId, committee.epoch, reviewBytes);
  const { publicKey } = committee.validators[0]!;
  const commitment = commitmentOf(taskId, publicKey, inputs.opening);
  const set = commitmentSetDigest([{ index: 0, commitment }]);
  const reveals = [{ index: 0, ...inputs.opening }];
  const core: Core = {
    networkId: committee.networkId,
    configDigest: committee.configDigest,
    taskId,
    ...aggregate(committee, reveals),
    reveals,
    unrevealed: [2],
    closesDigest: closesDigestOf([{ index: 0, set }]),
  };
  const coreBytes = encodeCore(core);
  const valueId = valueIdOf(coreBytes);
  const leaf = (body: LeafBody) => toHex(encodeLeaf({ taskId, ...body }));
  const leaves = {
    commitLeaf: leaf({ type: 'COMMIT', commitment }),
    closeLeaf: leaf({ type: 'CLOSE', set }),
    revealLeaf: leaf({ type: 'REVEAL', opening: inputs.opening }),
    proposalLeaf: leaf({ type: 'PROPOSAL', round: 3, validRound: 1, valueId }),
    prevoteLeaf: leaf({ type: 'PREVOTE', round: 3, valueId, validRound: 1 }),
    precommitNilLeaf: leaf({ type: 'PRECOMMIT', round: 3, valueId: null }),
  };
  const signer = createSigner(fromHex(inputs.seed));
  const bytes = Object.values(leaves).map((hex) => fromHex(hex));
  return {
    networkId: committee.networkId,
    configDigest: committee.configDigest,
    review: toHex(reviewBytes),
    assessment: toHex(assessmentBytes),
    taskId,
    report: toHex(encodeReport(inputs.report)),
    reportDigest: reportDigestOf(encodeReport(inputs.report)),
    core: toHex(coreBytes),
    valueId,
    ...leaves,
    batchSignature: toHex(signBatch(committee.configDigest, 0, bytes, signer).signature),
    announcement: toHex(announcementBytes(committee.networkId, { taskId, size: reviewBytes.length, origin: 0 })),
  };
}

describe('the formats that are signed or stored', () => {
  const made = madeNow();
  if (process.env['PHEME_PRINT_FORMATS'] !== undefined) console.log(JSON.stringify(made, null, 2));

  for (const [what, bytes] of Object.entries(expected)) {
    it(`keep their bytes: ${what}`, () => assert.equal(made[what], bytes));
  }

  it('are all held', () => assert.deepEqual(Object.keys(made), Object.keys(expected)));

  it('begin a leaf with its type code', () => {
    const codes = ['commitLeaf', 'closeLeaf', 'revealLeaf', 'proposalLeaf', 'prevoteLeaf', 'precommitNilLeaf'];
    codes.forEach((name, position) => {
      assert.equal(fromHex(expected[name]!)[1], position + 1);
      assert.ok(decodeLeaf(fromHex(expected[name]!)));
    });
  });
});
