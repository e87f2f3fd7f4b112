import assert from 'node:assert/strict';
import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { homePaths } from '../../src/config/home-paths.ts';
import { loadConfig } from '../../src/config/load.ts';
import { initHome } from '../../src/config/testnet.ts';
import { startDaemon } from '../../src/node/daemon.ts';
import { useTempDirectory } from '../config/temp-home.ts';

const quiet = () => undefined;
const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };
const environment = { PHEME_RPC_PORT: '0', PHEME_NETWORK_LISTEN: '/ip4/127.0.0.1/tcp/0' };

describe('the data of a node', () => {
  const directory = useTempDirectory();
  const start = async (home: string) =>
    startDaemon({ config: (await loadConfig({ home, environment })).config, observer: false, logger });
  const runOnce = async (home: string) => (await start(home)).stop(1_000);

  it('serves the network that it began with, and is refused, unchanged, under the genesis of another', async () => {
    const [own, other] = ['own', 'other'].map((name) => join(directory(), name)) as [string, string];
    for (const home of [own, other]) await initHome({ home });
    const { genesis, key, data } = homePaths(own);
    await runOnce(own);
    await copyFile(genesis, join(directory(), 'kept.json'));
    const keyBefore = await readFile(key, 'utf8');

    await copyFile(homePaths(other).genesis, genesis);
    await assert.rejects(start(own), (error: Error & { code: string }) => {
      assert.equal(error.code, 'OTHER_NETWORK');
      assert.ok(error.message.startsWith(`${data} holds data of network `), error.message);
      return error.message.includes(genesis);
    });
    assert.equal(await readFile(key, 'utf8'), keyBefore);

    await copyFile(join(directory(), 'kept.json'), genesis);
    await runOnce(own);
  });
});
