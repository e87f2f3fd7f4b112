import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import fc from 'fast-check';
import { createRpcClient } from '../../src/rpc/client.ts';
import { EventLog } from '../../src/rpc/event-log.ts';
import type { NodeEvent } from '../../src/rpc/events.ts';
import { READ_TOKEN, type Served, useServer } from './fake-node.ts';
import { rawRequest } from './raw-http.ts';

const taskOf = (n: number) => n.toString(16).padStart(64, '0');
const seen = (n: number): NodeEvent => ({ type: 'task.seen', data: { taskId: taskOf(n), type: 'CODE_REVIEW' } });
const PEER: NodeEvent = { type: 'peer.connected', data: { publicKey: 'a'.repeat(64), validatorIndex: 0 } };

describe('rpc/event-log', () => {
  it('keeps the last events under ascending ids, and knows what is gone', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 60 }), (keptMax, told) => {
        const log = new EventLog(keptMax, 1_000);
        const first = log.lastId;
        for (let n = 0; n < told; n++) log.append(seen(n));
        assert.equal(log.lastId, first + told);
        for (let id = first - 2; id <= log.lastId + 2; id++) {
          const reached = id >= first + Math.max(0, told - keptMax) && id <= first + told;
          assert.equal(log.reaches(id), reached, `${id}`);
          if (reached) assert.equal(log.next(id)?.id, id === log.lastId ? undefined : id + 1);
        }
      }),
    );
  });

  it('takes no id of an earlier run for its own', () => {
    const before = new EventLog(10, 1_000);
    for (let n = 0; n < 500; n++) before.append(seen(n));
    const after = new EventLog(10, 1_001);
    assert.equal(after.reaches(before.lastId), false);
    assert.ok(after.lastId > before.lastId);
  });
});

