import type { LeafProof } from './batch.ts';
import { openBatch, VerifiedHeaders, verifyDigestProof } from './batch.ts';
import type { Bundle, WireBundle } from './bundle.ts';
import { fromHex } from './bytes.ts';
import { type Committee, weightOf } from './committee.ts';
import { createVerifier, type Verifier } from './ed25519.ts';
import { ProtocolError } from './errors.ts';
import {
  type Announcement,
  announcementBytes,
  decodeFrame,
  type WireBatch,
  type WireFrame,
  type WireProvenLeaf,
} from './frame.ts';
import type { Digest } from './hash.ts';
import { decodeLeaf, type Leaf, type LeafOf, type VoteLeaf } from './leaf.ts';
import { leafDigest } from './merkle.ts';
import { type Attachment, type Authentic, asAuthentic, attachmentFromCbor, type SignedLeaf } from './signed-leaf.ts';
import { decodeCore, valueIdOf } from './value.ts';

/** R32: checks whatever is signed, once, at the edge; behind it everything is {@link Authentic}. */
export interface Authenticator {
  /** Reads a frame's form; nothing in it is checked yet, since most of it may be known already. @throws ProtocolError */
  readFrame(bytes: Uint8Array): WireFrame;
  /**
   * Checks a batch's one signature. A leaf that cannot be read is skipped, not its batch.
   * @throws ProtocolError if the signer is unknown or the signature does not hold
   */
  openBatch(batch: WireBatch): { leaves: Authentic<SignedLeaf>[]; skipped: number };
  /** @throws ProtocolError */
  openLeaf(leaf: WireProvenLeaf): Authentic<SignedLeaf>;
  /** Checks every vote, that signers are distinct, and that the weight suffices for the bundle's kind. @throws ProtocolError */
  openBundle(bundle: WireBundle): Authentic<Bundle>;
  /** @throws ProtocolError */
  openAnnouncement(announcement: Announcement): Authentic<Announcement>;
}

/** @param verifiers one a validator, in the committee's order; Ed25519 unless a test brings its own */
export function createAuthenticator(committee: Committee, verifiers = ed25519Verifiers(committee)): Authenticator {
  const verifierOf = (index: number): Verifier => {
    const verifier = verifiers[index];
    if (verifier === undefined) throw new ProtocolError(`no validator has index ${index}`);
    return verifier;
  };

  const verified = new VerifiedHeaders();
  const openProof = (digest: Digest, proof: LeafProof): void => {
    if (!verifyDigestProof(committee.configDigest, digest, proof, verifierOf(proof.validatorIndex), verified)) {
      throw new ProtocolError(`validator ${proof.validatorIndex} did not sign this leaf`);
    }
  };

  return {
    readFrame(bytes) {
      const frame = decodeFrame(bytes);
      if (frame.epoch !== committee.epoch) throw new ProtocolError(`a frame of epoch ${frame.epoch}`);
      return frame;
    },

    openBatch({ validatorIndex, signature, leaves }) {
      const bytes = leaves.map((leaf) => leaf.leafBytes);
      const batch = openBatch(
        committee.configDigest,
        validatorIndex,
        bytes,
        signature,
        verifierOf(validatorIndex),
        verified,
      );
      if (batch === undefined) throw new ProtocolError(`validator ${validatorIndex} did not sign this batch`);
      const opened: Authentic<SignedLeaf>[] = [];
      leaves.forEach(({ leafBytes, attachment }, leafIndex) => {
        const read = readLeaf(leafBytes, (leaf) => attachmentFromCbor(leaf, attachment));
        if (read === undefined) return;
        const digest = batch.leafDigests[leafIndex]!;
        opened.push(signedLeaf(validatorIndex, read, leafBytes, digest, () => batch.proof(leafIndex)));
      });
      return { leaves: opened, skipped: leaves.length - opened.length };
    },

    openLeaf({ leafBytes, attachment, proof }) {
      const leaf = decodeLeaf(leafBytes);
      const read = { leaf, attachment: attachmentFromCbor(leaf, attachment) };
      const digest = leafDigest(leafBytes);
      openProof(digest, proof);
      return signedLeaf(proof.validatorIndex, read, leafBytes, digest, () => proof);
    },

    openBundle(wire) {
      const votes = wire.groups.flatMap(({ leafBytes, proofs }) => {
        const leaf = decodeLeaf(leafBytes);
        const digest = leafDigest(leafBytes);
        if (leaf.taskId !== wire.taskId) throw new ProtocolError('a bundle holds a vote of another task');
        return proofs.map((proof) =>
          signedLeaf(proof.validatorIndex, { leaf, attachment: null }, leafBytes, digest, () => proof),
        );
      });
      const bundle = bundleOf(committee, wire, votes); // form first: it is cheaper than signatures
      for (const vote of votes) openProof(vote.digest, vote.proof());
      return asAuthentic(bundle);
    },

    openAnnouncement(announcement) {
      const bytes = announcementBytes(committee.networkId, announcement);
      if (!verifierOf(announcement.origin).verify(bytes, announcement.signature)) {
        throw new ProtocolError(`validator ${announcement.origin} did not sign this announcement`);
      }
      return asAuthentic(announcement);
    },
  };
}

