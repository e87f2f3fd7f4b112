import assert from 'node:assert/strict';
import { CatchUp } from '../../src/engine/catch-up.ts';
import { SYNC_MS } from '../../src/engine/limits.ts';
import type { Cert } from '../../src/protocol/bundle.ts';
import type { FetchAnswer, FetchRequest } from '../../src/protocol/fetch.ts';
import { hash } from '../../src/protocol/hash.ts';
import { SYNC_PAGE_MAX } from '../../src/protocol/limits.ts';
import { encodeTask } from '../../src/protocol/task.ts';
import { fakeCommittee } from '../consensus/fixture.ts';
import { certOf, NotingLogger, peerWith, startNode, TestClock, TestNetwork, taskOf } from './fixture.ts';

const committee = fakeCommittee();
const certs = Array.from({ length: 5 }, (_, number) => certOf(committee, taskOf(number)));
const keyOf = (index: number) => committee.validators[index]!.publicKey;

function setUp() {
  const clock = new TestClock();
  const network = new TestNetwork();
  const held = new Set<string>();
  const opened: string[] = [];
  const catchUp = new CatchUp({
    network,
    clock,
    logger: new NotingLogger(),
    isDecided: async (taskId) => held.has(taskId),
    isHeld: async (taskId) => held.has(taskId),
    isOpen: () => false,
    onCert: ({ taskId }) => void held.add(taskId),
    onOpenTask: (taskId) => void opened.push(taskId),
  });
  return { clock, network, held, opened, catchUp };
}

describe('R33: catch-up', () => {
  it('asks a peer for what is missing, and later only for what is new', async () => {
    const { network, held, catchUp } = setUp();
    const results = certs.slice(0, 3);
    network.connect('a', 0, (request) => peerWith(results)(request));
    await catchUp.sync('a');
    assert.deepEqual(
      [...held],
      results.map(({ taskId }) => taskId),
    );
    results.push(certs[3]!);
    network.requests.length = 0;
    await catchUp.sync('a');
    assert.equal(held.size, 4);
    const cursors = network.requests.flatMap(({ request }) => (request.kind === 'results' ? [request.cursor] : []));
    assert.equal(cursors[0], 3, 'from where it had read to');
    assert.equal(network.asked('result').length, 1);
  });

  it('reads page after page', async () => {
    const { network, held, catchUp } = setUp();
    const ids = Array.from({ length: 2 * SYNC_PAGE_MAX + 3 }, (_, number) => hash('task', number));
    const many = ids.map((taskId) => ({ ...certs[0]!, taskId }));
    network.connect('a', 0, (request) => {
      const answer = peerWith(many)(request);
      return answer;
    });
    await catchUp.sync('a');
    assert.equal(held.size, ids.length);
  });

  it('does not pass what it could not get', async () => {
    const { network, held, catchUp } = setUp();
    let serves = false;
    network.connect('a', 0, (request) => {
      const answer = peerWith(certs)(request);
      return answer.kind === 'result' && !serves ? { kind: 'result', cert: null } : answer;
    });
    await catchUp.sync('a');
    assert.equal(held.size, 0);
    serves = true;
    await catchUp.sync('a');
    assert.equal(held.size, certs.length);
  });

  it('begins anew with a peer that has another database', async () => {
    const { network, held, catchUp } = setUp();
    let answers = peerWith(certs.slice(1), { storeId: 'first' });
    network.connect('a', 0, (request) => answers(request));
    await catchUp.sync('a');
    assert.equal(held.size, certs.length - 1);
    answers = peerWith(certs, { storeId: 'second' }); // what is new comes first
    await catchUp.sync('a');
    assert.equal(held.size, certs.length);
  });

  it('asks one peer for a result, whose list ever names it', async () => {
    const { network, held, catchUp } = setUp();
    const peers = [0, 1, 2].map(keyOf);
    peers.forEach((peer, index) => {
      network.connect(peer, index, peerWith(certs));
    });
    await Promise.all(peers.map((peer) => catchUp.sync(peer)));
    assert.equal(held.size, certs.length);
    assert.equal(network.asked('result').length, certs.length);
  });

  it('asks the next peer for what one does not give', async () => {
    const { network, held, catchUp } = setUp();
    network.connect(keyOf(0), 0, (request) =>
      request.kind === 'result' ? { kind: 'result', cert: null } : peerWith(certs)(request),
    );
    network.connect(keyOf(1), 1, peerWith(certs));
    await Promise.all([0, 1].map((index) => catchUp.sync(keyOf(index))));
    assert.equal(held.size, certs.length);
  });

  it('learns of open tasks', async () => {
    const { network, opened, catchUp } = setUp();
    network.connect('a', 0, peerWith([], { open: [hash('open')] }));
    await catchUp.sync('a');
    assert.deepEqual(opened, [hash('open')]);
  });

  it('asks every validator from time to time, no observer, and nobody after a stop', async () => {
    const { clock, network, held, catchUp } = setUp();
    network.connect('observer', null, peerWith(certs));
    network.connect('validator', 1, peerWith(certs.slice(0, 2)));
    catchUp.start();
    await clock.pass(SYNC_MS + 1);
    assert.equal(held.size, 2);
    assert.deepEqual([...new Set(network.requests.map(({ peer }) => peer))], ['validator']);
    catchUp.stop();
    const asked = network.requests.length;
    await clock.pass(3 * SYNC_MS);
    assert.equal(network.requests.length, asked);
  });

  it('R29: has heard a quorum once so many told all that they have open and decided, and asks the others again', async () => {
    const { clock, network, catchUp } = setUp();
    const answers = { ready: false };
    network.connect(keyOf(1), 1, peerWith(certs));
    network.connect(keyOf(2), 2, (request) => {
      if (request.kind === 'result' && !answers.ready) return { kind: 'result', cert: null };
      return peerWith([certOf(committee, taskOf(9))])(request);
    });
    network.connect('observer', null, peerWith(certs));
    assert.equal(catchUp.hasHeardQuorum(committee, 0), false);
    await clock.pass(1);
    assert.equal(catchUp.hasHeardQuorum(committee, 0), false, 'one of them could not show what it told of');
    answers.ready = true; // by the time that it is asked again
    await clock.pass(1);
    assert.equal(catchUp.hasHeardQuorum(committee, 0), true);
    assert.equal(catchUp.hasHeardQuorum(committee, null), false, 'an observer is none of the quorum');
  });

  it('ends with a peer that fails, and reads it again the next time', async () => {
    const { network, held, catchUp } = setUp();
    let fails = true;
    network.connect('a', 0, (request) => {
      if (fails) throw new Error('gone');
      return peerWith(certs)(request);
    });
    await catchUp.sync('a');
    assert.equal(held.size, 0);
    fails = false;
    await Promise.all([catchUp.sync('a'), catchUp.sync('a')]);
    assert.equal(held.size, certs.length);
    assert.equal(network.asked('result').length, certs.length, 'one read at a time');
  });
});

