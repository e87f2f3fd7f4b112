import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { multiaddr } from '@multiformats/multiaddr';
import { type RecordingHandlers, until } from '../contract/network.ts';
import { Cluster, meshed } from './cluster.ts';
import { gossipTopicNode } from './gossip-node.ts';

const bytesOf = (text: string) => new Uint8Array(Buffer.from(text));

describe('gossip among a few validators', function () {
  this.timeout(20_000);
  let cluster: Cluster;

  beforeEach(() => {
    cluster = new Cluster(3);
  });
  afterEach(() => cluster.stop());

  /** Hosts 0 and 1, and a gossip node with the key of 2 that is connected to the second alone. */
  async function startChain(observersMax = 0) {
    const observers = { max: observersMax, allow: 'any' as const };
    const second = await cluster.start(1, { observers });
    const first = await cluster.start(0, { peers: [second.address] });
    await meshed([first.host, second.host]);
    const third = await gossipTopicNode(cluster, 2, []); // nobody can dial it
    await third.node.dial(multiaddr(second.address));
    return { first, second, third };
  }

  type Chain = Awaited<ReturnType<typeof startChain>>;

  /** The third says this until the second hears it. */
  async function tellSecond(
    { second, third }: Pick<Chain, 'second' | 'third'>,
    text: string,
    deliveredBy: number | null,
  ) {
    let said = 0;
    await until(
      () => {
        third.publish(bytesOf(`${text} ${++said}`), deliveredBy);
        return second.handlers.frames.some((frame) => frame.text.startsWith(text));
      },
      () => 'the second host hears nothing of the third',
    );
  }

  const heard = (handlers: RecordingHandlers, text: string) =>
    handlers.frames.some((frame) => frame.text.startsWith(text));

  it('is passed on where its author does not reach everybody', async () => {
    const { first, third } = await startChain();
    let said = 0;
    await until(
      () => {
        first.host.broadcast(bytesOf(`from afar ${++said}`));
        return third.heard.some((text) => text.startsWith('from afar'));
      },
      () => 'nothing was passed on',
    );
    assert.ok(third.deliverers.every((deliveredBy) => deliveredBy === null));
  });

  it('is not passed on by who has it from its author, where that says that it sent it to all', async () => {
    const { first, second, third } = await startChain();
    await tellSecond({ second, third }, 'sent to all', 2);
    await tellSecond({ second, third }, 'to be passed on', null);
    await until(
      () => heard(first.handlers, 'to be passed on'),
      () => 'nothing was passed on',
    );
    assert.equal(heard(first.handlers, 'sent to all'), false);
    // Only its author's word counts.
    await tellSecond({ second, third }, 'in the name of another', 0);
    await until(
      () => heard(first.handlers, 'in the name of another'),
      () => 'a lie kept it back',
    );
  });

  it('is passed on as long as an observer depends on it', async () => {
    const { second, third } = await startChain(1);
    const observer = await cluster.start(randomBytes(32), { peers: [second.address] });
    await until(
      () => observer.handlers.connected.size > 0,
      () => 'the observer found nobody',
    );
    let said = 0;
    await until(
      () => {
        third.publish(bytesOf(`for observers too ${++said}`), 2);
        return heard(observer.handlers, 'for observers too');
      },
      () => 'the observer heard nothing',
    );
  });

  it('says that it reached all once all are there', async () => {
    const { first, third } = await startChain();
    await third.node.dial(multiaddr(first.address));
    let said = 0;
    await until(
      () => {
        first.host.broadcast(bytesOf(`to everybody ${++said}`));
        return third.deliverers.includes(0);
      },
      () => JSON.stringify(third.deliverers),
    );
  });
});
