import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Connection, Stream } from '@libp2p/interface';
import { multiaddr } from '@multiformats/multiaddr';
import { until } from '../contract/network.ts';
import { Cluster } from './cluster.ts';
import { gossipTopicNode } from './gossip-node.ts';

const bytesOf = (text: string) => new Uint8Array(Buffer.from(text));

describe('a deaf peer', function () {
  this.timeout(25_000);
  let cluster: Cluster;

  beforeEach(() => {
    cluster = new Cluster(4);
  });
  afterEach(() => cluster.stop());

  /** A host and a bare node that speaks gossip and redials, connected and hearing each other. */
  async function startHearing() {
    const { host, handlers, address } = await cluster.start(0);
    const { node, heard, publish } = await gossipTopicNode(cluster, 1);
    const dial = () => node.dial(multiaddr(address));
    node.addEventListener('peer:disconnect', () => void dial().catch(() => {}));
    await dial();
    let sent = 0;
    const bothHear = async (timeoutMs: number) => {
      const text = `round ${++sent}`;
      let repeats = 0;
      await until(
        () => {
          repeats += 1;
          host.broadcast(bytesOf(`${text} ${repeats}`));
          publish(bytesOf(`${text}, ${repeats}`));
          return [heard, handlers.frames.map((frame) => frame.text)].every((texts) =>
            texts.some((it) => it.startsWith(text)),
          );
        },
        () => `${heard.at(-1)}; ${handlers.frames.at(-1)?.text}`,
        timeoutMs,
      );
    };
    await bothHear(5_000);
    // The first ping shows that the watchdog has looked at the peer.
    await until(
      () => host.peers().every(({ latencyMs }) => latencyMs !== null),
      () => JSON.stringify(host.peers()),
    );
    return { host, node, address, bothHear };
  }

  const gossipStreams = (connections: readonly Connection[]): Stream[] =>
    connections.flatMap(({ streams }) => streams).filter(({ protocol }) => protocol.startsWith('/meshsub/'));

  for (const direction of ['inbound', 'outbound'] as const) {
    it(`hears again after its ${direction} gossip stream was reset`, async () => {
      const { host, node, bothHear } = await startHearing();
      const stream = gossipStreams(node.getConnections()).find((open) => open.direction === direction)!;
      stream.abort(new Error('reset by the test'));
      await until(
        () => host.status().deafHeals === 1,
        () => JSON.stringify(host.status()),
        8_000,
      );
      await bothHear(3_000);
    });
  }

  it('hears again at once when the wrong one of two connections closed', async () => {
    const { host, node, address, bothHear } = await startHearing();
    const [first] = node.getConnections();
    await node.dial(multiaddr(address), { force: true });
    await until(
      () => host.status().connections === 2,
      () => `${host.status().connections} connections`,
    );
    assert.ok(gossipStreams([first!]).length > 0);
    await first!.close();
    await bothHear(3_000);
  });

  it('keeps the newer of too many connections', async () => {
    const { host, node, address } = await startHearing();
    for (let n = 0; n < 3; n += 1) await node.dial(multiaddr(address), { force: true });
    await until(
      () => host.status().connections <= 2,
      () => `${host.status().connections} connections`,
    );
  });

  describe('in a process that is stopped and goes on', () => {
    let child: ChildProcess;
    let output = '';

    afterEach(async () => {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    });

    it('hears again within 15 s', async () => {
      const { host, handlers, address } = await cluster.start(1);
      child = spawn(process.execPath, [
        '--no-warnings',
        new URL('./peer-process.ts', import.meta.url).pathname,
        'peer',
        address,
      ]);
      child.stdout!.on('data', (data) => {
        output += data;
      });
      let sent = 0;
      const bothHear = async (timeoutMs: number) => {
        const text = `round ${++sent}`;
        let repeats = 0;
        await until(
          () => {
            repeats += 1;
            host.broadcast(bytesOf(`${text} to it ${repeats}`));
            child.stdin!.write(`${text} from it ${repeats}\n`);
            return (
              output.includes(`${text} to it`) &&
              handlers.frames.some((frame) => frame.text.startsWith(`${text} from it`))
            );
          },
          () => `${output.slice(-200)} ${JSON.stringify(handlers.frames.at(-1))}`,
          timeoutMs,
        );
      };
      await bothHear(10_000);
      child.kill('SIGSTOP');
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      child.kill('SIGCONT');
      await bothHear(15_000);
    });
  });
});
