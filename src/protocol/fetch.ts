import { type Bundle, bundleFromCbor, bundleToCbor, type WireBundle } from './bundle.ts';
import { type CborValue, decodeCanonical, encodeCanonical } from './cbor.ts';
import { ProtocolError } from './errors.ts';
import { arrayOf, bytesOf, digestOf, integerOf, listOf, optional, textOf } from './fields.ts';
import { provenLeafFromCbor, provenLeafToCbor, type WireProvenLeaf } from './frame.ts';
import { type Digest, digestBytes } from './hash.ts';
import {
  FETCH_ITEMS_MAX,
  FETCH_REPORTS_MAX,
  GOSSIP_BYTES_MAX,
  REPORT_BYTES_MAX,
  SYNC_PAGE_MAX,
  TASK_BYTES_MAX,
  VALIDATORS_MAX,
} from './limits.ts';
import type { SignedLeaf } from './signed-leaf.ts';

/** One request on a stream of its own; the response is of the same kind. Whatever gossip carries can be asked for too. */
export type FetchRequest =
  /** A task's canonical bytes. */
  | { kind: 'task'; taskId: Digest }
  /** Leaves held for a task, all of them or those with these leaf hashes; and the bundles that stand for older ones. */
  | { kind: 'leaves'; taskId: Digest; digests: Digest[] | null }
  /** Reports by their digests: one request for all that is wanted of a peer, since a stream costs more than a report. */
  | { kind: 'reports'; digests: Digest[] }
  /** The certificate of a decided task. */
  | { kind: 'result'; taskId: Digest }
  /** Ids of decided tasks in the order in which the peer decided them, from a cursor (0 at first). */
  | { kind: 'results'; cursor: number }
  /** Ids of the undecided tasks that the peer knows. */
  | { kind: 'open' }
  /** Addresses under which validators were reached. */
  | { kind: 'addresses' }
  /** A frame for this peer alone. */
  | { kind: 'push'; frame: Uint8Array }
  /** The validator's own signature over the statement of a decided task (R34). */
  | { kind: 'attestation'; taskId: Digest };

export type FetchKind = FetchRequest['kind'];

/** What a peer answers; still unchecked beyond its form. */
export type FetchResponse =
  | { kind: 'task'; taskBytes: Uint8Array | null }
  | { kind: 'leaves'; leaves: WireProvenLeaf[]; bundles: WireBundle[] }
  /** In the order of the request, null for what is not here; perhaps fewer than asked for, then the rest is asked for again. */
  | { kind: 'reports'; reports: (Uint8Array | null)[] }
  | { kind: 'result'; cert: WireBundle | null }
  /** storeId tells one database from another: a cursor is worth something only within it. */
  | { kind: 'results'; storeId: string; next: number; taskIds: Digest[] }
  | { kind: 'open'; taskIds: Digest[] }
  | { kind: 'addresses'; addresses: string[] }
  | { kind: 'push' }
  | { kind: 'attestation'; signature: Uint8Array | null };

/** The same, on the answering side, where leaves and bundles are still whole. */
export type FetchAnswer =
  | Exclude<FetchResponse, { kind: 'leaves' | 'result' }>
  | { kind: 'leaves'; leaves: readonly SignedLeaf[]; bundles: readonly Bundle[] }
  | { kind: 'result'; cert: Bundle | null };

