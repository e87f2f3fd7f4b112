import { signBatch } from '../../src/protocol/batch.ts';
import { type BundleKind, bundleToCbor } from '../../src/protocol/bundle.ts';
import { type CborValue, decodeCanonical, encodeCanonical } from '../../src/protocol/cbor.ts';
import { announcementBytes } from '../../src/protocol/frame.ts';
import { digestBytes } from '../../src/protocol/hash.ts';
import type { LeafOf, VoteLeaf } from '../../src/protocol/leaf.ts';
import { attachmentToCbor, type SignedLeaf } from '../../src/protocol/signed-leaf.ts';
import { encodeTask, taskIdOf } from '../../src/protocol/task.ts';
import {
  commitmentSetDigest,
  commitmentSetFromCbor,
  decodeValue,
  encodeCore,
  valueIdOf,
} from '../../src/protocol/value.ts';
import { signerOf, taskOf } from '../../test/engine/fixture.ts';
import type { SeededRandom } from '../../test/sim/random.ts';
import { mutateCbor } from './mutation.ts';
import type { Victims } from './victims.ts';

const FRAME_TAG = 'pheme/frame/2';
let nonce = 0;

function frameBytes(batch: CborValue, bundles: CborValue[], announcements: CborValue[]): Uint8Array {
  return encodeCanonical([FRAME_TAG, 0, nonce++, batch, bundles, announcements]);
}

/** A leaf like one that was heard, changed, and signed by the attacker: only its meaning is wrong. */
export function signedAttack(victims: Victims, sample: SignedLeaf, random: SeededRandom): Uint8Array {
  const attachment = random.chance(0.5) ? attachmentToCbor(sample) : mutateCbor(attachmentToCbor(sample), random);
  const [code, task, body] = decodeCanonical(sample.bytes) as readonly CborValue[];
  const bound = random.chance(0.7) ? boundBody(sample, body!, attachment) : body!;
  const taskId = random.chance(0.8) ? digestBytes(random.pick(victims.taskIds)) : task!;
  const leaf: CborValue = [code!, taskId, random.chance(0.6) ? mutateCbor(bound, random) : bound];
  return signedFrame(victims, encodeCanonical(leaf), attachment, random.chance(0.3));
}

/** The body with the digest that its changed attachment has, so that the attachment is read at all. */
function boundBody({ leaf }: SignedLeaf, body: CborValue, attachment: CborValue): CborValue {
  try {
    if (leaf.type === 'CLOSE') return digestBytes(commitmentSetDigest(commitmentSetFromCbor(attachment)));
    if (leaf.type !== 'PROPOSAL' || !(attachment instanceof Uint8Array)) return body;
    const valueId = valueIdOf(encodeCore(decodeValue(attachment).core));
    return [...(body as readonly CborValue[]).slice(0, 2), digestBytes(valueId)];
  } catch {
    return body;
  }
}

function signedFrame(victims: Victims, leafBytes: Uint8Array, attachment: CborValue, repeat: boolean): Uint8Array {
  const { committee, attacker } = victims;
  const { signature } = signBatch(committee.configDigest, attacker, [leafBytes], signerOf(committee, attacker));
  return frameBytes([attacker, signature, repeat, [[leafBytes, attachment]]], [], []);
}

const VOTES: Record<BundleKind, 'PREVOTE' | 'PRECOMMIT'> = {
  POLKA: 'PREVOTE',
  ROUNDCERT: 'PRECOMMIT',
  CERT: 'PRECOMMIT',
};

/** Votes that were heard as a bundle, mostly changed. */
export function bundleAttack(victims: Victims, kind: BundleKind, random: SeededRandom): Uint8Array | undefined {
  const votes = victims.leaves.get(VOTES[kind]) ?? [];
  if (votes.length === 0) return undefined;
  const { taskId } = random.pick(votes).leaf;
  const own = votes.filter(({ leaf }) => leaf.taskId === taskId) as SignedLeaf<VoteLeaf>[];
  const some = own.filter(() => random.chance(0.8));
  const coreBytes = kind === 'CERT' ? someCore(victims, random) : null;
  const bundle = bundleToCbor({ kind, taskId, votes: some, coreBytes } as Parameters<typeof bundleToCbor>[0]);
  return frameBytes(null, [random.chance(0.85) ? mutateCbor(bundle, random) : bundle], []);
}

function someCore(victims: Victims, random: SeededRandom): Uint8Array {
  const proposals = (victims.leaves.get('PROPOSAL') ?? []) as SignedLeaf<LeafOf<'PROPOSAL'>>[];
  return proposals.length === 0 ? random.bytes(60) : encodeCore(random.pick(proposals).attachment.core);
}

/** An announcement of a task, its parts changed before or after they are signed. */
export function announcementAttack(victims: Victims, random: SeededRandom): Uint8Array {
  const { committee, attacker } = victims;
  const body = encodeTask(taskOf(random.integer(1000, 1000 + ATTACKED_TASKS)));
  const taskId = taskIdOf(committee.networkId, committee.epoch, body);
  const signed = { taskId, size: random.chance(0.8) ? body.length : random.integer(1, 9999), origin: attacker };
  const signature = signerOf(committee, attacker).sign(announcementBytes(committee.networkId, signed));
  const changed = random.chance(0.5) ? (mutateCbor(decodeCanonical(body), random) as CborValue) : null;
  const sent = changed === null ? body : encodeCanonical(changed);
  const item: CborValue = [digestBytes(taskId), signed.size, attacker, signature, random.chance(0.8) ? sent : null];
  return frameBytes(null, [], [random.chance(0.5) ? mutateCbor(item, random) : item]);
}

/** Tasks that the attacker announces itself: few, so that they stay below every quota and are all decided. */
const ATTACKED_TASKS = 4;
