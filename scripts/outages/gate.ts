import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

const HOST = '127.0.0.1';

/**
 * A TCP proxy in front of an outside system, which may go away in two ways: nobody listens any more, or somebody
 * accepts and never answers, neither new connections nor those that there were.
 */
export class Gate {
  readonly port: number;
  readonly #target: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #hanging = false;

  private constructor(server: Server, target: number) {
    this.#server = server;
    this.#target = target;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (socket) => this.#accept(socket));
  }

  /** @param target port of the system on loopback */
  static async open(target: number): Promise<Gate> {
    const server = createServer({ allowHalfOpen: false }).listen(0, HOST);
    await once(server, 'listening');
    return new Gate(server, target);
  }

  hang(): void {
    this.#hanging = true;
    for (const socket of this.#sockets) {
      socket.unpipe();
      socket.pause();
    }
  }

  /** Refuses connections, and ends those that there are. */
  async shut(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#hangUp();
    await closed;
  }

  /** Lets everything through again; what hung is hung up. */
  async pass(): Promise<void> {
    this.#hanging = false;
    this.#hangUp();
    if (this.#server.listening) return;
    this.#server.listen(this.port, HOST);
    await once(this.#server, 'listening');
  }

  #hangUp(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #accept(near: Socket): void {
    this.#keep(near);
    if (this.#hanging) {
      near.pause();
      return;
    }
    const far = connect(this.#target, HOST);
    this.#keep(far);
    near.pipe(far).pipe(near);
    near.once('close', () => far.destroy());
    far.once('close', () => near.destroy());
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined); // the other side went away
    socket.once('close', () => this.#sockets.delete(socket));
  }
}
