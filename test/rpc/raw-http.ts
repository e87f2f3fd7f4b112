import { connect, type Socket } from 'node:net';

export interface RawResponse {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** Sends bytes as they are and reads until the server closes. Status 0: closed without an answer. */
export function sendRaw(port: number, text: string | Buffer, host = '127.0.0.1'): Promise<RawResponse> {
  const socket = connect({ port, host });
  socket.write(text);
  return readResponse(socket);
}

/** Reads one response; the request must ask for `connection: close`, or the server must end it. */
export async function readResponse(socket: Socket): Promise<RawResponse> {
  const chunks: Buffer[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('error', () => resolve());
  socket.on('close', () => resolve());
  await promise;
  const [head = '', ...body] = Buffer.concat(chunks).toString('utf8').split('\r\n\r\n');
  const [first = '', ...lines] = head.split('\r\n');
  const headers = lines.map((line) => [
    line.slice(0, line.indexOf(':')).toLowerCase(),
    line.slice(line.indexOf(':') + 2),
  ]);
  return {
    status: Number(first.split(' ')[1] ?? 0),
    headers: Object.fromEntries(headers),
    body: body.join('\r\n\r\n'),
  };
}

/** A POST of JSON with the headers of an honest client, each of which can be replaced or, by null, left out. */
export function rawPost(body: string, changes: Record<string, string | null> = {}): string {
  const length = Buffer.byteLength(body);
  return (
    rawRequest('POST / HTTP/1.1', { 'content-type': 'application/json', 'content-length': `${length}`, ...changes }) +
    body
  );
}

export function rawRequest(line: string, headers: Record<string, string | null> = {}): string {
  const all = { host: 'localhost', connection: 'close', ...headers };
  const lines = Object.entries(all).flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`]));
  return `${[line, ...lines].join('\r\n')}\r\n\r\n`;
}
