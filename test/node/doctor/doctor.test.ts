import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer, type Server } from 'node:http';
import { type AddressInfo, createServer, type Server as NetServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Level } from 'level';
import { parse, stringify } from 'yaml';
import { epochPath, epochText } from '../../../src/config/epochs.ts';
import { loadKey, rebindKeyToData, resealKey } from '../../../src/config/key.ts';
import { createTestnet, loopbackPlaces, type TestnetValidator } from '../../../src/config/testnet.ts';
import { createLibp2pNetwork } from '../../../src/network/libp2p-network.ts';
import { type DoctorReport, examine } from '../../../src/node/doctor/doctor.ts';
import type { DoctorOptions } from '../../../src/node/doctor/facts.ts';
import type { State } from '../../../src/node/doctor/finding.ts';
import { createCommittee } from '../../../src/protocol/committee.ts';
import { createSigner } from '../../../src/protocol/ed25519.ts';
import { type EpochChange, proposeChange, signChange } from '../../../src/protocol/epoch-change.ts';
import type { Genesis } from '../../../src/protocol/genesis.ts';
import { openLevelStore } from '../../../src/store/level-store.ts';
import { RecordingHandlers } from '../../contract/network.ts';
import { quiet } from '../../network/cluster.ts';

interface World {
  folder: string;
  home: string;
  genesis: Genesis;
  validators: TestnetValidator[];
}

type Settings = Record<string, Record<string, unknown>>;