function ed25519Verifiers(committee: Committee): Verifier[] {
  return committee.validators.map(({ publicKey }) => createVerifier(fromHex(publicKey, 32)));
}

function readLeaf(
  bytes: Uint8Array,
  readAttachment: (leaf: Leaf) => Attachment,
): { leaf: Leaf; attachment: Attachment } | undefined {
  try {
    const leaf = decodeLeaf(bytes);
    return { leaf, attachment: readAttachment(leaf) };
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

function signedLeaf(
  signer: number,
  { leaf, attachment }: { leaf: Leaf; attachment: Attachment },
  bytes: Uint8Array,
  digest: string,
  proof: () => LeafProof,
): Authentic<SignedLeaf> {
  // The attachment was read for this very leaf, so their types belong together.
  return asAuthentic({ signer, leaf, attachment, bytes, digest, proof } as SignedLeaf);
}

function bundleOf(committee: Committee, { kind, taskId, coreBytes }: WireBundle, votes: SignedLeaf[]): Bundle {
  const signers = votes.map((vote) => vote.signer);
  if (new Set(signers).size !== signers.length) throw new ProtocolError(`a ${kind} counts a voter twice`);
  const weight = weightOf(committee, signers);
  if (kind === 'ROUNDCERT') return { kind, taskId, votes: roundVotes(committee, votes, weight) };
  if (weight < committee.quorum)
    throw new ProtocolError(`a ${kind} has weight ${weight}, a quorum is ${committee.quorum}`);
  if (kind === 'POLKA') return { kind, taskId, votes: equalVotes(votes, 'PREVOTE') };
  const certified = equalVotes(votes, 'PRECOMMIT');
  if (coreBytes === null || valueIdOf(coreBytes) !== certified[0]!.leaf.valueId) {
    throw new ProtocolError('a CERT came without the core that it decides');
  }
  decodeCore(coreBytes);
  return { kind, taskId, votes: certified, coreBytes };
}

function equalVotes<Type extends 'PREVOTE' | 'PRECOMMIT'>(votes: SignedLeaf[], type: Type): SignedLeaf<LeafOf<Type>>[] {
  const first = votes[0]!;
  if (first.leaf.type !== type || (first.leaf as VoteLeaf).valueId === null) {
    throw new ProtocolError(`expected ${type}s for a value`);
  }
  if (votes.some((vote) => vote.digest !== first.digest)) throw new ProtocolError('the votes differ');
  return votes as unknown as SignedLeaf<LeafOf<Type>>[];
}

function roundVotes(committee: Committee, votes: SignedLeaf[], weight: number): SignedLeaf<VoteLeaf>[] {
  const leaves = votes.map((vote) => vote.leaf);
  const isVote = (leaf: Leaf): leaf is VoteLeaf => leaf.type === 'PREVOTE' || leaf.type === 'PRECOMMIT';
  if (!leaves.every(isVote)) throw new ProtocolError('a ROUNDCERT holds votes only');
  if (leaves.some((leaf) => leaf.round !== leaves[0]!.round)) throw new ProtocolError('a ROUNDCERT is of one round');
  const precommits = votes.filter((vote) => vote.leaf.type === 'PRECOMMIT').map((vote) => vote.signer);
  if (weight <= committee.faulty && weightOf(committee, precommits) < committee.quorum) {
    throw new ProtocolError('a ROUNDCERT has too little weight');
  }
  return votes as unknown as SignedLeaf<VoteLeaf>[];
}
