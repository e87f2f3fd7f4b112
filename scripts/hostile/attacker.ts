import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Connection } from '@libp2p/interface';
import { multiaddr } from '@multiformats/multiaddr';
import { encode } from 'it-length-prefixed';
import { topicOf } from '../../src/network/gossip.ts';
import { identityOf } from '../../src/network/identity.ts';
import { createNode, type Libp2pNode } from '../../src/network/libp2p-node.ts';
import { FETCH_PROTOCOL } from '../../src/network/requester.ts';
import { fromHex } from '../../src/protocol/bytes.ts';
import { encodeRequest } from '../../src/protocol/fetch.ts';
import type { SeededRandom } from '../../test/sim/random.ts';
import { mutateBytes } from '../fuzz/mutation.ts';

/** Frames kept as material. */
const HEARD_MAX = 200;
const STREAM_TIMEOUT_MS = 2_000;
/** While it is kept out: dialling without a pause fills its own memory before it harms anybody. */
const KEPT_OUT_MS = 20;

/** What the attacker does, by name; each is one attack over real Noise and Yamux. */
export const WIRE_ATTACKS = ['gossip', 'push', 'request', 'length prefix', 'half message', 'strange protocol'] as const;

/** A libp2p host with a validator's key that keeps to Noise and Yamux, and to nothing above them. */
export class Attacker {
  readonly #node: Libp2pNode;
  readonly #topic: string;
  readonly #targets: readonly string[];
  readonly #heard: Uint8Array[] = [];
  readonly sent: Record<string, number> = {};
  /** Times that it had to connect again: it is thrown out for what it does. */
  reconnects = 0;

  private constructor(node: Libp2pNode, topic: string, targets: readonly string[]) {
    this.#node = node;
    this.#topic = topic;
    this.#targets = targets;
  }

  /** @param targets multiaddrs of the nodes to attack */
  static async start(options: {
    keyFile: string;
    networkId: string;
    committeeSize: number;
    targets: readonly string[];
  }): Promise<Attacker> {
    const { seed } = JSON.parse(await readFile(options.keyFile, 'utf8')) as { seed: string };
    const topic = topicOf(options.networkId);
    const node = await createNode({
      identity: await identityOf(fromHex(seed)),
      listen: [],
      agentVersion: 'pheme/0.1.0',
      gater: {},
      peersMax: 16,
      knownAddresses: [],
      gossip: { topic, committeeSize: options.committeeSize, scoreOf: () => 0 },
    });
    const attacker = new Attacker(node, topic, options.targets);
    node.services.gossip.addEventListener('gossipsub:message', ({ detail }) => attacker.#hear(detail.msg.data));
    await node.start();
    node.services.gossip.subscribe(topic);
    await attacker.connect();
    return attacker;
  }

  /** Connects to every target that threw it out. */
  async connect(): Promise<void> {
    for (const target of this.#targets) {
      const address = multiaddr(target);
      const open = this.#node.getConnections().some((connection) => target.endsWith(connection.remotePeer.toString()));
      if (open) continue;
      const dialled = this.#node.dial(address, { signal: AbortSignal.timeout(STREAM_TIMEOUT_MS) });
      await dialled.then(
        () => {
          this.reconnects += 1;
        },
        () => undefined, // refused for now
      );
    }
  }

  /** One attack on one target; a refusal of the target is what is hoped for. */
  async attack(random: SeededRandom): Promise<void> {
    const kind = random.pick(WIRE_ATTACKS);
    const connections = this.#node.getConnections();
    if (connections.length === 0) {
      await this.connect();
      return delay(KEPT_OUT_MS);
    }
    this.sent[kind] = (this.sent[kind] ?? 0) + 1;
    try {
      await this.#attackBy(kind, random.pick(connections), random);
    } catch {
      // The target ended the stream or the connection.
    }
  }

  async #attackBy(kind: (typeof WIRE_ATTACKS)[number], connection: Connection, random: SeededRandom): Promise<void> {
    const frame = this.#heard.length === 0 ? random.bytes(300) : random.pick(this.#heard);
    const damaged = mutateBytes(frame, frame, random);
    switch (kind) {
      case 'gossip':
        await this.#node.services.gossip.publish(this.#topic, random.chance(0.2) ? frame : damaged);
        return;
      case 'push':
        return this.#write(
          connection,
          FETCH_PROTOCOL,
          encode.single(encodeRequest({ kind: 'push', frame: damaged })).subarray(),
        );
      case 'request': {
        const request = encodeRequest({ kind: 'results', cursor: random.uint32() });
        return this.#write(connection, FETCH_PROTOCOL, encode.single(mutateBytes(request, frame, random)).subarray());
      }
      case 'length prefix':
        return this.#write(
          connection,
          FETCH_PROTOCOL,
          Uint8Array.from([...random.bytes(4).map((byte) => byte | 0x80), 0x7f]),
        );
      case 'half message':
        return this.#write(connection, FETCH_PROTOCOL, encode.single(frame).subarray().subarray(0, -5), false);
      case 'strange protocol':
        return this.#write(connection, `/pheme/${random.uint32()}`, frame);
    }
  }

  async #write(connection: Connection, protocol: string, bytes: Uint8Array, close = true): Promise<void> {
    const signal = AbortSignal.timeout(STREAM_TIMEOUT_MS);
    const stream = await connection.newStream(protocol, { signal });
    stream.send(bytes);
    if (close) await stream.close({ signal });
    else setTimeout(() => stream.abort(new Error('left')), 50).unref();
  }

  #hear(data: Uint8Array): void {
    this.#heard.push(data);
    if (this.#heard.length > HEARD_MAX) this.#heard.shift();
  }

  async stop(): Promise<void> {
    await this.#node.stop();
  }
}
