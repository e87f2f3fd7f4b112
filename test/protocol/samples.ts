import fc from 'fast-check';
import { toHex } from '../../src/protocol/bytes.ts';
import type { CborValue } from '../../src/protocol/cbor.ts';
import { type Committee, createCommittee } from '../../src/protocol/committee.ts';
import { createSigner, type Signer } from '../../src/protocol/ed25519.ts';
import { DEVNET_TIMERS, type Genesis, type Rules } from '../../src/protocol/genesis.ts';
import type { Digest } from '../../src/protocol/hash.ts';
import { ABSTAIN_REASONS } from '../../src/protocol/judgement.ts';
import type { Leaf } from '../../src/protocol/leaf.ts';
import { SECONDS_MAX } from '../../src/protocol/limits.ts';
import { PPM } from '../../src/protocol/ppm.ts';
import type { Opening, ValidationResult } from '../../src/protocol/validation-result.ts';
import { type CloseRef, type Core, closesDigestOf, OUTCOMES, REASONS, type Value } from '../../src/protocol/value.ts';

/** The digest that is all this one byte. */
export function digestOf(byte: number): Digest {
  return toHex(new Uint8Array(32).fill(byte));
}

/** Signers with fixed keys, the same in every run. */
export function signersOf(count: number): Signer[] {
  return Array.from({ length: count }, (_, index) => createSigner(new Uint8Array(32).fill(index + 1)));
}

const keys: string[] = [];
/** The public keys of {@link signersOf}; made once, since each costs a little. */
function keyOf(index: number): string {
  keys[index] ??= toHex(createSigner(new Uint8Array(32).fill(index + 1)).publicKey);
  return keys[index];
}

export interface GenesisSample {
  weights?: readonly number[];
  name?: string;
  rules?: Partial<Rules>;
}

/** A sound devnet of four equal validators, unless told otherwise. */
export function genesisOf({ weights = [1, 1, 1, 1], name = 'test', rules = {} }: GenesisSample = {}): Genesis {
  return {
    name,
    createdAt: 1_700_000_000,
    validators: weights.map((weight, index) => ({ publicKey: keyOf(index), weight })),
    rules: {
      kind: 'devnet',
      minConfidencePpm: 800_000,
      consensusThresholdPpm: 700_000,
      requiredValidators: 1,
      minModelFamilies: 1,
      timers: DEVNET_TIMERS,
      ...rules,
    },
  };
}

export function committeeOf(sample: GenesisSample = {}): Committee {
  return createCommittee(genesisOf(sample));
}

/** A confident approval; every part can be told otherwise. */
export function resultOf(changes: Partial<ValidationResult> = {}): ValidationResult {
  return {
    vote: 'approve',
    abstainReason: changes.vote === 'abstain' ? 'model_error' : null,
    confidencePpm: 900_000,
    scorePpm: null,
    complete: true,
    coverageDigest: digestOf(0xc0),
    reportDigest: digestOf(0xb0),
    modelId: 'embedded:rules',
    modelFamily: 'embedded-rules',
    modelDigest: null,
    promptDigest: null,
    judgedAtSeconds: 1_700_000_000,
    ...changes,
  };
}

// Arbitraries: whatever the types allow.

function record<T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record<T>(model, { noNullPrototype: true });
}

export const anyDigest = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHex);
const anyPpm = fc.integer({ min: 0, max: PPM });
const anyIndex = fc.integer({ min: 0, max: 255 });
const anyRound = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.constant(2 ** 31 - 1));
const anyIdentifier = fc.string({ maxLength: 40, unit: 'grapheme' });
const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });

export const anyResult: fc.Arbitrary<ValidationResult> = record({
  vote: fc.constantFrom('approve' as const, 'reject' as const, 'abstain' as const),
  abstainReason: fc.constantFrom(...ABSTAIN_REASONS),
  confidencePpm: anyPpm,
  scorePpm: orNull(anyPpm),
  complete: fc.boolean(),
  coverageDigest: anyDigest,
  reportDigest: anyDigest,
  modelId: anyIdentifier,
  modelFamily: anyIdentifier,
  modelDigest: orNull(anyDigest),
  promptDigest: orNull(anyDigest),
  judgedAtSeconds: fc.integer({ min: 0, max: SECONDS_MAX }),
}).map((result) => ({ ...result, abstainReason: result.vote === 'abstain' ? result.abstainReason : null }));