describe('R33: a node that was away, among lying peers', () => {
  const lies: [string, (request: FetchRequest) => FetchAnswer][] = [
    ['gives certificates of another task', (request) => honestBut(request, () => certs[4]!)],
    [
      'gives certificates whose core does not follow',
      (request) => honestBut(request, (number) => certOf(committee, taskOf(number), { outcome: 'APPROVED' })),
    ],
    [
      'gives certificates of another network',
      (request) => honestBut(request, (number) => certOf(fakeCommittee({ weights: [2, 2, 2, 2] }), taskOf(number))),
    ],
    [
      'gives certificates with too few votes',
      (request) => honestBut(request, (number) => ({ ...certs[number]!, votes: certs[number]!.votes.slice(0, 2) })),
    ],
    [
      'gives certificates with a vote twice',
      (request) =>
        honestBut(request, (number) => ({
          ...certs[number]!,
          votes: [0, 0, 1].map((at) => certs[number]!.votes[at]!),
        })),
    ],
  ];
  for (const [what, lie] of lies) {
    it(`believes none that ${what}, and learns all from an honest one`, async () => {
      const { engine, network, clock, store } = await startNode({ committee, self: null });
      network.connect(keyOf(1), 1, lie);
      engine.onPeer(keyOf(1), true);
      await clock.pass(100);
      assert.equal(store.disk.results.size, 0);
      network.connect(keyOf(2), 2, (request) => {
        return request.kind === 'task'
          ? { kind: 'task', taskBytes: bodyOf(request.taskId) }
          : peerWith(certs.slice(0, 3))(request);
      });
      engine.onPeer(keyOf(2), true);
      await clock.pass(100);
      assert.deepEqual(
        [...store.disk.results.keys()].sort(),
        certs
          .slice(0, 3)
          .map(({ taskId }) => taskId)
          .sort(),
      );
      assert.equal(store.disk.tasks.size, 3, 'with the bodies');
      engine.stop();
    });
  }

  it('does not take a body that is another', async () => {
    const { engine, network, clock, store } = await startNode({ committee, self: null });
    network.connect(keyOf(1), 1, (request) => {
      return request.kind === 'task'
        ? { kind: 'task', taskBytes: encodeTask(taskOf(99)) }
        : peerWith(certs.slice(0, 1))(request);
    });
    engine.onPeer(keyOf(1), true);
    await clock.pass(100);
    assert.deepEqual([store.disk.results.size, store.disk.tasks.size], [1, 0]);
    engine.stop();
  });
});

/** Answers like an honest peer with three results, but gives other certificates. */
function honestBut(request: FetchRequest, lie: (number: number) => Cert): FetchAnswer {
  const answer = peerWith(certs.slice(0, 3))(request);
  if (request.kind !== 'result') return answer;
  return { kind: 'result', cert: lie(certs.findIndex(({ taskId }) => taskId === request.taskId)) };
}

function bodyOf(taskId: string): Uint8Array {
  return encodeTask(taskOf(certs.findIndex((cert) => cert.taskId === taskId)));
}
