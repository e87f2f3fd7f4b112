import { createInterface } from 'node:readline';
import { Cluster } from './cluster.ts';

/**
 * Run as a process of its own. `pair`: two hosts connect and stop; the process must end by itself.
 * `peer <address>`: validator 0 of 4 joins that address, prints each frame that it gets, and broadcasts each line of its
 * input, until the input ends.
 */
const [mode, address = ''] = process.argv.slice(2);
const cluster = new Cluster(4);

if (mode === 'pair') {
  await cluster.startPair();
  await cluster.stop();
  console.log('stopped');
} else {
  const { host, handlers } = await cluster.start(0, { peers: [address] });
  handlers.onFrame = (frame) => {
    console.log(Buffer.from(frame).toString());
    return 'accept';
  };
  for await (const line of createInterface(process.stdin)) host.broadcast(new Uint8Array(Buffer.from(line)));
  await cluster.stop();
}