const KINDS: readonly FetchKind[] = [
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
const SIGNATURE_BYTES = 64; // Ed25519
const ADDRESS_CHARS_MAX = 256;
const CURSOR_MAX = Number.MAX_SAFE_INTEGER;

export function encodeRequest(request: FetchRequest): Uint8Array {
  return encodeCanonical([KINDS.indexOf(request.kind), ...requestFields(request)]);
}

function requestFields(request: FetchRequest): CborValue[] {
  switch (request.kind) {
    case 'task':
    case 'result':
    case 'attestation':
      return [digestBytes(request.taskId)];
    case 'leaves':
      return [digestBytes(request.taskId), request.digests === null ? null : request.digests.map(digestBytes)];
    case 'reports':
      return [request.digests.map(digestBytes)];
    case 'results':
      return [request.cursor];
    case 'push':
      return [request.frame];
    default:
      return [];
  }
}

/** @throws ProtocolError */
export function decodeRequest(bytes: Uint8Array): FetchRequest {
  const [code, first, second] = arrayOf(decodeCanonical(bytes), 'request');
  const kind = KINDS[integerOf(code, 'request kind', 0, KINDS.length - 1)]!;
  switch (kind) {
    case 'task':
    case 'result':
    case 'attestation':
      return { kind, taskId: digestOf(first, 'taskId') };
    case 'leaves': {
      const digests = optional(second, (list) => listOf(list, 'digests', FETCH_ITEMS_MAX, digestOf));
      return { kind, taskId: digestOf(first, 'taskId'), digests };
    }
    case 'reports':
      return { kind, digests: listOf(first, 'digests', FETCH_REPORTS_MAX, digestOf) };
    case 'results':
      return { kind, cursor: integerOf(first, 'cursor', 0, CURSOR_MAX) };
    case 'push':
      return { kind, frame: bytesOf(first, 'frame', GOSSIP_BYTES_MAX) };
    default:
      return { kind };
  }
}

export function encodeAnswer(answer: FetchAnswer): Uint8Array {
  return encodeCanonical([KINDS.indexOf(answer.kind), ...answerFields(answer)]);
}

function answerFields(answer: FetchAnswer): CborValue[] {
  switch (answer.kind) {
    case 'task':
      return [answer.taskBytes];
    case 'leaves':
      return [answer.leaves.map(provenLeafToCbor), answer.bundles.map(bundleToCbor)];
    case 'reports':
      return [answer.reports];
    case 'result':
      return [answer.cert === null ? null : bundleToCbor(answer.cert)];
    case 'results':
      return [answer.storeId, answer.next, answer.taskIds.map(digestBytes)];
    case 'open':
      return [answer.taskIds.map(digestBytes)];
    case 'addresses':
      return [answer.addresses];
    case 'push':
      return [];
    case 'attestation':
      return [answer.signature];
  }
}

/** Reads the answer to a request of this kind. @throws ProtocolError */
export function decodeResponse(bytes: Uint8Array, kind: FetchKind): FetchResponse {
  const [code, first, second, third] = arrayOf(decodeCanonical(bytes), 'response');
  if (KINDS[integerOf(code, 'response kind', 0, KINDS.length - 1)] !== kind) {
    throw new ProtocolError(`asked for ${kind}, got something else`);
  }
  switch (kind) {
    case 'task':
      return { kind, taskBytes: optional(first, (body) => bytesOf(body, 'task', TASK_BYTES_MAX)) };
    case 'leaves':
      return {
        kind,
        leaves: listOf(first, 'leaves', FETCH_ITEMS_MAX, provenLeafFromCbor),
        bundles: listOf(second, 'bundles', FETCH_ITEMS_MAX, bundleFromCbor),
      };
    case 'reports': {
      const read = (item: CborValue) => optional(item, (report) => bytesOf(report, 'report', REPORT_BYTES_MAX));
      return { kind, reports: listOf(first, 'reports', FETCH_REPORTS_MAX, read) };
    }
    case 'result':
      return { kind, cert: optional(first, bundleFromCbor) };
    case 'results': {
      const next = integerOf(second, 'next', 0, CURSOR_MAX);
      return {
        kind,
        storeId: textOf(first, 'storeId', 64),
        next,
        taskIds: listOf(third, 'taskIds', SYNC_PAGE_MAX, digestOf),
      };
    }
    case 'open':
      return { kind, taskIds: listOf(first, 'taskIds', FETCH_ITEMS_MAX, digestOf) };
    case 'addresses': {
      const read = (item: CborValue) => textOf(item, 'address', ADDRESS_CHARS_MAX);
      return { kind, addresses: listOf(first, 'addresses', 4 * VALIDATORS_MAX, read) };
    }
    case 'push':
      return { kind };
    case 'attestation':
      return { kind, signature: optional(first, (signature) => bytesOf(signature, 'signature', SIGNATURE_BYTES)) };
  }
}