describe('rpc/event-streams', () => {
  const serve = useServer();
  const proxies: (() => void)[] = [];
  afterEach(() => {
    for (const close of proxies.splice(0)) close();
  });

  /** A way to a server whose connections a test can cut. */
  async function proxyTo({ server }: Served) {
    const sockets = new Set<Socket>();
    const proxy = createServer((client) => {
      const onward = connect({ port: server.port, host: '127.0.0.1' });
      for (const [from, to] of [
        [client, onward],
        [onward, client],
      ] as const) {
        sockets.add(from);
        from
          .on('error', () => undefined)
          .on('close', () => {
            to.destroy();
            sockets.delete(from);
          });
        from.pipe(to);
      }
    }).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const cut = () => {
      for (const socket of sockets) socket.destroy();
    };
    proxies.push(() => {
      cut();
      proxy.close();
    });
    return {
      url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
      cut,
      connections: () => sockets.size / 2,
    };
  }

  /** The stream's text from now on, as far as it came. */
  function reading(served: Served, path = '/events', headers: Record<string, string> = {}) {
    const socket = connect({ port: served.server.port, host: '127.0.0.1' });
    const state = { text: '', closed: false };
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      state.text += chunk;
    });
    socket
      .on('error', () => undefined)
      .on('close', () => {
        state.closed = true;
      });
    proxies.push(() => socket.destroy());
    socket.write(rawRequest(`GET ${path} HTTP/1.1`, headers));
    return { socket, state, holds: (part: string) => until(() => state.text.includes(part)) };
  }

  it('tells every event once and in order, over connections that are lost', async () => {
    const served = await serve();
    const { url, cut, connections } = await proxyTo(served);
    const client = createRpcClient({ url, token: READ_TOKEN });
    served.node.tell(seen(0)); // before anybody listened
    const ids: number[] = [];
    const taking = (async () => {
      for await (const { data } of client.events({ types: ['task.seen'] })) {
        ids.push(Number.parseInt(('taskId' in data ? data.taskId : '').slice(-4), 16));
        if (ids.length === 30) return;
      }
    })();
    await until(() => connections() === 1 && served.streams() === 1);
    for (let n = 1; n <= 30; n++) {
      served.node.tell(seen(n));
      if (n % 10 !== 5) continue;
      await until(() => ids.length >= Math.max(1, n - 5)); // a client that was never answered gives up
      cut();
    }
    await taking;
    assert.deepEqual(
      ids,
      Array.from({ length: 30 }, (_, at) => at + 1),
    );
    await until(() => served.streams() === 0); // leaving the loop closes the connection
  });

  it('goes on after Last-Event-ID, or ?after=, the header first', async () => {
    const served = await serve();
    const live = reading(served);
    await live.holds('retry: 1000');
    for (let n = 1; n <= 3; n++) served.node.tell(seen(n));
    await live.holds(taskOf(3));
    const [, first, second] = [...live.state.text.matchAll(/^id: (\d+)$/gm)].map((match) => match[1]!);
    for (const again of [
      reading(served, '/events', { 'last-event-id': first! }),
      reading(served, `/events?after=${first}`),
      reading(served, `/events?after=${second}`, { 'last-event-id': first! }),
    ]) {
      await again.holds(taskOf(3));
      assert.ok(again.state.text.includes(taskOf(2)) && !again.state.text.includes(taskOf(1)));
    }
  });

  it('says by a reset that events are gone: too old, of an earlier run, or never told', async () => {
    const served = await serve({ events: { keptMax: 5 } });
    const lastId = () => served.node.told;
    for (let n = 1; n <= 20; n++) served.node.tell(seen(n));
    assert.equal(lastId(), 20);
    for (const after of ['1', '9007199254740991', `${Date.now() * 1000 - 5_000_000}`]) {
      const stream = reading(served, `/events?after=${after}`);
      await stream.holds('event: reset');
      assert.match(stream.state.text, /"reason":"events after \d+ are not kept any more: ask for the state anew"/);
      served.node.tell(seen(99));
      await stream.holds(taskOf(99));
    }
  });

  it('gives only the types and tasks that were asked for', async () => {
    const served = await serve();
    const byType = reading(served, '/events?types=peer.connected,peer.disconnected');
    const byTask = reading(served, `/events?taskId=${taskOf(2)}&taskId=${taskOf(3)}`);
    await Promise.all([byType.holds('retry'), byTask.holds('retry')]);
    for (let n = 1; n <= 3; n++) served.node.tell(seen(n));
    served.node.tell(PEER);
    await Promise.all([byType.holds('peer.connected'), byTask.holds(taskOf(3))]);
    assert.doesNotMatch(byType.state.text, /task\.seen/);
    assert.doesNotMatch(byTask.state.text, /peer\.connected/);
    assert.ok(!byTask.state.text.includes(taskOf(1)) && byTask.state.text.includes(taskOf(2)));
  });

  const refused: [string, string, RegExp][] = [
    ['an unknown type', '/events?types=task.vote', /types must be of task\.seen/],
    ['a task id of no form', '/events?taskId=abc', /taskId must be task ids/],
    ['an id that is no number', '/events?after=-1', /after must be the id of an event/],
    ['another name', '/events?limit=1', /known are types, taskId, after/],
  ];
  for (const [what, path, message] of refused) {
    it(`refuses ${what}`, async () => {
      const response = await fetch((await serve()).server.url + path);
      assert.equal(response.status, 400);
      assert.match(await response.text(), message);
    });
  }

  it('keeps a silent stream alive', async () => {
    const served = await serve({ events: { heartbeatMs: 20 } });
    const stream = reading(served);
    await until(() => stream.state.text.split(': heartbeat').length > 3);
  });

  it('bounds the streams, says when to come back, and frees a place', async () => {
    const served = await serve({ events: { streamsMax: 2 } });
    const open = [reading(served), reading(served)];
    await Promise.all(open.map((stream) => stream.holds('retry')));
    const refusal = await fetch(`${served.server.url}/events`);
    assert.deepEqual([refusal.status, refusal.headers.get('retry-after')], [429, '30']);
    open[0]!.socket.destroy();
    await until(() => served.streams() === 1);
    await reading(served).holds('retry');
  });

  it('cuts a client that reads nothing, and holds little for it', async () => {
    const served = await serve({ events: { keptMax: 2000, heartbeatMs: 60_000 } });
    const stuck = connect({ port: served.server.port, host: '127.0.0.1' });
    stuck.on('error', () => undefined);
    stuck.write(rawRequest('GET /events HTTP/1.1'));
    stuck.pause();
    await until(() => served.streams() === 1);
    const quick = reading(served, '/events?types=peer.connected');
    await quick.holds('retry');
    const before = process.memoryUsage().rss;
    for (let n = 0; served.streams() > 1; n++) {
      for (let at = 0; at < 100; at++) served.node.tell(wide(n));
      await new Promise((resolve) => setImmediate(resolve));
      assert.ok(n < 5_000, 'the stuck client is cut');
    }
    assert.ok(process.memoryUsage().rss - before < 200 * 1024 * 1024);
    served.node.tell(PEER);
    await quick.holds('peer.connected');
    stuck.destroy();
  }).timeout(20_000);

  it('cuts a client that took nothing between two heartbeats', async () => {
    const served = await serve({ events: { keptMax: 100_000, heartbeatMs: 50 } });
    const stuck = connect({ port: served.server.port, host: '127.0.0.1' });
    stuck.on('error', () => undefined);
    stuck.write(rawRequest('GET /events HTTP/1.1'));
    stuck.pause();
    await until(() => served.streams() === 1);
    for (let n = 0; n < 20_000; n++) served.node.tell(wide(n));
    await until(() => served.streams() === 0);
    stuck.destroy();
  }).timeout(20_000);

  it('ends with a reason when the node stops', async () => {
    const served = await serve();
    const stream = reading(served);
    await stream.holds('retry');
    const startedMs = performance.now();
    await served.server.stop(2_000);
    await until(() => stream.state.closed);
    assert.match(stream.state.text, /event: dropped\ndata: {"reason":"the node is shutting down"}/);
    assert.ok(performance.now() - startedMs < 1_500, 'not by the deadline');
    assert.equal(served.node.listeners.size, 0);
  });

  it("gives the client the node's refusals, and its own reason", async () => {
    const { server } = await serve({ host: '0.0.0.0' });
    const url = `http://127.0.0.1:${server.port}`;
    const first = (options: { token?: string; signal?: AbortSignal }) =>
      createRpcClient({ url, ...(options.token === undefined ? {} : { token: options.token }) })
        .events(options.signal === undefined ? {} : { signal: options.signal })
        .next();
    await assert.rejects(first({}), { code: 'UNAUTHORIZED' });
    const reason = new Error('enough');
    await assert.rejects(first({ token: READ_TOKEN, signal: AbortSignal.abort(reason) }), reason);
    const stopping = new AbortController();
    const waiting = first({ token: READ_TOKEN, signal: stopping.signal });
    setImmediate(() => stopping.abort(reason));
    await assert.rejects(waiting, reason);
    await assert.rejects(createRpcClient({ url: 'http://127.0.0.1:9' }).events().next(), { code: 'UNREACHABLE' });
  });
});

/** An event of about a kilobyte. */
function wide(n: number): NodeEvent {
  const all = Array.from({ length: 64 }, (_, index) => index);
  const data = { taskId: taskOf(n), phase: 'voting' as const, committed: all, closed: all, revealed: all, round: 0 };
  return { type: 'task.progress', data };
}

/** Turns of the event loop until something holds. */
async function until(holds: () => boolean): Promise<void> {
  const untilMs = performance.now() + 15_000;
  while (!holds()) {
    assert.ok(performance.now() < untilMs, `${holds} within 15 seconds`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
