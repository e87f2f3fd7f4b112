import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { ROOT } from './container-files.ts';

const HEALTHCHECK = fileURLToPath(new URL('docker/healthcheck.mjs', ROOT));

async function run(port: number, ...args: string[]): Promise<{ code: number; output: string }> {
  const env = { ...process.env, PHEME_RPC_PORT: String(port) };
  const child = spawn(process.execPath, [HEALTHCHECK, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (part: Buffer) => {
    output += part.toString('utf8');
  });
  const [code] = (await once(child, 'close')) as [number];
  return { code, output };
}

describe("the container's health check", () => {
  let server: Server;
  let port: number;

  before(async () => {
    server = createServer(({ url }, response) => {
      const ready = url === '/livez';
      response.writeHead(ready ? 200 : 503).end(ready ? 'ok\n' : '{"ready":false,"reasons":["no quorum"]}\n');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  });

  after(async () => {
    server.close();
    await once(server, 'close');
  });

  it('is 0 for a node that is alive, also when that is all it is asked', async () => {
    assert.deepEqual(await run(port, '/livez'), { code: 0, output: '200 ok\n' });
    assert.deepEqual(await run(port), { code: 0, output: '200 ok\n' });
  });

  it('is 1 for a node that is not ready, and says why', async () => {
    assert.deepEqual(await run(port, '/readyz'), { code: 1, output: '503 {"ready":false,"reasons":["no quorum"]}\n' });
  });

  it('is 1 where nothing answers', async () => {
    const free = createServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    const { port: closedPort } = free.address() as AddressInfo;
    free.close();
    await once(free, 'close');
    assert.deepEqual(await run(closedPort), { code: 1, output: `no answer on port ${closedPort}: ECONNREFUSED\n` });
  });
});
