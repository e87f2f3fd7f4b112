import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createAuthenticator } from '../../src/protocol/authenticator.ts';
import { encodeCanonical } from '../../src/protocol/cbor.ts';
import { ProtocolError } from '../../src/protocol/errors.ts';
import {
  decodeRequest,
  decodeResponse,
  encodeAnswer,
  encodeRequest,
  type FetchAnswer,
  type FetchKind,
  type FetchRequest,
} from '../../src/protocol/fetch.ts';
import { FETCH_ITEMS_MAX, FETCH_REPORTS_MAX, SYNC_PAGE_MAX } from '../../src/protocol/limits.ts';
import { encodeCore } from '../../src/protocol/value.ts';
import { anyDigest, committeeOf, digestOf } from './samples.ts';
import { bundleOf, coreOf, provenLeafOf, valueIdOfValue } from './signing.ts';

const committee = committeeOf();
const authenticator = createAuthenticator(committee);
const taskId = digestOf(1);
const cursor = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

const anyRequest: fc.Arbitrary<FetchRequest> = fc.oneof(
  fc.constantFrom<FetchRequest>({ kind: 'open' }, { kind: 'addresses' }),
  anyDigest.map((id): FetchRequest => ({ kind: 'task', taskId: id })),
  anyDigest.map((id): FetchRequest => ({ kind: 'result', taskId: id })),
  fc.array(anyDigest, { maxLength: 4 }).map((digests): FetchRequest => ({ kind: 'reports', digests })),
  cursor.map((at): FetchRequest => ({ kind: 'results', cursor: at })),
  fc.uint8Array().map((frame): FetchRequest => ({ kind: 'push', frame })),
  anyDigest.map((id): FetchRequest => ({ kind: 'attestation', taskId: id })),
  fc
    .tuple(anyDigest, fc.option(fc.array(anyDigest, { maxLength: 4 })))
    .map(([id, digests]): FetchRequest => ({ kind: 'leaves', taskId: id, digests })),
);

const KINDS: FetchKind[] = [
  'task',
  'leaves',
  'reports',
  'result',
  'results',
  'open',
  'addresses',
  'push',
  'attestation',
];

describe('a request', () => {
  it('reads back as it was written', () => {
    fc.assert(fc.property(anyRequest, (request) => assert.deepEqual(decodeRequest(encodeRequest(request)), request)));
  });

  it('is refused, never crashed at, as arbitrary bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => void orRefusal(() => decodeRequest(bytes))));
  });

  const refused: [string, Uint8Array][] = [
    ['an unknown kind', encodeCanonical([8])],
    ['a negative kind', encodeCanonical([-1])],
    ['no task id', encodeCanonical([0])],
    ['a negative cursor', encodeCanonical([4, -1])],
    ['too many digests', encodeCanonical([1, new Uint8Array(32), Array(FETCH_ITEMS_MAX + 1).fill(new Uint8Array(32))])],
    ['too many reports', encodeCanonical([2, Array(FETCH_REPORTS_MAX + 1).fill(new Uint8Array(32))])],
    ['no items', encodeCanonical([])],
  ];
  for (const [what, bytes] of refused)
    it(`is refused with ${what}`, () => assert.throws(() => decodeRequest(bytes), ProtocolError));
});

describe('an answer', () => {
  const core = coreOf(committee, taskId);
  const valueId = valueIdOfValue({ core, closes: [] });
  const votes = [0, 1, 2].map((signer) => ({
    signer,
    leaf: { type: 'PRECOMMIT', taskId, round: 0, valueId } as const,
  }));
  const cert = authenticator.openBundle(bundleOf(committee, 'CERT', taskId, votes, encodeCore(core)));
  const leaf = authenticator.openLeaf(provenLeafOf(committee, 3, { type: 'COMMIT', taskId, commitment: digestOf(4) }));

  const plain: FetchAnswer[] = [
    { kind: 'task', taskBytes: Uint8Array.of(1, 2) },
    { kind: 'task', taskBytes: null },
    { kind: 'reports', reports: [Uint8Array.of(3), null] },
    { kind: 'reports', reports: [] },
    { kind: 'results', storeId: 'a-store', next: 7, taskIds: [taskId, digestOf(2)] },
    { kind: 'open', taskIds: [taskId] },
    { kind: 'addresses', addresses: ['/ip4/127.0.0.1/tcp/1'] },
    { kind: 'push' },
    { kind: 'attestation', signature: null },
    { kind: 'attestation', signature: new Uint8Array(64).fill(3) },
    { kind: 'result', cert: null },
  ];
  for (const answer of plain) {
    it(`${answer.kind} reads back as it was written`, () => {
      assert.deepEqual(decodeResponse(encodeAnswer(answer), answer.kind), answer);
    });
  }

  it('with a certificate or leaves opens at the other end', () => {
    const result = decodeResponse(encodeAnswer({ kind: 'result', cert }), 'result');
    assert.ok(result.kind === 'result' && authenticator.openBundle(result.cert!).kind === 'CERT');
    const leaves = decodeResponse(encodeAnswer({ kind: 'leaves', leaves: [leaf], bundles: [cert] }), 'leaves');
    assert.ok(leaves.kind === 'leaves');
    assert.equal(authenticator.openLeaf(leaves.leaves[0]!).digest, leaf.digest);
    assert.equal(leaves.bundles.length, 1);
  });

  it('of another kind than was asked for is refused', () => {
    for (const answer of plain) {
      for (const kind of KINDS.filter((other) => other !== answer.kind)) {
        assert.throws(() => decodeResponse(encodeAnswer(answer), kind), /got something else/);
      }
    }
  });

  it('of more than a page is refused', () => {
    const taskIds = Array<string>(SYNC_PAGE_MAX + 1).fill(taskId);
    assert.throws(
      () => decodeResponse(encodeAnswer({ kind: 'results', storeId: 's', next: 1, taskIds }), 'results'),
      ProtocolError,
    );
    const open = Array<string>(FETCH_ITEMS_MAX + 1).fill(taskId);
    assert.throws(() => decodeResponse(encodeAnswer({ kind: 'open', taskIds: open }), 'open'), ProtocolError);
    const long = { kind: 'addresses' as const, addresses: ['x'.repeat(257)] };
    assert.throws(() => decodeResponse(encodeAnswer(long), 'addresses'), ProtocolError);
  });

  it('is refused, never crashed at, as arbitrary bytes', () => {
    fc.assert(
      fc.property(fc.constantFrom(...KINDS), fc.uint8Array({ maxLength: 80 }), (kind, bytes) => {
        orRefusal(() => decodeResponse(bytes, kind));
        orRefusal(() =>
          decodeResponse(Uint8Array.of(0x80 + Math.min(4, bytes.length), KINDS.indexOf(kind), ...bytes), kind),
        );
      }),
    );
  });
});

function orRefusal<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    assert.ok(error instanceof ProtocolError, `${error}`);
    return undefined;
  }
}