describe('node/doctor', function () {
  this.timeout(30_000);
  let world: World;
  const running: (() => Promise<unknown>)[] = [];

  beforeEach(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pheme-doctor-'));
    const places = loopbackPlaces(4, await freePorts());
    const { genesis, validators } = await createTestnet({ directory: folder, places, kind: 'devnet' });
    world = { folder, home: validators[0]!.home, genesis, validators };
    await settings({ network: { listen: (await read())['network']!['listen'], peers: [] } });
  });
  afterEach(async () => {
    for (const stop of running.splice(0).reverse()) await stop();
    await rm(world.folder, { recursive: true, force: true });
  });

  async function read(): Promise<Settings> {
    return parse(await readFile(join(world.home, 'validator.yml'), 'utf8')) as Settings;
  }
  async function settings(changes: Settings) {
    await writeFile(join(world.home, 'validator.yml'), stringify({ ...(await read()), ...changes }));
  }
  const listen = async () => ({ listen: (await read())['network']!['listen'] });
  const peers = async (...addresses: string[]) => settings({ network: { ...(await listen()), peers: addresses } });
  const examined = (options: Partial<DoctorOptions> & { environment?: Record<string, string> } = {}) =>
    examine({
      load: { home: world.home, environment: options.environment ?? {} },
      offline: false,
      signal: new AbortController().signal,
      ...options,
    });

  /** A server on loopback that ends with the test. */
  async function serve<S extends Server | NetServer>(server: S, port = 0): Promise<number> {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    running.push(async () => {
      (server as { closeAllConnections?(): void }).closeAllConnections?.();
      await new Promise((done) => server.close(done));
    });
    return (server.address() as AddressInfo).port;
  }

  /** The network of validator `index`, really there. */
  async function startPeer(index: number, agentVersion = 'pheme/0.1.0'): Promise<string> {
    const { home } = world.validators[index]!;
    const host = await createLibp2pNetwork(
      {
        seed: (await loadKey({ home })).seed,
        committee: createCommittee(world.genesis),
        listen: ['/ip4/127.0.0.1/tcp/0'],
        peers: [],
        observers: { max: 0, allow: 'any' },
        logger: quiet,
        agentVersion,
      },
      new RecordingHandlers(),
    );
    running.push(() => host.stop());
    return host.listenAddresses()[0]!;
  }

  async function putEpoch(text: string) {
    await mkdir(join(world.home, 'epochs'));
    await writeFile(epochPath(world.home, 1), text);
  }

  /** The change that removes the home's own validator. */
  async function withoutOwnKey(signers: readonly number[]): Promise<EpochChange> {
    const committee = createCommittee(world.genesis);
    let change = proposeChange(committee, { ...world.genesis, validators: world.genesis.validators.slice(1) });
    for (const index of signers) {
      const { seed } = await loadKey({ home: world.validators[index]!.home });
      change = signChange(committee, change, createSigner(seed));
    }
    return change;
  }

  async function openStore() {
    return openLevelStore({ directory: join(world.home, 'data') });
  }

  /** The folder of a closed database that holds something. */
  async function writtenDatabase(): Promise<string> {
    const store = await openStore();
    await store.write({ tasks: [{ taskId: 'ab'.repeat(32), taskBytes: Buffer.from('task'), firstSeenMs: 1 }] });
    await store.close();
    return join(world.home, 'data');
  }

  function assertFound(report: DoctorReport, check: RegExp, state: State, found: RegExp, remedy: RegExp | undefined) {
    const matches = report.findings.filter((finding) => check.test(finding.check) && found.test(finding.found));
    assert.ok(matches.length > 0, `${check} ${found} in ${JSON.stringify(report.findings, null, 1)}`);
    const [first] = matches;
    assert.equal(first!.state, state, JSON.stringify(first));
    if (remedy !== undefined) assert.match(first!.remedy ?? '', remedy);
    assert.ok(report.state === 'failure' || state !== 'failure');
  }

  it('finds nothing to mend in a new home, and remedies only where something is to mend', async () => {
    await peers(await startPeer(1));
    const report = await examined({ offline: true });
    assert.deepEqual(
      report.findings.filter(({ state }) => state !== 'ok'),
      [],
    );
    assert.equal(report.state, 'ok');
    assert.ok(report.findings.every(({ remedy }) => remedy === undefined));
    assert.ok(report.findings.length >= 14);
  });

  type Fault = [
    name: string,
    plant: () => Promise<unknown>,
    expected: [check: RegExp, state: State, found: RegExp, remedy: RegExp],
  ];
  /** What is planted may give variables of the environment. */
  const FAULTS: Fault[] = [
    ['no home', () => rm(world.home, { recursive: true }), [/^home$/, 'failure', /there is no/, /pheme init/]],
    [
      'a home that others may write to',
      () => chmod(world.home, 0o777),
      [/^home$/, 'failure', /others may write/, /chmod 700/],
    ],
    [
      'an unknown setting',
      () => settings({ rpc: { prot: 1 } }),
      [/rpc\.prot/, 'failure', /is no setting of pheme/, /correct or remove it/],
    ],
    [
      'a value out of range beside it',
      () => settings({ rpc: { prot: 1 }, worker: { concurrency: 1000 } }),
      [/worker\.concurrency/, 'failure', /whole number from 1 to 64/, /correct it/],
    ],
    [
      'a mistyped variable',
      async () => ({ PHEME_RPC_PROT: '1' }),
      [/PHEME_RPC_PROT/, 'failure', /is no variable of pheme/, /correct or remove it.*PHEME_RPC_PORT/],
    ],
    [
      'a model without access',
      () => settings({ models: { gpt: { provider: 'openai', model: 'gpt-4' } } }),
      [/models\.gpt/, 'failure', /has no access/, /OPENAI_API_KEY/],
    ],
    [
      'a custom model whose file is gone',
      () => settings({ models: { mine: { provider: 'custom' } } }),
      [/config/, 'failure', /mine/, /./],
    ],
    [
      "rules that are not the network's",
      () => settings({ validation: { requiredValidators: 3 } }),
      [/validation\.requiredValidators/, 'failure', /is 3 in this node/, /correct it/],
    ],
    [
      'a key that others can read',
      () => chmod(join(world.home, 'key.json'), 0o644),
      [/^key$/, 'failure', /mode is 0644/, /chmod 600/],
    ],
    [
      'a damaged key',
      () => writeFile(join(world.home, 'key.json'), '{"format": "pheme-key/1"'),
      [/^key$/, 'failure', /is not JSON/, /restore it from a backup/],
    ],
    ['no key', () => rm(join(world.home, 'key.json')), [/^key$/, 'failure', /there is no key/, /pheme init/]],
    [
      'a token that others can read',
      () => chmod(join(world.home, 'api-token'), 0o640),
      [/api-token/, 'failure', /mode is 0640/, /chmod 600/],
    ],
    [
      'no genesis',
      () => rm(join(world.home, 'genesis.json')),
      [/^genesis$/, 'failure', /there is no genesis/, /copy the genesis\.json/],
    ],
    [
      'a key that is in no genesis',
      async () => {
        await rm(join(world.home, 'key.json'));
        const { generateKey } = await import('../../../src/config/key.ts');
        const { writeKey } = await import('../../../src/config/key-file.ts');
        await writeKey(join(world.home, 'key.json'), { ...generateKey(), dataId: null });
      },
      [/membership/, 'warning', /can only observe/, /--observer/],
    ],
    [
      'a damaged change of epoch',
      () => putEpoch('{"format": "pheme-epoch/1"'),
      [/^epochs$/, 'failure', /001\.json is not JSON/, /copy the file anew/],
    ],
    [
      'a change that too few signed',
      async () => putEpoch(epochText(await withoutOwnKey([2, 3]))),
      [/^epochs$/, 'failure', /signed by weight 2, but needs 3/, /copy the file anew/],
    ],
    [
      'a key that an epoch removed',
      async () => putEpoch(epochText(await withoutOwnKey([1, 2, 3]))),
      [/membership/, 'warning', /no validator of the newest epoch/, /pheme epoch propose --add/],
    ],
    [
      'a threshold of two thirds',
      async () => {
        const path = join(world.home, 'genesis.json');
        await writeFile(path, (await readFile(path, 'utf8')).replace('"0.7"', '"0.66"'));
      },
      [/genesis rules/, 'warning', /not above 2\/3/, /agree on another genesis/],
    ],
    [
      'too few validators',
      async () => {
        const path = join(world.home, 'genesis.json');
        const genesis = JSON.parse(await readFile(path, 'utf8')) as { validators: unknown[] };
        await writeFile(path, JSON.stringify({ ...genesis, validators: genesis.validators.slice(0, 3) }));
      },
      [/genesis rules/, 'warning', /3 validators: with one of them down/, /agree on another genesis/],
    ],
    [
      'a p2p port that another program holds',
      async () => {
        await serve(createServer(), world.validators[0]!.p2pPort);
      },
      [/^port/, 'failure', /held by another program/, /network\.listen/],
    ],
    [
      'an RPC port that another program holds',
      async () => {
        await serve(createHttpServer(), world.validators[0]!.rpcPort);
      },
      [/^port/, 'failure', /held by another program/, /rpc\.port/],
    ],
    [
      'an address of another machine',
      () => settings({ network: { listen: ['/ip4/192.0.2.1/tcp/7435'] } }),
      [/^port 7435/, 'failure', /no address of this machine/, /network\.listen/],
    ],
    [
      'a database that another process holds',
      async () => {
        await (await openStore()).close();
        running.push(await holdDatabase(join(world.home, 'data')));
      },
      [/^data$/, 'failure', /is in use by a process that does not answer/, /stop it/],
    ],
    [
      'data of a newer version',
      async () => {
        await (await openStore()).close();
        await rewriteSchema(join(world.home, 'data'), '99');
      },
      [/^data$/, 'failure', /written by a newer pheme \(schema 99/, /use the newer one/],
    ],
    [
      'a damaged value',
      async () => {
        await flipValue(await writtenDatabase(), 't');
      },
      [/^data$/, 'warning', /1 damaged/, /fetches them again/],
    ],
    [
      'a database whose log lost records',
      async () => {
        const directory = await writtenDatabase();
        const log = join(directory, (await readdir(directory)).find((name) => name.endsWith('.log'))!);
        const bytes = await readFile(log);
        bytes[bytes.length >> 1]! ^= 1;
        await writeFile(log, bytes);
      },
      [/^data$/, 'failure', /write-ahead log that lost records/, /start the node/],
    ],
    [
      'a database without the file that names its parts',
      async () => rm(join(await writtenDatabase(), 'CURRENT')),
      [/^data$/, 'failure', /not the one that names them/, /start the node/],
    ],
    [
      'a key of another data directory',
      async () => {
        await (await openStore()).close();
        await rebindKeyToData(await loadKey({ home: world.home }), 'somewhere-else');
      },
      [/key and data/, 'failure', /has signed for another data directory/, /put the right data directory back/],
    ],
    [
      'a peer that is away',
      () => peers(`/ip4/127.0.0.1/tcp/${world.validators[3]!.p2pPort}`),
      [/^peer /, 'failure', /ECONNREFUSED/, /is it running/],
    ],
    [
      "another program at a peer's address",
      async () => peers(`/ip4/127.0.0.1/tcp/${await serve(createHttpServer())}`),
      [/^peer /, 'failure', /answers, but not as a peer/, /Another program may have the port/],
    ],
    [
      "another validator at a peer's address",
      async () => peers((await startPeer(1)).replace(/\/p2p\/.*/, `/p2p/${world.validators[2]!.peerId}`)),
      [/^peer /, 'failure', /answers, but not as a peer/, /correct the peer id or the address/],
    ],
    [
      'a peer of another version',
      async () => peers(await startPeer(1, 'pheme/9.0.0')),
      [/^peer /, 'warning', /runs pheme\/9\.0\.0; this is 0\.1/, /same minor version/],
    ],
    [
      "a clock that is behind its peers'",
      async () => {
        const server = createHttpServer((_, response) => {
          response.setHeader('date', new Date(Date.now() + 90_000).toUTCString());
          response.end('{}');
        });
        await peers(`/ip4/127.0.0.1/tcp/${(await serve(server)) - 1}`);
      },
      [/^clock$/, 'failure', /(8|9)\d s behind the median of 1 peers/, /NTP/],
    ],
    [
      'Redis that is something else',
      async () => ({ REDIS_URL: `redis://user:canary@127.0.0.1:${await serve(createHttpServer())}` }),
      [/^Redis$/, 'failure', /does not answer as Redis/, /REDIS_URL/],
    ],
    [
      'PostgreSQL that is away',
      async () => ({ DATABASE_URL: `postgres://user:canary@127.0.0.1:${world.validators[3]!.p2pPort}/db` }),
      [/^PostgreSQL$/, 'failure', /ECONNREFUSED/, /DATABASE_URL/],
    ],
  ];

  for (const [name, plant, [check, state, found, remedy]] of FAULTS) {
    it(`finds ${name}, and names the remedy`, async () => {
      const environment = ((await plant()) ?? {}) as Record<string, string>;
      const report = await examined({ environment });
      assertFound(report, check, state, found, remedy);
      assert.ok(!JSON.stringify(report).includes('canary'));
      assert.ok(report.findings.every((finding) => finding.state === 'ok' || (finding.remedy ?? '') !== ''));
    });
  }

  it('finds all planted faults at once, without one hiding another', async () => {
    await chmod(join(world.home, 'key.json'), 0o644);
    await chmod(join(world.home, 'api-token'), 0o644);
    await settings({ worker: { concurrency: 0 }, rpc: { prot: 1 } });
    await rm(join(world.home, 'genesis.json'));
    const report = await examined({ environment: { PHEME_NONSENSE: '1' } });
    for (const check of [/concurrency/, /rpc\.prot/, /PHEME_NONSENSE/, /^key$/, /api-token/, /^genesis$/])
      assertFound(report, check, 'failure', /./, /./);
  });

  it('goes by the newest epoch: who is a validator, and how many there are', async () => {
    await peers(await startPeer(1));
    await putEpoch(epochText(await withoutOwnKey([1, 2, 3])));
    const report = await examined();
    assertFound(report, /^epochs$/, 'ok', /epoch 1 is the newest: 3 validators, quorum 3 of 3/, undefined);
    assertFound(report, /genesis rules/, 'warning', /3 validators: with one of them down/, /or on an epoch/);
    assertFound(report, /^genesis$/, 'ok', /4 validators/, undefined);
  });

  it('reaches peers through their handshake, and shows what they run', async () => {
    await peers(await startPeer(1), await startPeer(2));
    const report = await examined();
    const reached = report.findings.filter(({ check }) => check.startsWith('peer '));
    assert.deepEqual(
      reached.map(({ state }) => state),
      ['ok', 'ok'],
    );
    assert.match(reached[0]!.found, /handshake in \d+ ms, runs pheme\/0\.1\.0/);
  });

  it('tries no handshake with a sealed key whose passphrase is not there, and one where it is', async () => {
    await peers(await startPeer(1));
    const words = async () => Buffer.from('correct horse battery staple');
    await resealKey({ home: world.home, next: words, cost: { n: 2 ** 14, r: 8, p: 1 } });
    assertFound(await examined(), /^peer /, 'ok', /no handshake was tried/, undefined);
    assertFound(await examined({ passphrase: words }), /^peer /, 'ok', /handshake in/, undefined);
  });

  it('answers Redis and PostgreSQL that are there', async () => {
    const redis = await serve(createServer((socket) => socket.once('data', () => socket.end('+PONG\r\n'))));
    const postgres = await serve(createServer((socket) => socket.once('data', () => socket.end('N'))));
    const environment = {
      REDIS_URL: `redis://127.0.0.1:${redis}`,
      DATABASE_URL: `postgres://127.0.0.1:${postgres}/db`,
    };
    const report = await examined({ environment });
    assertFound(report, /^Redis$/, 'ok', /answers/, undefined);
    assertFound(report, /^PostgreSQL$/, 'ok', /without TLS/, undefined);
  });

  it('leaves the database as it is', async () => {
    await (await openStore()).close();
    await rewriteSchema(join(world.home, 'data'), undefined);
    assertFound(await examined({ offline: true }), /^data$/, 'ok', /schema unknown/, undefined);
    const store = await openStore(); // a new schema record only now
    await store.close();
  });

  it('asks nobody outside when told so', async () => {
    let asked = 0;
    const port = await serve(
      createServer((socket) => {
        asked += 1;
        socket.destroy();
      }),
    );
    await peers(`/ip4/127.0.0.1/tcp/${port}`);
    await settings({ models: { local: { provider: 'openai', endpoint: `http://127.0.0.1:${port}/v1` } } });
    await examined({ offline: true, environment: { REDIS_URL: `redis://127.0.0.1:${port}` } });
    assert.equal(asked, 0);
  });
});

