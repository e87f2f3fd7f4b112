import { randomBytes } from 'node:crypto';
import { InProcessHub } from '../../src/node/in-process-network.ts';
import { describeNetwork } from '../contract/network.ts';

describeNetwork('the network within one process', async (handlers) => {
  const keys = handlers.map(() => randomBytes(32).toString('hex'));
  const hub = new InProcessHub(keys);
  const hosts = handlers.map((handler, index) => hub.join(keys[index]!, handler));
  const stop = async () => {
    for (const host of hosts) await host.stop();
  };
  return { networks: hosts, keys, stop };
});
