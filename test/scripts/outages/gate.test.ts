import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { Gate } from '../../../scripts/outages/gate.ts';

const SILENCE_MS = 100;

describe('Gate', () => {
  let server: Server;
  let gate: Gate;
  const sockets: Socket[] = [];

  before(async () => {
    server = createServer((socket) => socket.on('error', () => undefined).pipe(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    gate = await Gate.open((server.address() as AddressInfo).port);
  });
  after(async () => {
    for (const socket of sockets) socket.destroy();
    await gate.shut();
    server.close();
  });

  async function dial(): Promise<Socket> {
    const socket = connect(gate.port, '127.0.0.1');
    sockets.push(socket);
    await once(socket, 'connect');
    return socket;
  }

  /** What comes back; undefined if nothing does in a while. */
  async function echo(socket: Socket, text: string): Promise<string | undefined> {
    const signal = AbortSignal.timeout(SILENCE_MS);
    socket.write(text);
    return once(socket, 'data', { signal }).then(
      ([data]) => String(data),
      () => undefined,
    );
  }

  it('passes, hangs on old and new connections, refuses, and passes again', async () => {
    const old = await dial();
    assert.equal(await echo(old, 'a'), 'a');
    gate.hang();
    assert.equal(await echo(old, 'b'), undefined);
    assert.equal(await echo(await dial(), 'c'), undefined);
    const closed = once(old, 'close');
    await gate.shut();
    await closed;
    await assert.rejects(dial(), { code: 'ECONNREFUSED' });
    await gate.pass();
    assert.equal(await echo(await dial(), 'd'), 'd');
  });
});
