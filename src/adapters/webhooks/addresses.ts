import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { ValidationError } from '../../protocol/errors.ts';

/** Everything that is not somebody's server on the internet: the IANA registries of special-purpose addresses. */
const SPECIAL_IPV4: readonly (readonly [network: string, prefix: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16], // link-local, and the metadata services of clouds
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['168.63.129.16', 32], // metadata of a cloud, at an address that looks public
];
/** Within 2000::/3, the only addresses of the internet; forms that hold an IPv4 address lie here or outside. */
const SPECIAL_IPV6: readonly (readonly [network: string, prefix: number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];

const special = new BlockList();
for (const [network, prefix] of SPECIAL_IPV4) special.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of SPECIAL_IPV6) special.addSubnet(network, prefix, 'ipv6');
const internet = new BlockList();
internet.addSubnet('2000::', 3, 'ipv6');

/** True for an address on the internet; false for loopback, private, link-local and other special ones, and for no address. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 0 || address.includes('%')) return false;
  if (family === 4) return !special.check(address, 'ipv4');
  return internet.check(address, 'ipv6') && !special.check(address, 'ipv6');
}

/** This machine, whatever a resolver says of it (RFC 6761). */
const LOCALHOST = /(?:^|\.)localhost\.?$/;

/** The addresses of a host's name. */
export type Resolve = (name: string) => Promise<readonly string[]>;

export const resolveBySystem: Resolve = async (name) =>
  (await lookup(name, { all: true })).map(({ address }) => address);

/**
 * The address to connect to: asked once, judged, and then used as it is, so that a name cannot lead elsewhere between
 * the look and the call. A name with one private address among its public ones is refused too.
 * @throws ValidationError PRIVATE_ADDRESS; the errors of DNS
 */
export async function addressOf(url: URL, allowPrivate: boolean, resolve: Resolve): Promise<string> {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (!allowPrivate && LOCALHOST.test(host)) throw privateAddress(host);
  const addresses = isIP(host) === 0 ? await resolve(host) : [host];
  if (!allowPrivate && !addresses.every(isPublicAddress)) throw privateAddress(host);
  const [first] = addresses;
  if (first === undefined) throw new ValidationError(`${host} has no address`, 'UNREACHABLE');
  return first;
}

function privateAddress(host: string): ValidationError {
  return new ValidationError(
    `${host} is on this machine, a private network, or otherwise no server of the internet: set allowPrivate if it is meant`,
    'PRIVATE_ADDRESS',
    { host },
  );
}
