import assert from 'node:assert/strict';
import { decodeRecords, type EngineRecord, encodeRecords, type TaskRecord } from '../../src/engine/journal.ts';
import { createAuthenticator } from '../../src/protocol/authenticator.ts';
import type { Polka, RoundCert } from '../../src/protocol/bundle.ts';
import { toHex } from '../../src/protocol/bytes.ts';
import { encodeCanonical } from '../../src/protocol/cbor.ts';
import { ProtocolError } from '../../src/protocol/errors.ts';
import type { Leaf } from '../../src/protocol/leaf.ts';
import type { Attachment } from '../../src/protocol/signed-leaf.ts';
import { commitmentSetDigest } from '../../src/protocol/value.ts';
import { committeeOf, digestOf, mutationsOf, resultOf } from '../protocol/samples.ts';
import { bundleOf, provenLeafOf, valueIdOfValue, valueWith } from '../protocol/signing.ts';

const committee = committeeOf();
const authenticator = createAuthenticator(committee);
const taskId = digestOf(1);
const value = valueWith(committee, taskId);
const valueId = valueIdOfValue(value);

const prevote = { type: 'PREVOTE', taskId, round: 2, valueId, validRound: -1 } as const;
const precommit = { type: 'PRECOMMIT', taskId, round: 2, valueId } as const;
const nil = { type: 'PRECOMMIT', taskId, round: 1, valueId: null } as const;
const polka = authenticator.openBundle(
  bundleOf(
    committee,
    'POLKA',
    taskId,
    [0, 1, 2].map((signer) => ({ signer, leaf: prevote })),
  ),
) as Polka;
const roundCert = authenticator.openBundle(
  bundleOf(
    committee,
    'ROUNDCERT',
    taskId,
    [0, 2, 3].map((signer) => ({ signer, leaf: nil })),
  ),
) as RoundCert;
const valid = { round: 2, value, polka };
const heard = (leaf: Leaf, attachment: Attachment = null) =>
  authenticator.openLeaf(provenLeafOf(committee, 1, leaf, attachment));
const list = [{ index: 1, commitment: digestOf(6) }];
const grounds = [
  heard({ type: 'COMMIT', taskId, commitment: digestOf(6) }),
  heard({ type: 'CLOSE', taskId, set: commitmentSetDigest(list) }, list),
];

const records: EngineRecord[] = [
  { kind: 'opened', firstSeenMs: 1_700_000_000_123, maySign: true },
  { kind: 'opened', firstSeenMs: 0, maySign: false },
  { kind: 'judged', opening: { result: resultOf(), salt: digestOf(5) } },
  { kind: 'closed', set: [{ index: 2, commitment: digestOf(6) }] },
  { kind: 'closed', set: [] },
  { kind: 'proposed', leaf: { type: 'PROPOSAL', taskId, round: 2, validRound: -1, valueId }, value },
  { kind: 'prevoted', leaf: prevote },
  { kind: 'prevoted', leaf: { ...prevote, valueId: null } },
  { kind: 'precommitted', leaf: precommit, lock: valid },
  { kind: 'precommitted', leaf: nil, lock: null },
  { kind: 'valid', valid },
  { kind: 'round', roundCert },
  { kind: 'grounds', leaves: grounds },
];
const entry = (...items: EngineRecord[]): TaskRecord[] => items.map((record) => ({ taskId, record }));

describe('R27: a journal entry', () => {
  for (const record of records) {
    it(`gives a record back: ${record.kind} ${JSON.stringify(record).length}`, () => {
      const bytes = encodeRecords(entry(record));
      const read = decodeRecords(bytes, authenticator);
      assert.equal(read[0]!.record.kind, record.kind);
      assert.equal(read[0]!.taskId, taskId);
      assert.deepEqual(Buffer.from(encodeRecords(read)), Buffer.from(bytes), 'the same bytes again');
    });
  }

  it('gives plain records back as they were', () => {
    const plain = records.filter(({ kind }) => !['precommitted', 'valid', 'round', 'grounds'].includes(kind));
    assert.deepEqual(decodeRecords(encodeRecords(entry(...plain)), authenticator), entry(...plain));
  });

  it('keeps the order of a tick, over tasks', () => {
    const mixed = records.slice(0, 5).map((record, index) => ({ taskId: digestOf(index), record }));
    assert.deepEqual(decodeRecords(encodeRecords(mixed), authenticator), mixed);
  });

  it('gives bundles back with votes that prove themselves', () => {
    const [{ record }] = decodeRecords(encodeRecords(entry({ kind: 'round', roundCert })), authenticator) as [
      TaskRecord,
    ];
    assert.ok(record.kind === 'round');
    assert.deepEqual(
      record.roundCert.votes.map(({ signer, proof }) => [signer, proof().validatorIndex]),
      [0, 2, 3].map((signer) => [signer, signer]),
    );
  });

  it('is refused with votes that were not signed so', () => {
    const stranger = createAuthenticator(committeeOf({ name: 'another' }));
    assert.throws(() => decodeRecords(encodeRecords(entry({ kind: 'valid', valid })), stranger), /did not sign/);
    assert.throws(() => decodeRecords(encodeRecords(entry({ kind: 'round', roundCert })), stranger), /did not sign/);
    const heardOf = { kind: 'grounds', leaves: grounds } as const;
    assert.throws(() => decodeRecords(encodeRecords(entry(heardOf)), stranger), /did not sign/);
  });

  it('is refused with a vote among what led to a CLOSE', () => {
    const bytes = encodeRecords(entry({ kind: 'grounds', leaves: [heard(nil)] }));
    assert.throws(() => decodeRecords(bytes, authenticator), /expected a COMMIT or a CLOSE/);
  });

  it('is refused or says something else with any byte changed', () => {
    const bytes = encodeRecords(entry(...records.slice(0, 8)));
    for (const mutated of mutationsOf(bytes, [0x01, 0x80])) {
      try {
        const again = encodeRecords(decodeRecords(mutated, authenticator));
        assert.notEqual(toHex(again), toHex(bytes));
      } catch (error) {
        assert.ok(error instanceof ProtocolError, `${error}`);
      }
    }
  });

  const task = new Uint8Array(32);
  const refused: [string, Parameters<typeof encodeCanonical>[0]][] = [
    ['another tag', ['pheme/journal/2', []]],
    ['an unknown kind', ['pheme/journal/1', [[task, 10, null]]]],
    ['no list', ['pheme/journal/1', null]],
    ['a short task id', ['pheme/journal/1', [[new Uint8Array(3), 0, [1, true]]]]],
    ['a vote of another type', ['pheme/journal/1', [[task, 4, encodeRecords([])]]]],
    ['an opening without a salt', ['pheme/journal/1', [[task, 1, [[]]]]]],
    ['a negative time', ['pheme/journal/1', [[task, 0, [-1, true]]]]],
  ];
  for (const [what, item] of refused) {
    it(`is refused with ${what}`, () =>
      assert.throws(() => decodeRecords(encodeCanonical(item), authenticator), ProtocolError));
  }

  it('keeps its codes, which databases hold: append only', () => {
    const votes = ['proposed', 'prevoted', 'precommitted', 'valid', 'round'];
    const kinds = ['opened', 'judged', 'closed', ...votes, 'given up', 'grounds'];
    for (const record of records) {
      const bytes = encodeRecords([{ taskId: digestOf(0), record }]);
      const marker = Buffer.from(`5820${'00'.repeat(32)}`, 'hex');
      assert.equal(bytes[Buffer.from(bytes).indexOf(marker) + marker.length], kinds.indexOf(record.kind), record.kind);
    }
  });
});
