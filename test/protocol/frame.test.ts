import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createAuthenticator } from '../../src/protocol/authenticator.ts';
import { encodeCanonical } from '../../src/protocol/cbor.ts';
import { ProtocolError } from '../../src/protocol/errors.ts';
import {
  type Announcement,
  announcementBytes,
  decodeFrame,
  encodeFrame,
  epochOfFrame,
} from '../../src/protocol/frame.ts';
import { encodeLeaf, type Leaf } from '../../src/protocol/leaf.ts';
import { TASK_BYTES_MAX, TASK_INLINE_BYTES_MAX } from '../../src/protocol/limits.ts';
import type { Attachment, Statement } from '../../src/protocol/signed-leaf.ts';
import { commitmentSetDigest, encodeCore } from '../../src/protocol/value.ts';
import { committeeOf, digestOf, mutationsOf } from './samples.ts';
import { batchOf, bundleOf, coreOf, SIGNERS, valueIdOfValue, valueWith } from './signing.ts';

const committee = committeeOf();
const authenticator = createAuthenticator(committee);
const taskId = digestOf(1);
const set = [{ index: 1, commitment: digestOf(2) }];
const value = valueWith(committee, taskId);
const statements: { leaf: Leaf; attachment: Attachment }[] = [
  { leaf: { type: 'COMMIT', taskId, commitment: digestOf(3) }, attachment: null },
  { leaf: { type: 'CLOSE', taskId, set: commitmentSetDigest(set) }, attachment: set },
  { leaf: { type: 'PROPOSAL', taskId, round: 0, validRound: -1, valueId: valueIdOfValue(value) }, attachment: value },
];
const { signed } = batchOf(committee, 1, statements);
const outgoing = {
  validatorIndex: 1,
  batch: signed,
  repeat: true,
  statements: statements.map(
    (statement) => ({ ...statement, bytes: encodeLeaf(statement.leaf) }) as Statement & { bytes: Uint8Array },
  ),
};
const announcement: Announcement = {
  taskId,
  size: 3,
  origin: 2,
  signature: SIGNERS[2]!.sign(announcementBytes(committee.networkId, { taskId, size: 3, origin: 2 })),
  body: Uint8Array.of(1, 2, 3),
};
const coreBytes = encodeCore(coreOf(committee, taskId));

function certVotes() {
  const valueId = valueIdOfValue({ core: coreOf(committee, taskId), closes: [] });
  return [0, 1, 2].map((signer) => ({ signer, leaf: { type: 'PRECOMMIT', taskId, round: 0, valueId } as const }));
}

