/**
 * `node gate.ts SOCKET PORT`: hands connections to a Unix socket on to a port of this network namespace's loopback, so
 * that a process in another namespace reaches it, whatever the network between them does. Ends with its standard input.
 */
import { connect, createServer } from 'node:net';

const [socketPath, port] = process.argv.slice(2);
const server = createServer((outside) => {
  const inside = connect(Number(port), '127.0.0.1');
  for (const [from, to] of [
    [outside, inside],
    [inside, outside],
  ] as const) {
    from.on('error', () => to.destroy());
    from.pipe(to);
  }
});
server.listen(socketPath);
process.stdin.resume().once('end', () => process.exit(0));
