import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Bounds open connections: past the bound the longest open one without a request in work is closed, so that sockets
 * that send nothing, or slowly, cannot keep the others out.
 */
export function boundConnections(server: Server, connectionsMax: number): void {
  const idle = new Set<Socket>();
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
    response.once('close', () => {
      if (!socket.destroyed) idle.add(socket);
    });
  });
}
