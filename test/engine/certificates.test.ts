import assert from 'node:assert/strict';
import { Certificates } from '../../src/engine/certificates.ts';
import { RECENT_CERTS_MAX } from '../../src/engine/limits.ts';
import { encodeCert } from '../../src/engine/outbox.ts';
import { createAuthenticator } from '../../src/protocol/authenticator.ts';
import { hash } from '../../src/protocol/hash.ts';
import { fakeCommittee } from '../consensus/fixture.ts';
import { certOf, TestClock, TestStore, taskOf, verifiersOf } from './fixture.ts';

const committee = fakeCommittee();
const cert = certOf(committee, taskOf(1));

function setUp() {
  const store = new TestStore(new TestClock());
  const certificates = new Certificates(committee, createAuthenticator(committee, verifiersOf(committee)), store);
  return { store, certificates };
}

describe('the certificates of a node', () => {
  it('are those it noted, and those in its store', async () => {
    const { store, certificates } = setUp();
    assert.equal(await certificates.isDecided(cert.taskId), false);
    assert.equal(await certificates.get(cert.taskId), undefined);
    await store.write({ results: [{ taskId: cert.taskId, certBytes: encodeCert(cert) }] });
    assert.equal(certificates.has(cert.taskId), false, 'not looked up yet');
    assert.equal(await certificates.isDecided(cert.taskId), true);
    assert.equal(certificates.has(cert.taskId), true);
    const read = await certificates.get(cert.taskId);
    assert.deepEqual(Buffer.from(read!.coreBytes), Buffer.from(cert.coreBytes));
    certificates.note(cert);
    assert.equal(await certificates.get(cert.taskId), cert);
  });

  it('leave the memory for later ones, and are read from the store after that', async () => {
    const { store, certificates } = setUp();
    await store.write({ results: [{ taskId: cert.taskId, certBytes: encodeCert(cert) }] });
    certificates.note(cert);
    const noteOthers = (name: string, number: number) => {
      for (let other = 0; other < number; other++) certificates.note({ ...cert, taskId: hash(name, other) });
    };
    noteOthers('later', RECENT_CERTS_MAX - 1);
    assert.equal(await certificates.get(cert.taskId), cert, 'still in memory');
    noteOthers('last', 1);
    const read = await certificates.get(cert.taskId);
    assert.notEqual(read, cert);
    assert.deepEqual(encodeCert(read!), encodeCert(cert));
    assert.equal(certificates.has(cert.taskId), true, 'its id stays');
  });

  it('are read once to know that they are held, and again once a copy was found damaged', async () => {
    const { store, certificates } = setUp();
    let reads = 0;
    const { result } = store;
    store.result = (taskId) => {
      reads += 1;
      return result.call(store, taskId);
    };
    assert.equal(await certificates.isHeld(cert.taskId), false);
    await store.write({ results: [{ taskId: cert.taskId, certBytes: encodeCert(cert) }] });
    assert.equal(await certificates.isDecided(cert.taskId), true);
    reads = 0;
    for (let asked = 0; asked < 3; asked++) assert.equal(await certificates.isHeld(cert.taskId), true);
    assert.equal(reads, 1);
    for (let other = 0; other < RECENT_CERTS_MAX; other++) certificates.note({ ...cert, taskId: hash('later', other) });
    assert.equal(await certificates.isHeld(cert.taskId), true, 'without a look');
    assert.equal(reads, 1);
    store.result = async () => undefined; // what a damaged row reads as
    assert.equal(await certificates.get(cert.taskId), undefined);
    assert.equal(await certificates.isHeld(cert.taskId), false);
    assert.equal(await certificates.isDecided(cert.taskId), true);
  });

  it('are checked whole when they are read', () => {
    const { certificates } = setUp();
    const bytes = encodeCert(cert);
    assert.equal(certificates.open(bytes).kind, 'CERT');
    for (let position = 0; position < bytes.length; position += 11) {
      const changed = Uint8Array.from(bytes);
      changed[position]! ^= 1;
      assert.throws(() => certificates.open(changed), { name: 'ProtocolError' }, `byte ${position}`);
    }
  });

  it('must follow from themselves, whoever signed them', () => {
    const { certificates } = setUp();
    assert.doesNotThrow(() => certificates.check(cert));
    for (const change of [
      { outcome: 'APPROVED' as const },
      { networkId: hash('x') },
      { unrevealed: [9] },
      { taskId: hash('x') },
    ]) {
      assert.throws(() => certificates.check(certOf(committee, taskOf(1), change)), { name: 'ProtocolError' });
    }
  });
});
