import assert from 'node:assert/strict';
import { multiaddr } from '@multiformats/multiaddr';
import { settingsSchema } from '../../src/config/schema.ts';

const PEER = '12D3KooWGC6TvWhfapngX6wvJHpYvPyGYDvSvhHWdKLRVjGFKPqe';
const HOSTS = [
  ['ip4', '127.0.0.1', true],
  ['ip4', '1.2.3', false],
  ['ip4', '256.1.1.1', false],
  ['ip4', '::1', false],
  ['ip6', '::1', true],
  ['ip6', '2001:db8::7', true],
  ['ip6', 'fe80::1%eth0', false],
  ['dns', 'validator.example', true],
  ['dns4', 'localhost', true],
  ['dns6', 'v6.example', true],
  ['dns4', '', false],
  ['dnsaddr', 'validator.example', false],
  ['unix', 'socket', false],
] as const;
const TAILS = [
  ['/tcp/7435', true],
  ['/tcp/0', true],
  ['/tcp/65535', true],
  ['/tcp/65536', false],
  ['/tcp/070', false],
  ['/tcp/x', false],
  ['/tcp', false],
  ['/udp/7435', false],
  ['', false],
  [`/tcp/7435/p2p/${PEER}`, true],
  [`/tcp/7435/p2p/${PEER.slice(1)}`, false],
  [`/tcp/7435/p2p/${PEER.replace('G', '0')}`, false],
  ['/tcp/7435/p2p', false],
  [`/tcp/7435/ws/p2p/${PEER}`, false],
] as const;

describe('addresses of peers in the configuration', () => {
  for (const [kind, host, goodHost] of HOSTS) {
    it(`are taken or refused: /${kind}/${host}`, () => {
      for (const [tail, goodTail] of TAILS) {
        const address = `/${kind}/${host}${tail}`;
        const { success } = settingsSchema.safeParse({ network: { peers: [address] } });
        assert.equal(success, goodHost && goodTail, address);
        if (success) assert.equal(multiaddr(address).toString(), address); // as the library that dials reads it
      }
    });
  }
});