export const anyOpening: fc.Arbitrary<Opening> = record({ result: anyResult, salt: anyDigest });

const beforeRound = (round: number) => fc.integer({ min: -1, max: round - 1 });

export const anyLeaf: fc.Arbitrary<Leaf> = fc.oneof(
  record({ taskId: anyDigest, type: fc.constant('COMMIT' as const), commitment: anyDigest }),
  record({ taskId: anyDigest, type: fc.constant('CLOSE' as const), set: anyDigest }),
  record({ taskId: anyDigest, type: fc.constant('REVEAL' as const), opening: anyOpening }),
  anyRound.chain((round) =>
    record({
      taskId: anyDigest,
      type: fc.constant('PROPOSAL' as const),
      round: fc.constant(round),
      validRound: beforeRound(round),
      valueId: anyDigest,
    }),
  ),
  fc.tuple(anyRound, orNull(anyDigest)).chain(([round, valueId]) =>
    record({
      taskId: anyDigest,
      type: fc.constant('PREVOTE' as const),
      round: fc.constant(round),
      valueId: fc.constant(valueId),
      validRound: valueId === null ? fc.constant(-1) : beforeRound(round),
    }),
  ),
  record({ taskId: anyDigest, type: fc.constant('PRECOMMIT' as const), round: anyRound, valueId: orNull(anyDigest) }),
);

const anyAscending = fc.uniqueArray(anyIndex, { maxLength: 6 }).map((indexes) => indexes.sort((a, b) => a - b));

export const anyCloses: fc.Arbitrary<CloseRef[]> = anyAscending.chain((indexes) =>
  fc.tuple(...indexes.map((index) => record({ index: fc.constant(index), set: anyDigest }))),
);

/** Cores of sound form; what they say need not follow from their results. */
export const anyCore: fc.Arbitrary<Core> = record({
  networkId: anyDigest,
  configDigest: anyDigest,
  taskId: anyDigest,
  outcome: fc.constantFrom(...OUTCOMES),
  reason: orNull(fc.constantFrom(...REASONS)),
  confidencePpm: anyPpm,
  scorePpm: orNull(anyPpm),
  decidedAtSeconds: fc.integer({ min: 0, max: SECONDS_MAX }),
  tallies: record({
    approveWeight: fc.nat(),
    rejectWeight: fc.nat(),
    abstainWeight: fc.nat(),
    results: fc.nat(),
    families: fc.nat(),
  }),
  reveals: anyAscending.chain((indexes) =>
    fc.tuple(...indexes.map((index) => anyOpening.map((opening) => ({ index, ...opening })))),
  ),
  unrevealed: anyAscending,
  closesDigest: anyDigest,
});

export const anyValue: fc.Arbitrary<Value> = fc
  .tuple(anyCore, anyCloses)
  .map(([core, closes]) => ({ core: { ...core, closesDigest: closesDigestOf(closes) }, closes }));

/** What canonical CBOR can hold. */
export const anyCbor: fc.Arbitrary<CborValue> = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger().map((integer) => integer + 0), // -0 is no integer of its own
    fc.string({ unit: 'grapheme' }),
    fc.uint8Array(),
    fc.array(tie('value'), { maxLength: 6 }),
  ),
})).value;

const MASKS = [0x01, 0x20, 0x80, 0xff];

/** Encodings that differ from this one in one byte, in several ways each, and those one byte shorter and longer. */
export function* mutationsOf(bytes: Uint8Array, masks: readonly number[] = MASKS): Generator<Uint8Array> {
  for (let position = 0; position < bytes.length; position++) {
    for (const mask of masks) {
      const mutated = Uint8Array.from(bytes);
      mutated[position]! ^= mask;
      yield mutated;
    }
  }
  yield bytes.slice(0, -1);
  yield Uint8Array.of(...bytes, 0);
}
