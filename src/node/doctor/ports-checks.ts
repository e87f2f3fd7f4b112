import { createServer } from 'node:net';
import { multiaddr } from '@multiformats/multiaddr';
import type { Facts } from './facts.ts';
import { type Finding, failure, failureOf, ok } from './finding.ts';

/** Whether the node's ports are free, or held by the node itself. */
export async function checkPorts({ config, running, signal }: Facts): Promise<Finding[]> {
  if (config.value === undefined) return [];
  const { network, rpc } = config.value.config;
  const places = [
    ...network.listen.map((address) => ({ setting: 'network.listen', ...placeOf(address) })),
    { setting: 'rpc.port', host: rpc.host, port: rpc.port },
  ];
  const findings: Finding[] = [];
  for (const place of places) {
    signal.throwIfAborted();
    findings.push(running === undefined ? await probe(place) : ok(nameOf(place), 'held by this node, which runs'));
  }
  return findings;
}

interface Place {
  setting: string;
  host: string;
  port: number;
}

function placeOf(address: string): { host: string; port: number } {
  const parts = multiaddr(address).getComponents();
  return { host: parts[0]?.value ?? '', port: Number(parts[1]?.value) };
}

function nameOf({ host, port }: Place): string {
  return `port ${port} at ${host}`;
}

async function probe(place: Place): Promise<Finding> {
  const check = nameOf(place);
  const { port, host, setting } = place;
  const server = createServer();
  try {
    await new Promise<void>((done, fail) => {
      server.once('error', fail).listen({ host, port, exclusive: true }, done);
    });
    return ok(check, 'free');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') {
      const remedy = `end the other program (ss -ltnp 'sport = :${port}' names it), or set another ${setting}`;
      return failure(check, 'held by another program', remedy);
    }
    if (code === 'EACCES') return failure(check, 'not allowed to this user', `set ${setting} to a port from 1024 on`);
    if (code === 'EADDRNOTAVAIL')
      return failure(check, `${host} is no address of this machine`, `set ${setting} to one that is, or to 0.0.0.0`);
    return failureOf(check, error);
  } finally {
    await new Promise((done) => server.close(done));
  }
}