describe('a frame', () => {
  const cert = authenticator.openBundle(bundleOf(committee, 'CERT', taskId, certVotes(), coreBytes));
  const bytes = encodeFrame({ batch: outgoing, bundles: [cert], announcements: [announcement] }, 5);

  it('carries a batch whole, bundles with their proofs, and announcements', () => {
    const frame = decodeFrame(bytes);
    const { leaves, skipped } = authenticator.openBatch(frame.batch!);
    assert.equal(skipped, 0);
    assert.deepEqual(
      leaves.map(({ leaf, attachment, signer }) => ({ leaf, attachment, signer })),
      statements.map((statement) => ({ ...statement, signer: 1 })),
    );
    assert.equal(frame.batch!.repeat, true);
    assert.deepEqual(authenticator.openBundle(frame.bundles[0]!).votes.length, 3);
    assert.equal(authenticator.openAnnouncement(frame.announcements[0]!).origin, 2);
  });

  it('is other bytes with another nonce, so that gossip takes a repeat for no duplicate', () => {
    assert.notDeepEqual(encodeFrame({ batch: outgoing }, 6), encodeFrame({ batch: outgoing }, 7));
  });

  it('may be empty', () => {
    assert.deepEqual(decodeFrame(encodeFrame({}, 0)), { epoch: 0, batch: null, bundles: [], announcements: [] });
  });

  it('tells its epoch by its first bytes, and by nothing else than they', () => {
    for (const epoch of [0, 1, 23, 24, 255]) {
      const sent = encodeFrame({ batch: outgoing }, 5, epoch);
      assert.equal(epochOfFrame(sent), epoch);
      assert.equal(decodeFrame(sent).epoch, epoch);
    }
    const tagOnly = encodeCanonical(['pheme/frame/2']);
    for (const other of [encodeCanonical(['pheme/frame/1', 0, 0, null, [], []]), tagOnly, new Uint8Array()])
      assert.equal(epochOfFrame(other), undefined);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), (rest) => {
        const epoch = epochOfFrame(Buffer.concat([bytes.subarray(0, 15), rest]));
        assert.ok(epoch === undefined || (epoch >= 0 && epoch <= 255));
      }),
    );
  });

  it('is refused, or says nothing that was not signed, with any byte changed', () => {
    let refused = 0;
    const few = statements.slice(0, 2);
    const { signed: small } = batchOf(committee, 1, few);
    const batch = { ...outgoing, repeat: false, batch: small, statements: outgoing.statements.slice(0, 2) };
    const sent = encodeFrame({ batch, announcements: [announcement] }, 5);
    for (const mutated of mutationsOf(sent, [0x01])) {
      try {
        const frame = decodeFrame(mutated);
        // What is not under the signature may differ: the nonce, the repeat flag, attachments (then skipped).
        if (frame.batch !== null) {
          for (const leaf of authenticator.openBatch(frame.batch).leaves) {
            assert.ok(small.leafDigests.includes(leaf.digest));
          }
        }
        for (const read of frame.announcements) {
          const { taskId: id, size, origin } = authenticator.openAnnouncement(read);
          assert.deepEqual([id, size, origin], [taskId, 3, 2]);
        }
      } catch (error) {
        assert.ok(error instanceof ProtocolError, `${error}`);
        refused += 1;
      }
    }
    assert.ok(refused > 250, `only ${refused} refused`);
  });

  it('is refused, never crashed at, as arbitrary bytes and as arbitrary items', () => {
    const anyItem = fc.oneof(
      fc.constant(null),
      fc.integer(),
      fc.boolean(),
      fc.uint8Array({ maxLength: 80 }),
      fc.string(),
    );
    const anyItems = fc.array(fc.oneof(anyItem, fc.array(fc.oneof(anyItem, fc.array(anyItem)))), { maxLength: 5 });
    const read = (input: Uint8Array) => {
      try {
        decodeFrame(input);
      } catch (error) {
        assert.ok(error instanceof ProtocolError, `${error}`);
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), read));
    fc.assert(fc.property(anyItems, (items) => read(encodeCanonical(['pheme/frame/2', 0, 0, ...items]))));
  });

  const refused: [string, Uint8Array][] = [
    ['another tag', encodeCanonical(['pheme/frame/1', 0, 0, null, [], []])],
    ['an epoch past the last', encodeCanonical(['pheme/frame/2', 256, 0, null, [], []])],
    ['a negative nonce', encodeCanonical(['pheme/frame/2', 0, -1, null, [], []])],
    ['too many bundles', encodeCanonical(['pheme/frame/2', 0, 0, null, Array(513).fill(null), []])],
    [
      'too many leaves',
      encodeCanonical([
        'pheme/frame/2',
        0,
        0,
        [0, new Uint8Array(64), false, Array(4097).fill([new Uint8Array(1), null])],
        [],
        [],
      ]),
    ],
    ['an item more', encodeCanonical(['pheme/frame/2', 0, 0, null, [], [], null])],
  ];
  for (const [what, input] of refused)
    it(`is refused with ${what}`, () => assert.throws(() => decodeFrame(input), ProtocolError));

  const wrongAnnouncements: [string, Partial<Announcement>][] = [
    ['a size of 0', { size: 0 }],
    ['a size past the limit', { size: TASK_BYTES_MAX + 1 }],
    ['a body past the inline limit', { body: new Uint8Array(TASK_INLINE_BYTES_MAX + 1) }],
    ['an origin past the largest committee', { origin: 256 }],
    ['a short signature', { signature: new Uint8Array(10) }],
  ];
  for (const [what, change] of wrongAnnouncements) {
    it(`is refused with an announcement of ${what}`, () => {
      assert.throws(
        () => decodeFrame(encodeFrame({ announcements: [{ ...announcement, ...change }] }, 0)),
        ProtocolError,
      );
    });
  }
});
