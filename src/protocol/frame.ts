import { type LeafProof, leafProofFromCbor, leafProofToCbor, type SignedBatch } from './batch.ts';
import { type Bundle, bundleFromCbor, bundleToCbor, type WireBundle } from './bundle.ts';
import { type CborValue, decodeCanonical, encodeCanonical } from './cbor.ts';
import { ProtocolError } from './errors.ts';
import { arrayOf, booleanOf, bytesOf, digestOf, fixedBytesOf, integerOf, listOf, optional } from './fields.ts';
import { type Digest, digestBytes } from './hash.ts';
import {
  BATCH_LEAVES_MAX,
  EPOCHS_MAX,
  FETCH_ITEMS_MAX,
  LEAF_BYTES_MAX,
  TASK_BYTES_MAX,
  TASK_INLINE_BYTES_MAX,
  VALIDATORS_MAX,
} from './limits.ts';
import { attachmentToCbor, type SignedLeaf, type Statement } from './signed-leaf.ts';

const FRAME_TAG = 'pheme/frame/2';
/** Tag, epoch, nonce, batch, bundles, announcements. */
const FRAME_ITEMS = 6;
/** All that stands before the epoch; canonical bytes have no other form. */
const FRAME_START = encodeCanonical([FRAME_TAG, 0, 0, 0, 0, 0]).subarray(0, 2 + FRAME_TAG.length);

/** A leaf as it arrives in a batch: the attachment is unread until the leaf is. */
export interface WireLeaf {
  leafBytes: Uint8Array;
  attachment: CborValue;
}

/** A leaf that left its batch. */
export interface WireProvenLeaf extends WireLeaf {
  proof: LeafProof;
}

export interface WireBatch {
  validatorIndex: number;
  signature: Uint8Array;
  /** True if these leaves were sent before; a decided node answers repeats only. */
  repeat: boolean;
  leaves: WireLeaf[];
}

/** A task's existence, signed by the validator that took it in; quotas are kept by origin. */
export interface Announcement {
  taskId: Digest;
  /** Length of the canonical bytes. */
  size: number;
  origin: number;
  signature: Uint8Array;
  /** The canonical bytes themselves when they are few. */
  body: Uint8Array | null;
}

/** One gossip message, or one direct message, of one epoch: a batch whole, bundles with their own proofs, announcements. */
export interface WireFrame {
  epoch: number;
  batch: WireBatch | null;
  bundles: WireBundle[];
  announcements: Announcement[];
}

export interface OutgoingFrame {
  batch?: {
    validatorIndex: number;
    batch: SignedBatch;
    repeat: boolean;
    statements: readonly (Statement & { bytes: Uint8Array })[];
  };
  bundles?: readonly Bundle[];
  announcements?: readonly Announcement[];
}

/**
 * @param nonce any integer that this node did not use lately: equal bytes would be dropped as duplicates by gossip
 * @param epoch of all tasks in it
 */
export function encodeFrame(frame: OutgoingFrame, nonce: number, epoch = 0): Uint8Array {
  const { batch, bundles = [], announcements = [] } = frame;
  return encodeCanonical([
    FRAME_TAG,
    epoch,
    nonce,
    batch === undefined
      ? null
      : [
          batch.validatorIndex,
          batch.batch.signature,
          batch.repeat,
          batch.statements.map((statement) => [statement.bytes, attachmentToCbor(statement)]),
        ],
    bundles.map(bundleToCbor),
    announcements.map(announcementToCbor),
  ]);
}

/** @throws ProtocolError */
export function decodeFrame(bytes: Uint8Array): WireFrame {
  const [tag, epoch, nonce, batch, bundles, announcements] = arrayOf(decodeCanonical(bytes), 'frame', FRAME_ITEMS);
  if (tag !== FRAME_TAG) throw new ProtocolError(`a frame must begin with ${FRAME_TAG}`);
  integerOf(nonce, 'nonce', 0, Number.MAX_SAFE_INTEGER);
  return {
    epoch: integerOf(epoch, 'epoch', 0, EPOCHS_MAX),
    batch: optional(batch, batchFromCbor),
    bundles: listOf(bundles, 'bundles', FETCH_ITEMS_MAX, bundleFromCbor),
    announcements: listOf(announcements, 'announcements', FETCH_ITEMS_MAX, announcementFromCbor),
  };
}

/** Whose a frame is, told by its first bytes; undefined where those are no frame's. The rest stays unread. */
export function epochOfFrame(bytes: Uint8Array): number | undefined {
  if (!FRAME_START.every((byte, at) => bytes[at] === byte)) return undefined;
  const [first = 0xff, second] = bytes.subarray(FRAME_START.length, FRAME_START.length + 2);
  if (first < 0x18) return first; // CBOR: a small integer is its own byte, one below 256 follows a 0x18
  return first === 0x18 ? second : undefined;
}

function batchFromCbor(value: CborValue): WireBatch {
  const [validatorIndex, signature, repeat, leaves] = arrayOf(value, 'batch', 4);
  return {
    validatorIndex: integerOf(validatorIndex, 'validatorIndex', 0, VALIDATORS_MAX - 1),
    signature: fixedBytesOf(signature, 'signature', 64),
    repeat: booleanOf(repeat, 'repeat'),
    leaves: listOf(leaves, 'leaves', BATCH_LEAVES_MAX, (item) => {
      const [leaf, attachment] = arrayOf(item, 'leaf', 2);
      return { leafBytes: bytesOf(leaf, 'leaf', LEAF_BYTES_MAX), attachment: attachment! };
    }),
  };
}

/** The bytes that the origin of a task signs. */
export function announcementBytes(
  networkId: Digest,
  { taskId, size, origin }: Omit<Announcement, 'signature' | 'body'>,
): Uint8Array {
  return encodeCanonical(['pheme/announcement/1', digestBytes(networkId), digestBytes(taskId), size, origin]);
}

function announcementToCbor({ taskId, size, origin, signature, body }: Announcement): CborValue {
  return [digestBytes(taskId), size, origin, signature, body];
}

function announcementFromCbor(value: CborValue): Announcement {
  const [taskId, size, origin, signature, body] = arrayOf(value, 'announcement', 5);
  return {
    taskId: digestOf(taskId, 'taskId'),
    size: integerOf(size, 'size', 1, TASK_BYTES_MAX),
    origin: integerOf(origin, 'origin', 0, VALIDATORS_MAX - 1),
    signature: fixedBytesOf(signature, 'signature', 64),
    body: optional(body, (bytes) => bytesOf(bytes, 'task', TASK_INLINE_BYTES_MAX)),
  };
}

export function provenLeafToCbor(signed: SignedLeaf): CborValue {
  return [signed.bytes, attachmentToCbor(signed), leafProofToCbor(signed.proof())];
}

/** @throws ProtocolError */
export function provenLeafFromCbor(value: CborValue): WireProvenLeaf {
  const [leaf, attachment, proof] = arrayOf(value, 'proven leaf', 3);
  return { leafBytes: bytesOf(leaf, 'leaf', LEAF_BYTES_MAX), attachment: attachment!, proof: leafProofFromCbor(proof) };
}
