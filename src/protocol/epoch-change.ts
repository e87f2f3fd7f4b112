import { z } from 'zod';
import { fromHex, toHex } from './bytes.ts';
import { encodeCanonical } from './cbor.ts';
import { type Committee, createCommittee, indexOfKey, nextCommittee, weightOf } from './committee.ts';
import { createVerifier, type Signer } from './ed25519.ts';
import { invalidInput, ValidationError } from './errors.ts';
import { type Genesis, type GenesisFile, genesisSchema, genesisToJson, parseGenesis } from './genesis.ts';
import { type Digest, digestBytes } from './hash.ts';
import { EPOCHS_MAX, VALIDATORS_MAX } from './limits.ts';

/**
 * A change of validators or rules, signed by a quorum of those who decided before it.
 *
 *   genesis = epoch 0 ──signed by Q of 0──► change 1 = epoch 1 ──signed by Q of 1──► change 2 = epoch 2
 *
 * The first genesis stays what everybody pins: each change is verified by the committee before it.
 */
export const EPOCH_CHANGE_FORMAT = 'pheme-epoch/1';

export interface EpochChange {
  networkId: Digest;
  /** The epoch that this change begins; that of the committee which signs it, plus one. */
  epoch: number;
  /** The config digest of the committee which signs it. */
  previous: Digest;
  /** All validators and rules of the new epoch; name and creation time are those of the first genesis. */
  genesis: Genesis;
  signatures: readonly EpochSignature[];
}

export interface EpochSignature {
  /** A validator of the committee before the change, hex. */
  publicKey: string;
  /** Ed25519 over {@link changeBytes}, hex. */
  signature: string;
}

const digest = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits');
/** The form of an epoch change file. */
export const epochChangeSchema = z.strictObject({
  format: z.literal(EPOCH_CHANGE_FORMAT),
  networkId: digest,
  epoch: z.int().min(1).max(EPOCHS_MAX),
  previous: digest,
  genesis: genesisSchema,
  signatures: z
    .array(
      z.strictObject({
        publicKey: digest,
        signature: z.string().regex(/^[0-9a-f]{128}$/, 'must be 128 lower-case hex digits'),
      }),
    )
    .max(VALIDATORS_MAX),
});

/** An epoch change file's JSON. */
export type EpochChangeFile = z.infer<typeof epochChangeSchema>;

/** Reads the form only; whether it may follow a committee is {@link applyChange}'s to say. @throws ValidationError INVALID_EPOCH, INVALID_GENESIS */
export function parseEpochChange(input: unknown): EpochChange {
  const parsed = epochChangeSchema.safeParse(input);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
    throw invalidInput('not a valid epoch change', faults, 'INVALID_EPOCH');
  }
  const { format: _format, genesis, ...rest } = parsed.data;
  return { ...rest, genesis: parseGenesis(genesis) };
}

/** The JSON of an epoch change file; {@link parseEpochChange} reads it back. */
export function epochChangeToJson({ genesis, signatures, ...rest }: EpochChange): EpochChangeFile {
  const file: GenesisFile = genesisToJson(genesis);
  return { format: EPOCH_CHANGE_FORMAT, ...rest, genesis: file, signatures: [...signatures] };
}

/** An unsigned change from a committee to other validators or rules. @throws ValidationError INVALID_GENESIS */
export function proposeChange(committee: Committee, genesis: Genesis): EpochChange {
  const { networkId, epoch, configDigest } = committee;
  const checked = parseGenesis(genesisToJson(genesis));
  return { networkId, epoch: epoch + 1, previous: configDigest, genesis: checked, signatures: [] };
}

/** Adds one validator's signature; signing again changes nothing. @throws ValidationError INVALID_EPOCH, NOT_A_VALIDATOR */
export function signChange(committee: Committee, change: EpochChange, signer: Signer): EpochChange {
  const next = successorOf(committee, change);
  const publicKey = toHex(signer.publicKey);
  if (indexOfKey(committee, publicKey) === undefined) {
    throw new ValidationError(
      `key ${publicKey} is no validator of epoch ${committee.epoch}: only those can sign its change`,
      'NOT_A_VALIDATOR',
    );
  }
  const signature = toHex(signer.sign(changeBytes(committee, next)));
  const others = change.signatures.filter((entry) => entry.publicKey !== publicKey);
  return { ...change, signatures: [...others, { publicKey, signature }] };
}

/** The committee that a change would make, whoever signed it so far. @throws ValidationError INVALID_EPOCH */
export function proposedCommittee(committee: Committee, change: EpochChange): Committee {
  return successorOf(committee, change);
}

