import assert from 'node:assert/strict';
import { multiaddr } from '@multiformats/multiaddr';
import fc from 'fast-check';
import { AddressBook } from '../../src/network/address-book.ts';
import { peerIdOfKey } from '../../src/network/identity.ts';
import { ADDRESSES_PER_SOURCE_MAX } from '../../src/network/limits.ts';
import { committeeOf, keyOf } from './cluster.ts';

const committee = committeeOf(3);
const [own, other, third] = committee.validators.map(({ publicKey }) => publicKey) as [string, string, string];
const idOf = (key: string) => peerIdOfKey(key).toString();
const at = (port: number, key?: string) => `/ip4/192.0.2.1/tcp/${port}${key === undefined ? '' : `/p2p/${idOf(key)}`}`;

describe('AddressBook', () => {
  let book: AddressBook;
  beforeEach(() => {
    book = new AddressBook(committee, own);
  });

  it('keeps configured addresses, named or not, without its own', () => {
    book.configure([at(1, other), at(2), at(3, own)]);
    assert.deepEqual(book.keys(), [other]);
    assert.deepEqual(book.addressesOf(other), [at(1, other)]);
    assert.deepEqual(book.anonymous(), [at(2)]);
  });

  const refused = [
    ['', 'nothing'],
    ['nowhere', 'no multiaddr'],
    ['/ip4/192.0.2.1/udp/1', 'another transport'],
    ['/ip4/192.0.2.1', 'no port'],
    ['/ip4/192.0.2.1/tcp/1/ws', 'something on top'],
    [`${at(1, other)}/p2p-circuit`, 'a relay'],
    [`/unix/tmp%2Fsocket`, 'a socket of the machine'],
    [at(1, keyOf(99)), 'a stranger'],
  ] as const;
  for (const [address, what] of refused) {
    it(`refuses to be configured with ${what}, and names the place`, () => {
      assert.throws(() => book.configure([at(1), address]), { code: 'INVALID_CONFIG', message: /^peers\.1: / });
    });
  }

  it('learns addresses of other validators only, and of each a few', () => {
    book.learn([
      at(1),
      at(2, keyOf(99)),
      at(3, own),
      'garbage',
      '/ip4/192.0.2.1/udp/1',
      `/unix/tmp%2Fs/p2p/${idOf(other)}`,
    ]);
    assert.deepEqual(book.keys(), []);
    for (let port = 1; port <= 100; port += 1) book.learn([at(port, other), at(port, third)]);
    for (const key of [other, third]) {
      assert.equal(book.addressesOf(key).length, ADDRESSES_PER_SOURCE_MAX);
      assert.ok(book.addressesOf(key).includes(at(100, key)));
    }
  });

  it('never gives up what was configured for what was told', () => {
    book.configure([at(1, other)]);
    for (let port = 2; port <= 50; port += 1) book.learn([at(port, other)]);
    assert.equal(book.addressesOf(other)[0], at(1, other));
  });

  it('replaces what a peer says of itself', () => {
    book.replaceOwn(other, [multiaddr(at(1)), multiaddr(at(2, other))]);
    book.replaceOwn(other, [multiaddr(at(3))]);
    assert.deepEqual(book.addressesOf(other), [at(3, other)]);
    book.replaceOwn(keyOf(99), [multiaddr(at(4))]);
    assert.deepEqual(book.keys(), [other]);
  });

  it('puts the address first that was reached last', () => {
    book.configure([at(1, other), at(2, other)]);
    book.reached(other, at(9, other));
    assert.deepEqual(book.addressesOf(other), [at(9, other), at(1, other), at(2, other)]);
    book.reached(other, at(2, other));
    assert.deepEqual(book.addressesOf(other), [at(2, other), at(1, other)]);
  });

  it('takes any text from a peer without failing', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string().map((part) => `/${part}`),
      fc.string().map((part) => `${at(1)}/${part}`),
    );
    fc.assert(
      fc.property(fc.array(text), (texts) => {
        book.learn(texts);
        assert.deepEqual(book.keys(), []);
      }),
    );
  });
});
