import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { type Served, useServer, WRITE_TOKEN } from './fake-node.ts';
import { rawPost, rawRequest, sendRaw } from './raw-http.ts';

/** Sockets that open at once; each is two files of this process until the server cuts it. */
const SOCKETS = 10_000;
const OPENED_AT_ONCE = 500;

/** What attackers do to the port; meanwhile the node's status must answer. */
describe('the RPC under siege', () => {
  const serve = useServer();
  const sockets: Socket[] = [];
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
  });

  function open({ server }: Served): Socket {
    const socket = connect({ port: server.port, host: '127.0.0.1' });
    socket.on('error', () => undefined);
    sockets.push(socket);
    return socket;
  }

  /** Milliseconds of each of so many calls of the status, one after the other. */
  async function statusTimes({ server }: Served, count: number): Promise<number[]> {
    const times: number[] = [];
    for (let n = 0; n < count; n++) {
      const startMs = performance.now();
      const { status } = await sendRaw(server.port, rawRequest('GET /rpc/pheme_status HTTP/1.1'));
      assert.equal(status, 200);
      times.push(performance.now() - startMs);
    }
    return times.sort((a, b) => a - b);
  }

  it(`answers the status while ${SOCKETS} sockets are opened and kept silent`, async () => {
    const served = await serve({ limits: { connections: 256, waits: 4, callsPerSecond: 100_000 } });
    let closed = 0;
    const times: number[] = [];
    for (let opened = 0; opened < SOCKETS; opened += OPENED_AT_ONCE) {
      for (let n = 0; n < OPENED_AT_ONCE; n++) open(served).on('close', () => closed++);
      times.push(...(await statusTimes(served, 5)));
    }
    times.sort((a, b) => a - b);
    assert.ok(times.at(-1)! < 5_000, `the slowest of ${times.length} answers took ${times.at(-1)} ms`);
    assert.ok(closed >= SOCKETS - 256 - OPENED_AT_ONCE, `${closed} of ${SOCKETS} were cut`);
  }).timeout(60_000);

  it('gives up on headers and bodies that drip, however steadily', async () => {
    const served = await serve({ headersTimeoutMs: 300, requestTimeoutMs: 600 });
    const heads = ['POST / HTTP/1.1\r\nhost: localhost\r\nx-drip: ', rawPost('', { 'content-length': '100000' })];
    const ended = heads.flatMap((head) =>
      Array.from({ length: 20 }, () => {
        const socket = open(served);
        socket.write(head);
        const drip = setInterval(() => socket.write('x'), 20);
        return new Promise<void>((resolve) => {
          socket.on('close', () => {
            clearInterval(drip);
            resolve();
          });
        });
      }),
    );
    const times = await statusTimes(served, 20);
    assert.ok(times.at(-1)! < 2_000);
    await Promise.all(ended);
  }).timeout(10_000);

  it('refuses a gigabyte before it is sent, and stops reading one that is sent anyhow', async () => {
    const served = await serve();
    const socket = open(served);
    const headers = { authorization: `Bearer ${WRITE_TOKEN}`, 'content-length': `${1024 ** 3}` };
    socket.write(rawPost('', headers));
    const chunk = Buffer.alloc(1024 * 1024, ' ');
    let sent = 0;
    let text = '';
    socket.on('data', (data) => {
      text += data;
    });
    const pump = () => {
      while (!socket.destroyed && sent < 1024 && socket.write(chunk)) sent++;
    };
    socket.on('drain', pump);
    pump();
    await new Promise((resolve) => socket.on('close', resolve));
    assert.match(text, /^HTTP\/1\.1 413 /);
    assert.ok(sent < 1024, `${sent} MiB were taken`);
    assert.deepEqual(served.errors, []);
  }).timeout(10_000);

  it('answers many requests of one connection in their order, within the rate', async () => {
    const served = await serve({ limits: { connections: 8, waits: 4, callsPerSecond: 50 } });
    const call = (id: number) => JSON.stringify({ jsonrpc: '2.0', id, method: 'pheme_peers' });
    const requests = Array.from({ length: 300 }, (_, id) =>
      rawPost(call(id), { connection: id === 299 ? 'close' : 'keep-alive' }),
    );
    const socket = open(served);
    let text = '';
    socket.on('data', (data) => {
      text += data;
    });
    socket.write(requests.join(''));
    await new Promise((resolve) => socket.on('close', resolve));
    const statuses = [...text.matchAll(/HTTP\/1\.1 (\d+) /g)].map((match) => match[1]);
    assert.equal(statuses.length, 300);
    const taken = [...text.matchAll(/"id":(\d+),"result"/g)].map((match) => Number(match[1]));
    assert.ok(taken.length >= 100 && taken.length < 300, `${taken.length} within the rate`);
    assert.deepEqual(
      taken,
      [...taken].sort((a, b) => a - b),
    );
    assert.ok(statuses.includes('429') && /retry-after: 1\r\n/i.test(text));
  });
});