/**
 * One change with the signatures of all its copies, so that operators can sign at the same time.
 * @throws ValidationError INVALID_EPOCH if they are not copies of one change
 */
export function mergeChanges(
  committee: Committee,
  [first, ...others]: readonly [EpochChange, ...EpochChange[]],
): EpochChange {
  const { configDigest } = successorOf(committee, first);
  const signatures = new Map(first.signatures.map((entry) => [entry.publicKey, entry]));
  for (const other of others) {
    if (successorOf(committee, other).configDigest !== configDigest)
      invalid('genesis', 'is another change than that of the first file');
    for (const entry of other.signatures) signatures.set(entry.publicKey, entry);
  }
  return { ...first, signatures: [...signatures.values()] };
}

/** Weight of those who signed a change. @throws ValidationError INVALID_EPOCH for a signature that does not hold */
export function signedWeightOf(committee: Committee, change: EpochChange): number {
  return weightOf(committee, signersOf(committee, change, successorOf(committee, change)));
}

/** The committee that a change makes of the one before it. @throws ValidationError INVALID_EPOCH, EPOCH_UNSIGNED */
export function applyChange(committee: Committee, change: EpochChange): Committee {
  const next = successorOf(committee, change);
  const weight = signedWeightOf(committee, change);
  if (weight < committee.quorum) {
    throw new ValidationError(
      `epoch ${change.epoch} is signed by weight ${weight}, but needs ${committee.quorum} of the ${committee.totalWeight} of epoch ${committee.epoch}: collect more signatures`,
      'EPOCH_UNSIGNED',
    );
  }
  return next;
}

/** The committee that decided a result, by the changes that it carries. @throws ValidationError INVALID_EPOCH, EPOCH_UNSIGNED */
export function committeeOfResult(
  genesis: Genesis,
  { epochs = [] }: { epochs?: readonly EpochChangeFile[] | undefined },
): Committee {
  return committeesOf(genesis, epochs.map(parseEpochChange)).at(-1)!;
}

/** The committees of all epochs, the genesis's first. @throws ValidationError INVALID_EPOCH, EPOCH_UNSIGNED */
export function committeesOf(genesis: Genesis, changes: readonly EpochChange[]): [Committee, ...Committee[]] {
  const committees: [Committee, ...Committee[]] = [createCommittee(genesis)];
  for (const change of changes) {
    if (change.genesis.name !== genesis.name || change.genesis.createdAt !== genesis.createdAt)
      invalid('genesis', 'must keep the name and createdAt of the first genesis');
    committees.push(applyChange(committees.at(-1)!, change));
  }
  return committees;
}

function successorOf(committee: Committee, { networkId, epoch, previous, genesis }: EpochChange): Committee {
  if (networkId !== committee.networkId)
    invalid('networkId', `is ${networkId}, this network is ${committee.networkId}`);
  if (epoch !== committee.epoch + 1)
    invalid('epoch', `is ${epoch}, but the one after epoch ${committee.epoch} is ${committee.epoch + 1}`);
  if (previous !== committee.configDigest)
    invalid('previous', `is ${previous}, but epoch ${committee.epoch} is ${committee.configDigest}`);
  if (genesis.rules.kind !== committee.rules.kind) invalid('genesis.kind', `must stay ${committee.rules.kind}`);
  return nextCommittee(committee, genesis);
}

function signersOf(committee: Committee, { signatures }: EpochChange, next: Committee): number[] {
  const message = changeBytes(committee, next);
  const signers = signatures.map(({ publicKey, signature }, position) => {
    const path = `signatures.${position}`;
    const index = indexOfKey(committee, publicKey);
    if (index === undefined) return invalid(path, `is by ${publicKey}, no validator of epoch ${committee.epoch}`);
    if (!createVerifier(fromHex(publicKey, 32)).verify(message, fromHex(signature)))
      invalid(path, `is not by ${publicKey} for this change`);
    return index;
  });
  if (new Set(signers).size !== signers.length) invalid('signatures', 'name a validator twice');
  return signers;
}

/** What is signed: the new config digest binds network, epoch, validators, weights and rules. */
function changeBytes(committee: Committee, next: Committee): Uint8Array {
  const { networkId, configDigest } = committee;
  return encodeCanonical([
    'pheme/epoch/1',
    digestBytes(networkId),
    next.epoch,
    digestBytes(configDigest),
    digestBytes(next.configDigest),
  ]);
}

function invalid(path: string, message: string): never {
  throw invalidInput('not a valid epoch change', [{ path, message }], 'INVALID_EPOCH');
}
