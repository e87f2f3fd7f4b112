import {
  CODE_DNS,
  CODE_DNS4,
  CODE_DNS6,
  CODE_IP4,
  CODE_IP6,
  CODE_P2P,
  CODE_TCP,
  type Multiaddr,
  multiaddr,
} from '@multiformats/multiaddr';
import type { PeerKey } from '../engine/ports.ts';
import { type Committee, indexOfKey } from '../protocol/committee.ts';
import { ValidationError } from '../protocol/errors.ts';
import { keyOfPeerText, peerIdOfKey } from './identity.ts';
import { ADDRESSES_PER_SOURCE_MAX, ADDRESSES_TOLD_MAX } from './limits.ts';

/** `configured` by the operator, named by the peer `itself`, or `told` by another peer. */
export type AddressSource = 'configured' | 'itself' | 'told';

const SOURCES: readonly AddressSource[] = ['configured', 'itself', 'told'];
const HOST_CODES: readonly number[] = [CODE_IP4, CODE_IP6, CODE_DNS, CODE_DNS4, CODE_DNS6];

interface KnownAddresses {
  /** The address of the last dial that reached the peer. */
  good: string | undefined;
  bySource: Record<AddressSource, string[]>;
}

/** Where validators can be reached. Addresses are `/ip4/.../tcp/...` without an identity, which is the key here. */
export class AddressBook {
  readonly #committee: Committee;
  readonly #ownKey: PeerKey;
  readonly #known = new Map<PeerKey, KnownAddresses>();
  /** Configured without an identity: whose they are shows when they are dialled. */
  readonly #anonymous = new Set<string>();

  constructor(committee: Committee, ownKey: PeerKey) {
    this.#committee = committee;
    this.#ownKey = ownKey;
  }

  /** @throws ValidationError `INVALID_CONFIG` */
  configure(addresses: readonly string[]): void {
    addresses.forEach((text, index) => {
      const parsed = parseAddress(text);
      if (parsed === undefined)
        throw configError(index, text, 'is not of the form /ip4/192.0.2.1/tcp/4001[/p2p/<peer id>]');
      if (!parsed.identified) this.#anonymous.add(parsed.address);
      else if (parsed.key === undefined || indexOfKey(this.#committee, parsed.key) === undefined) {
        throw configError(index, text, 'names a peer that is not in the genesis');
      } else if (parsed.key !== this.#ownKey) this.#add(parsed.key, 'configured', parsed.address);
    });
  }

  /** Takes what a peer says of another; what names no other validator is passed over. */
  learn(addresses: readonly string[]): void {
    for (const text of addresses) {
      const parsed = parseAddress(text);
      if (parsed?.key !== undefined) this.#add(parsed.key, 'told', parsed.address);
    }
  }

  /** Takes a validator's own addresses in place of those that it named before. */
  replaceOwn(key: PeerKey, addresses: readonly Multiaddr[]): void {
    const known = this.#known.get(key);
    if (known !== undefined) known.bySource.itself = [];
    for (const address of addresses) {
      const parsed = parseAddress(address.toString());
      if (parsed !== undefined) this.#add(key, 'itself', parsed.address);
    }
  }

  /** A dial of this address reached the key. */
  reached(key: PeerKey, address: string): void {
    const parsed = parseAddress(address);
    if (parsed === undefined || !this.#takes(key)) return;
    this.#of(key).good = parsed.address;
  }

  /** Validators of whom an address is known, never the node itself. */
  keys(): PeerKey[] {
    return [...this.#known.keys()];
  }

  /** What to dial for a key, the most promising first, identity included. */
  addressesOf(key: PeerKey): string[] {
    const known = this.#known.get(key);
    if (known === undefined) return [];
    const good = known.good === undefined ? [] : [known.good];
    const addresses = new Set([...good, ...SOURCES.flatMap((source) => known.bySource[source])]);
    return [...addresses].map((address) => `${address}/p2p/${peerIdOfKey(key).toString()}`);
  }

  /** Configured addresses of which it is unknown whose they are. */
  anonymous(): string[] {
    return [...this.#anonymous];
  }

  /** An anonymous address turned out to be the node's own. */
  forgetAnonymous(address: string): void {
    this.#anonymous.delete(address);
  }

  /** The best addresses of every validator, as they are told to peers. */
  all(): string[] {
    return this.keys().flatMap((key) => this.addressesOf(key).slice(0, ADDRESSES_TOLD_MAX));
  }

  #add(key: PeerKey, source: AddressSource, address: string): void {
    if (!this.#takes(key)) return;
    const list = this.#of(key).bySource[source];
    if (list.includes(address)) return;
    list.push(address);
    if (source !== 'configured' && list.length > ADDRESSES_PER_SOURCE_MAX) list.shift();
  }

  #takes(key: PeerKey): boolean {
    return key !== this.#ownKey && indexOfKey(this.#committee, key) !== undefined;
  }

  #of(key: PeerKey): KnownAddresses {
    const known = this.#known.get(key) ?? { good: undefined, bySource: { configured: [], itself: [], told: [] } };
    this.#known.set(key, known);
    return known;
  }
}

interface ParsedAddress {
  /** Without an identity. */
  address: string;
  identified: boolean;
  /** Undefined also where the identity is no Ed25519 key. */
  key: PeerKey | undefined;
}

/** Host, TCP port and at most an identity; nothing else is dialled. */
function parseAddress(text: string): ParsedAddress | undefined {
  try {
    const [host, port, identity, ...rest] = multiaddr(text).getComponents();
    if (host === undefined || !HOST_CODES.includes(host.code) || port?.code !== CODE_TCP || rest.length > 0)
      return undefined;
    if (identity !== undefined && identity.code !== CODE_P2P) return undefined;
    const key = identity?.value === undefined ? undefined : keyOfPeerText(identity.value);
    return { address: `/${host.name}/${host.value}/tcp/${port.value}`, identified: identity !== undefined, key };
  } catch {
    return undefined;
  }
}

function configError(index: number, text: string, fault: string): ValidationError {
  return new ValidationError(`peers.${index}: ${text} ${fault}`, 'INVALID_CONFIG', {
    path: `peers.${index}`,
    address: text,
  });
}
