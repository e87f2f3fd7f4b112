import assert from 'node:assert/strict';
import type { Network, NetworkHandlers, PeerKey } from '../../src/engine/ports.ts';
import type { FetchAnswer, FetchRequest } from '../../src/protocol/fetch.ts';
import { TASK_BYTES_MAX } from '../../src/protocol/limits.ts';

/** Networks that are connected with one another, in the order of the committee. */
export interface ConnectedNetworks {
  networks: readonly Network[];
  keys: readonly PeerKey[];
  stop(): Promise<void>;
}

export type ConnectNetworks = (handlers: readonly NetworkHandlers[]) => Promise<ConnectedNetworks>;

/** Waits for what happens on other hosts; fails with the last state where it does not. */
export async function until(isTrue: () => boolean, what: () => string, timeoutMs = 5_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!isTrue()) {
    if (Date.now() > deadline) assert.fail(`not within ${timeoutMs} ms: ${what()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Handlers that note what they got, and answer as they are told. */
export class RecordingHandlers implements NetworkHandlers {
  readonly frames: { text: string; from: PeerKey }[] = [];
  readonly requests: { request: FetchRequest; from: PeerKey }[] = [];
  readonly connected = new Set<PeerKey>();
  verdict: ReturnType<NetworkHandlers['onFrame']> = 'accept';
  answer: (request: FetchRequest) => Promise<FetchAnswer> = async () => assert.fail('no answer is set');

  onFrame(frame: Uint8Array, from: PeerKey) {
    this.frames.push({ text: Buffer.from(frame).toString(), from });
    return this.verdict;
  }

  onRequest(request: FetchRequest, from: PeerKey) {
    this.requests.push({ request, from });
    return this.answer(request);
  }

  onPeer(peer: PeerKey, isConnected: boolean) {
    if (isConnected) this.connected.add(peer);
    else this.connected.delete(peer);
  }

  got(text: string): number {
    return this.frames.filter((frame) => frame.text === text).length;
  }
}

const frameOf = (text: string) => new Uint8Array(Buffer.from(text));
const taskId = 'ab'.repeat(32);

/** What every network promises to the engine. */
export function describeNetwork(name: string, connect: ConnectNetworks): void {
  describe(`${name} as a Network`, function () {
    this.timeout(15_000);
    const handlers = [0, 1, 2, 3].map(() => new RecordingHandlers());
    let connected: ConnectedNetworks;
    let [first, second]: [Network, Network] = [undefined!, undefined!];

    before(async () => {
      connected = await connect(handlers);
      [first, second] = connected.networks as [Network, Network];
    });
    after(() => connected?.stop());

    it('lists the others with their place in the committee, and tells of them', () => {
      const { networks, keys } = connected;
      networks.forEach((network, index) => {
        const others = [0, 1, 2, 3].filter((other) => other !== index);
        assert.deepEqual(
          network
            .peers()
            .map((peer) => peer.validatorIndex)
            .sort(),
          others,
        );
        for (const peer of network.peers()) assert.equal(peer.key, keys[peer.validatorIndex!]);
        assert.deepEqual([...handlers[index]!.connected].sort(), others.map((other) => keys[other]!).sort());
      });
    });

    it('broadcasts to all others once, not to itself', async () => {
      first.broadcast(frameOf('to all'));
      await until(
        () => handlers.slice(1).every((handler) => handler.got('to all') > 0),
        () => JSON.stringify(handlers.map((handler) => handler.got('to all'))),
      );
      second.broadcast(frameOf('to all, second'));
      await until(
        () => handlers.every((handler, index) => index === 1 || handler.got('to all, second') > 0),
        () => JSON.stringify(handlers.map((handler) => handler.got('to all, second'))),
      );
      assert.deepEqual(
        handlers.map((handler) => handler.got('to all')),
        [0, 1, 1, 1],
      );
    });

    it('sends to one alone', async () => {
      const [from, to] = [connected.keys[0]!, connected.keys[2]!];
      first.send(to, frameOf('to one'));
      await until(
        () => handlers[2]!.got('to one') > 0,
        () => 'nothing arrived',
      );
      assert.deepEqual(
        handlers.map((handler) => handler.got('to one')),
        [0, 0, 1, 0],
      );
      assert.equal(handlers[2]!.frames.find(({ text }) => text === 'to one')?.from, from);
    });

    it('does nothing where a frame goes to nobody known', () => {
      first.send('00'.repeat(32), frameOf('to nobody'));
    });

    const exchanges: { request: FetchRequest; answer: FetchAnswer }[] = [
      { request: { kind: 'task', taskId }, answer: { kind: 'task', taskBytes: frameOf('task') } },
      { request: { kind: 'task', taskId }, answer: { kind: 'task', taskBytes: null } },
      { request: { kind: 'leaves', taskId, digests: null }, answer: { kind: 'leaves', leaves: [], bundles: [] } },
      { request: { kind: 'leaves', taskId, digests: [taskId] }, answer: { kind: 'leaves', leaves: [], bundles: [] } },
      {
        request: { kind: 'reports', digests: [taskId] },
        answer: { kind: 'reports', reports: [frameOf('report'), null] },
      },
      { request: { kind: 'result', taskId }, answer: { kind: 'result', cert: null } },
      {
        request: { kind: 'results', cursor: 7 },
        answer: { kind: 'results', storeId: 'x', next: 9, taskIds: [taskId] },
      },
      { request: { kind: 'open' }, answer: { kind: 'open', taskIds: [taskId] } },
    ];
    for (const { request, answer } of exchanges) {
      it(`carries ${JSON.stringify(request)} there and its answer back`, async () => {
        handlers[1]!.answer = async () => answer;
        const response = await first.request(connected.keys[1]!, request);
        assert.deepEqual(toPlain(response), toPlain(answer));
        const asked = handlers[1]!.requests.at(-1)!;
        assert.deepEqual(toPlain(asked.request), toPlain(request));
        assert.equal(asked.from, connected.keys[0]);
      });
    }

    it('carries the largest task', async () => {
      const taskBytes = new Uint8Array(TASK_BYTES_MAX).map((_, index) => index * 31);
      handlers[1]!.answer = async () => ({ kind: 'task', taskBytes });
      const response = await first.request(connected.keys[1]!, { kind: 'task', taskId });
      assert.ok(response.kind === 'task' && Buffer.from(response.taskBytes!).equals(taskBytes));
    });

    it('carries many requests at once, each to its own answer', async () => {
      handlers[1]!.answer = async (request) => {
        assert.ok(request.kind === 'results');
        return { kind: 'results', storeId: 'x', next: request.cursor + 1, taskIds: [] };
      };
      const cursors = Array.from({ length: 100 }, (_, index) => index);
      const responses = await Promise.all(
        cursors.map((cursor) => first.request(connected.keys[1]!, { kind: 'results', cursor })),
      );
      assert.deepEqual(
        responses.map((response) => response.kind === 'results' && response.next),
        cursors.map((cursor) => cursor + 1),
      );
    });

    it('answers nothing where the other side fails', async () => {
      handlers[1]!.answer = async () => {
        throw new Error('no such thing');
      };
      await assert.rejects(first.request(connected.keys[1]!, { kind: 'open' }), { code: 'UNREACHABLE' });
    });

    it('reaches nobody unknown', async () => {
      await assert.rejects(first.request('00'.repeat(32), { kind: 'open' }), { code: 'UNREACHABLE' });
    });

    it('knows addresses of validators', async () => {
      const response = await first.request(connected.keys[1]!, { kind: 'addresses' });
      assert.equal(response.kind, 'addresses');
    });
  });
}

/** Bytes as hex, so that any array of the same bytes is equal. */
function toPlain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, item) => {
      if (item?.type === 'Buffer') return Buffer.from(item.data).toString('hex');
      return item instanceof Uint8Array ? Buffer.from(item).toString('hex') : item;
    }),
  );
}
