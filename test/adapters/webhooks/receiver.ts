import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  headers: IncomingHttpHeaders;
  body: string;
  path: string;
}

/** Somebody's web server; answers 204 unless told otherwise. */
export class Receiver {
  readonly received: Received[] = [];
  reply: (response: ServerResponse) => void = (response) => response.writeHead(204).end();
  readonly #server: Server;

  private constructor(create: (listener: RequestListener) => Server) {
    this.#server = create((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      request.on('end', () => {
        this.received.push({ headers: request.headers, body, path: request.url ?? '' });
        this.reply(response);
      });
    });
  }

  static async start(
    host = '127.0.0.1',
    create: (listener: RequestListener) => Server = createServer,
    port = 0,
  ): Promise<Receiver> {
    const receiver = new Receiver(create);
    receiver.#server.listen(port, host);
    await once(receiver.#server, 'listening');
    return receiver;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
