import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { rpcFailure } from './errors.ts';

/** What a caller may do; each includes the ones before it. */
export type Access = 'none' | 'read' | 'write';

export interface AccessOptions {
  /** The address that the server is bound to. */
  host: string;
  /** Further names under which it may be asked. */
  allowedHosts: readonly string[];
  tokens: Tokens;
}

export interface Tokens {
  /** Allow everything. */
  write: readonly string[];
  /** Allow reading. */
  read: readonly string[];
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

function isLoopback(host: string): boolean {
  const version = isIP(host);
  return version === 0 ? host.toLowerCase() === 'localhost' : LOOPBACK.check(host, version === 6 ? 'ipv6' : 'ipv4');
}

/** Decides who may call, from the headers of a request. */
export interface Gate {
  /**
   * Refuses a name that was bound to this address by hostile DNS.
   * @throws ValidationError HOST_REFUSED
   */
  assertHost(request: IncomingMessage): void;
  /**
   * Refuses what a page of another site in somebody's browser could send.
   * @throws ValidationError ORIGIN_REFUSED
   */
  assertSameSite(request: IncomingMessage): void;
  /** @throws ValidationError UNAUTHORIZED for a token that is not one of the node's */
  accessOf(request: IncomingMessage): Access;
}

export function createGate({ host, allowedHosts, tokens }: AccessOptions): Gate {
  const onLoopback = isLoopback(host);
  const names = new Set([host, ...allowedHosts].map((name) => name.toLowerCase()));
  // An address cannot be rebound by DNS; beyond loopback, probes and peers ask by the address that they see.
  const isAllowed = (name: string) => names.has(name) || isLoopback(name) || (!onLoopback && isIP(name) !== 0);
  const known = [
    ...tokens.write.map((token) => ({ digest: digest(token), access: 'write' as const })),
    ...tokens.read.map((token) => ({ digest: digest(token), access: 'read' as const })),
  ];

  return {
    assertHost({ headers }) {
      if (!isAllowed(hostName(headers.host ?? ''))) {
        throw rpcFailure(
          'HOST_REFUSED',
          'Host: this name is not served here; list it in rpc.allowedHosts if it is yours',
        );
      }
    },

    assertSameSite({ headers }) {
      const { origin } = headers;
      if (origin !== undefined && URL.parse(origin)?.host !== headers.host?.toLowerCase()) {
        throw rpcFailure('ORIGIN_REFUSED', 'Origin: pages of other sites may not call this node');
      }
      const site = headers['sec-fetch-site'];
      if (site !== undefined && site !== 'same-origin' && site !== 'none') {
        throw rpcFailure('ORIGIN_REFUSED', 'Sec-Fetch-Site: pages of other sites may not call this node');
      }
    },

    accessOf({ headers: { authorization } }) {
      if (authorization === undefined) return onLoopback ? 'read' : 'none';
      const given = digest(/^Bearer +([\x21-\x7e]+) *$/i.exec(authorization)?.[1] ?? '');
      // Every token is compared, each in constant time: neither content nor place shows in the time taken.
      const matches = known.filter((token) => timingSafeEqual(token.digest, given));
      if (matches[0] === undefined)
        throw rpcFailure('UNAUTHORIZED', 'this is not a token of this node: see --token-file and the home of the node');
      return matches[0].access;
    },
  };
}

/** Equal lengths, whatever the token's. */
function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** The name in a Host header, without its port and brackets; empty if it is malformed. */
function hostName(header: string): string {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(header);
  return (match?.[1] ?? match?.[2] ?? '').toLowerCase();
}

/** @throws ValidationError UNAUTHORIZED */
export function assertAccess(access: Access, needed: 'read' | 'write'): void {
  if (access === 'write' || access === needed) return;
  const remedy = 'send Authorization: Bearer with the token of the home (api-token)';
  const message =
    access === 'read' ? `this call needs the token that may write: ${remedy}` : `this call needs a token: ${remedy}`;
  throw rpcFailure('UNAUTHORIZED', message);
}
