import assert from 'node:assert/strict';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { multiaddr } from '@multiformats/multiaddr';
import { EMBEDDED_VARIANTS } from '../../src/config/embedded-variants.ts';
import { loadApiToken, loadGenesis } from '../../src/config/home.ts';
import { loadKey, peerIdOf } from '../../src/config/key.ts';
import { loadConfig } from '../../src/config/load.ts';
import { createTestnet, hostPlaces, initHome, loopbackPlaces } from '../../src/config/testnet.ts';
import { EMBEDDED_VARIANTS as MODEL_VARIANTS } from '../../src/models/embedded/registry.ts';
import { DEFAULT_TIMERS, DEVNET_TIMERS } from '../../src/protocol/genesis.ts';
import { useTempDirectory } from './temp-home.ts';

describe('config/testnet', () => {
  const directory = useTempDirectory();
  const devnet = (validators: number, basePort = 9000) => {
    return createTestnet({ directory: directory(), places: loopbackPlaces(validators, basePort), kind: 'devnet' });
  };

  it('knows the embedded models that there are', () => {
    assert.deepEqual([...EMBEDDED_VARIANTS], [...MODEL_VARIANTS]);
  });

  it('makes a devnet of four: one genesis, four keys, ports, models, and addresses of all the others', async () => {
    const { genesis, genesisPath, validators } = await devnet(4);
    assert.deepEqual(await loadGenesis(genesisPath), genesis);
    assert.deepEqual(genesis.rules, {
      kind: 'devnet',
      minConfidencePpm: 800_000,
      consensusThresholdPpm: 700_000,
      requiredValidators: 2,
      minModelFamilies: 1,
      timers: DEVNET_TIMERS,
    });
    const variants = [];
    for (const { index, publicKey, home, p2p, p2pPort, rpcPort, rpc } of validators) {
      assert.deepEqual([p2pPort, rpcPort, rpc], [9000 + 2 * index, 9001 + 2 * index, `http://127.0.0.1:${rpcPort}`]);
      assert.deepEqual(await loadGenesis(join(home, 'genesis.json')), genesis);
      assert.equal(genesis.validators[index]?.publicKey, publicKey);
      const key = await loadKey({ home });
      assert.equal(key.publicKey, publicKey);
      assert.equal(p2p, `/ip4/127.0.0.1/tcp/${p2pPort}/p2p/${await peerIdOf(key.publicKey)}`);
      const { config } = await loadConfig({ home, environment: {} });
      assert.deepEqual(config.network.listen, [`/ip4/127.0.0.1/tcp/${p2pPort}`]);
      assert.deepEqual(
        [...config.network.peers].sort(),
        validators
          .map((other) => other.p2p)
          .filter((other) => other !== p2p)
          .sort(),
      );
      assert.equal(config.rpc.port, rpcPort);
      variants.push(config.models[config.defaultModel]?.variant);
      assert.equal((await loadApiToken(home)).length, 64);
      for (const name of ['key.json', 'api-token']) assert.equal((await stat(join(home, name))).mode & 0o777, 0o600);
    }
    assert.deepEqual(variants, [...EMBEDDED_VARIANTS]);
    assert.equal(new Set(validators.map(({ publicKey }) => publicKey)).size, 4);
  });

  it('makes a testnet for hosts, with the rules that it is told', async () => {
    const places = hostPlaces(['validator-0', '10.0.0.2', '2001:db8::1']);
    const rules = { minConfidence: '0.9', consensusThreshold: '0.75', requiredValidators: 3, minModelFamilies: 2 };
    const { genesis, validators } = await createTestnet({
      directory: directory(),
      places,
      kind: 'testnet',
      name: 'ours',
      rules,
    });
    assert.deepEqual(
      validators.map(({ p2p }) => multiaddr(p2p).toString().split('/p2p/')[0]),
      ['/dns/validator-0/tcp/7435', '/ip4/10.0.0.2/tcp/7435', '/ip6/2001:db8::1/tcp/7435'],
    );
    assert.deepEqual(
      [genesis.name, genesis.rules.consensusThresholdPpm, genesis.rules.minModelFamilies, genesis.rules.timers],
      ['ours', 750_000, 2, DEFAULT_TIMERS],
    );
    const configs = await Promise.all(validators.map(({ home }) => loadConfig({ home, environment: {} })));
    assert.deepEqual(
      configs.map(({ config }) => config.network.listen[0]),
      ['/ip4/0.0.0.0/tcp/7435', '/ip4/0.0.0.0/tcp/7435', '/ip6/::/tcp/7435'],
    );
    assert.ok(configs.every(({ config }) => config.rpc.host === '127.0.0.1'));
  });

  const refused: [string, () => Promise<unknown>, string, RegExp][] = [
    ['no validators', () => devnet(0), 'INVALID_CONFIG', /validators: must be from 1 to 256, got 0/],
    ['too many validators', () => devnet(257), 'INVALID_CONFIG', /validators: must be from 1 to 256, got 257/],
    ['ports past the last', () => devnet(4, 65_530), 'INVALID_CONFIG', /validators\.3: has ports 65536 and 65537/],
    ['port 0', () => devnet(1, 0), 'INVALID_CONFIG', /ports go from 1 to 65535/],
    [
      'a host that is none',
      () => createTestnet({ directory: directory(), places: hostPlaces(['a b']), kind: 'devnet' }),
      'INVALID_CONFIG',
      /validators\.0\.host: must be an IP address or a host name/,
    ],
    [
      'a threshold out of range',
      () =>
        createTestnet({
          directory: directory(),
          places: loopbackPlaces(4),
          kind: 'devnet',
          rules: { consensusThreshold: '0.4' },
        }),
      'INVALID_GENESIS',
      /consensusThreshold: must be above 0\.5/,
    ],
  ];
  for (const [what, create, code, message] of refused) {
    it(`refuses ${what}, and writes nothing`, async () => {
      await assert.rejects(create(), { code, message });
      assert.deepEqual(await readdir(directory()), []);
    });
  }

  it('never writes over a home, nor leaves half a network beside one', async () => {
    await devnet(1);
    const before = await readFile(join(directory(), 'validator-0', 'key.json'), 'utf8');
    await assert.rejects(devnet(4), { code: 'HOME_EXISTS', message: /is a home already/ });
    assert.equal(await readFile(join(directory(), 'validator-0', 'key.json'), 'utf8'), before);
    assert.deepEqual((await readdir(directory())).sort(), ['genesis.json', 'validator-0']);
    await assert.rejects(initHome({ home: join(directory(), 'validator-0') }), { code: 'HOME_EXISTS' });
  });

  it('initialises a node alone: a genesis of one, requiredValidators 1', async () => {
    const home = join(directory(), 'deep', 'home');
    const { publicKey, genesis, validatorIndex } = await initHome({ home, rpcPort: 9100, variant: 'flow' });
    assert.deepEqual([validatorIndex, genesis.validators.length, genesis.rules.requiredValidators], [0, 1, 1]);
    assert.equal((await loadKey({ home })).publicKey, publicKey);
    const { config } = await loadConfig({ home, environment: {} });
    assert.deepEqual([config.rpc.port, config.models['flow']?.variant, config.network.peers], [9100, 'flow', []]);
  });

  it('initialises a node of another network, which can observe it', async () => {
    const { genesis, validators } = await devnet(4);
    const home = join(directory(), 'observer');
    const node = await initHome({ home, genesis, peers: [validators[0]!.p2p] });
    assert.equal(node.validatorIndex, null);
    assert.deepEqual(await loadGenesis(join(home, 'genesis.json')), genesis);
    assert.deepEqual((await loadConfig({ home, environment: {} })).config.network.peers, [validators[0]!.p2p]);
  });
});
