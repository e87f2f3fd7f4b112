import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Bounds open connections: past the bound the longest open one without a request in work is closed, so that sockets
 * that send nothing, or slowly, cannot keep the others out.
 */
export function boundConnections(server: Server, connectionsMax: number): void {
  const idle = new Set<Socket>();
  /** Requests in work; a client may send several before it reads the first answer. */
  const working = new WeakMap<Socket, number>();
  let open = 0;
  server.on('connection', (socket) => {
    open++;
    idle.add(socket);
    socket.once('close', () => {
      open--;
      idle.delete(socket);
    });
    if (open > connectionsMax) (idle.values().next().value ?? socket).destroy();
  });
  server.on('request', ({ socket }, response) => {
    idle.delete(socket);
    working.set(socket, (working.get(socket) ?? 0) + 1);
    response.once('close', () => {
      const left = working.get(socket)! - 1;
      working.set(socket, left);
      if (left === 0 && !socket.destroyed) idle.add(socket);
    });
  });
}