/** The first of eight ports that are likely free; taken from the range that the system does not hand out. */
async function freePorts(): Promise<number> {
  for (;;) {
    const base = 20_000 + Math.floor(Math.random() * 5_000) * 2;
    const states = await Promise.all(Array.from({ length: 8 }, (_, at) => isFree(base + at)));
    if (states.every(Boolean)) return base;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((done) => {
    server.once('error', () => done(false));
    server.listen(port, '127.0.0.1', () => server.close(() => done(true)));
  });
}

/** Another process opens the database, and keeps it until the returned function is called. */
async function holdDatabase(directory: string): Promise<() => Promise<unknown>> {
  const code = `import { Level } from 'level'; const db = new Level(${JSON.stringify(directory)}); await db.open(); console.log('open'); process.stdin.resume();`;
  const child: ChildProcess = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(child.stdout!, 'data');
  return async () => {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
}

async function withDatabase(directory: string, change: (database: Level<Buffer, Buffer>) => Promise<void>) {
  const database = new Level<Buffer, Buffer>(directory, { keyEncoding: 'buffer', valueEncoding: 'buffer' });
  await database.open();
  await change(database);
  await database.close();
}

async function rewriteSchema(directory: string, version: string | undefined) {
  const { createTables } = await import('../../../src/store/tables.ts');
  const { DamageLog } = await import('../../../src/store/damage-log.ts');
  await withDatabase(directory, async (database) => {
    const backend = { get: async () => undefined } as never;
    const { meta } = createTables(backend, new DamageLog());
    const { key, value } = version === undefined ? meta.delete('schemaVersion') : meta.put('schemaVersion', version);
    if (value === null) await database.del(Buffer.from(key));
    else await database.put(Buffer.from(key), Buffer.from(value));
  });
}

/** Flips a bit in the first value of a table. */
async function flipValue(directory: string, prefix: string) {
  await withDatabase(directory, async (database) => {
    const [[key, value] = []] = await database.iterator({ gte: Buffer.from(prefix), limit: 1 }).all();
    value![value!.length - 1]! ^= 1;
    await database.put(key!, value!);
  });
}
