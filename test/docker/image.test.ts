import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { environmentLayer } from '../../src/config/environment.ts';
import { DEFAULT_P2P_PORT, DEFAULT_RPC_PORT } from '../../src/config/schema.ts';
import type { Fault } from '../../src/protocol/errors.ts';
import { composeServices, dockerfile, imageEnvironment, ROOT, runtimeStage, text } from './container-files.ts';

describe('the image', () => {
  it('is built on the Node.js that the repository pins', async () => {
    const { devDependencies } = JSON.parse(await text('package.json')) as { devDependencies: Record<string, string> };
    const major = devDependencies['node']?.split('.')[0];
    const bases = (await dockerfile()).filter(({ name }) => name === 'FROM').map(({ value }) => value.split(' ')[0]);
    assert.deepEqual(new Set(bases), new Set([`node:${major}-bookworm-slim`, 'base']));
  });

  it('is built by any engine: no frontend has to be fetched first', async () => {
    assert.doesNotMatch(await text('docker/Dockerfile'), /^#\s*syntax\s*=/im);
  });

  it('runs no script of a package, and ships no development package', async () => {
    const installs = (await dockerfile()).filter(({ value }) => /\bnpm (?:ci|install|i)\b/.test(value));
    assert.equal(installs.length, 2);
    for (const { value } of installs) assert.match(value, /npm ci\b.*--ignore-scripts/);
    const shipped = (await runtimeStage()).filter(({ value }) => value.includes('node_modules'));
    assert.deepEqual(
      shipped.map(({ value }) => value.split(' ')[0]),
      ['--from=modules'],
    );
    const modules = installs.filter(({ value }) => value.includes('--omit=dev'));
    assert.equal(modules.length, 1);
  });

  it('runs without root, and says so by number', async () => {
    const users = (await runtimeStage()).filter(({ name }) => name === 'USER').map(({ value }) => value);
    assert.equal(users.length, 1);
    assert.match(users[0]!, /^[1-9]\d*:[1-9]\d*$/);
  });

  it('sets only variables that pheme knows, and listens where it says', async () => {
    const environment = await imageEnvironment();
    const faults: Fault[] = [];
    const { values } = environmentLayer(environment, 'environment', faults);
    assert.deepEqual(faults, []);
    assert.deepEqual(values['network'], { listen: [`/ip4/0.0.0.0/tcp/${DEFAULT_P2P_PORT}`] });
    assert.deepEqual(values['rpc'], { host: '0.0.0.0', port: DEFAULT_RPC_PORT });
    const exposed = (await runtimeStage()).find(({ name }) => name === 'EXPOSE');
    assert.equal(exposed?.value, `${DEFAULT_P2P_PORT} ${DEFAULT_RPC_PORT}`);
  });

  it('is called unhealthy when it is dead, not when its peers are away', async () => {
    const check = (await runtimeStage()).find(({ name }) => name === 'HEALTHCHECK');
    assert.match(check?.value ?? '', /"\/app\/healthcheck\.mjs", "\/livez"\]$/);
  });

  it('is built from a context that holds what it copies, and nothing by default', async () => {
    const rules = (await text('.dockerignore')).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    assert.equal(rules[0], '*');
    const open = rules.slice(1).map((rule) => rule.replace(/^!/, ''));
    for (const path of open) await access(new URL(path, ROOT));
    const copies = (await dockerfile()).filter(({ name, value }) => name === 'COPY' && !value.startsWith('--from='));
    const sources = copies.flatMap(({ value }) => value.split(' ').slice(0, -1)).map((path) => path.replace(/\*$/, ''));
    assert.deepEqual([...new Set(sources)].sort(), open.sort());
  });
});

describe('the devnet in containers', () => {
  const VALIDATORS = ['validator-0', 'validator-1', 'validator-2', 'validator-3'];

  it('has four validators, and the one that made their homes', async () => {
    const services = await composeServices();
    const always = [...services].filter(([, { profiles }]) => profiles === undefined).map(([name]) => name);
    assert.deepEqual(always, ['testnet', ...VALIDATORS]);
    const hosts = [
      ...services
        .get('testnet')!
        .command.join(' ')
        .matchAll(/--host (\S+)/g),
    ].map(([, host]) => host);
    assert.deepEqual(hosts, VALIDATORS);
  });

  it('gives no container a right that it does not need', async () => {
    for (const [name, service] of await composeServices()) {
      assert.equal(service.read_only, true, name);
      assert.deepEqual(service.cap_drop, ['ALL'], name);
      assert.deepEqual(service.security_opt, ['no-new-privileges:true'], name);
      for (const key of ['cap_add', 'privileged'] as const) assert.equal(service[key], undefined, `${name} ${key}`);
      assert.match(service.user ?? '1000:1000', /^[1-9]\d*:[1-9]\d*$/, name);
    }
  });

  it('never takes its image from a registry', async () => {
    for (const [name, { pull_policy, image, profiles }] of await composeServices()) {
      if (profiles !== undefined) continue;
      assert.equal(pull_policy, 'never', name);
      assert.match(image, /:-localhost\//, name);
    }
  });

  it('publishes nothing beyond loopback', async () => {
    for (const [name, { ports = [], network_mode }] of await composeServices()) {
      assert.notEqual(network_mode, 'host', name);
      for (const port of ports) assert.match(port, /^127\.0\.0\.1:\$\{DEVNET_\w+-\d+\}:\d+$/);
      if (VALIDATORS.includes(name))
        assert.deepEqual(
          ports.map((port) => port.split('}:')[1]),
          [`${DEFAULT_RPC_PORT}`],
        );
    }
  });

  it('shows each validator its own home only', async () => {
    const services = await composeServices();
    for (const name of VALIDATORS) {
      const mounts = services.get(name)!.volumes;
      assert.deepEqual(mounts, [{ type: 'volume', source: 'homes', target: '/pheme', volume: { subpath: name } }]);
    }
    assert.equal(services.get('testnet')!.network_mode, 'none');
  });

  it('sets only variables that pheme knows', async () => {
    for (const [name, { environment = {}, profiles }] of await composeServices()) {
      if (profiles !== undefined) continue;
      const faults: Fault[] = [];
      environmentLayer(environment, 'environment', faults);
      assert.deepEqual(faults, [], name);
    }
  });

  it('waits for validators that are ready, and brings those back that fail, but not for ever', async () => {
    const services = await composeServices();
    for (const name of VALIDATORS) {
      assert.equal(services.get(name)!.healthcheck.test?.at(-1), '/readyz', name);
      assert.equal(services.get(name)!.restart, 'on-failure:3', name);
    }
  });

  it('brings Prometheus, Grafana, Redis and PostgreSQL by profile, each by a pinned tag unless another is named', async () => {
    const services = [...(await composeServices())].filter(([, { profiles }]) => profiles !== undefined);
    assert.deepEqual(
      services.map(([name, { profiles }]) => [name, profiles?.join()]),
      [
        ['prometheus', 'monitoring'],
        ['grafana', 'monitoring'],
        ['redis', 'adapters'],
        ['postgres', 'adapters'],
      ],
    );
    for (const [name, { image, healthcheck }] of services) {
      const [, pinned] = new RegExp(`^\\$\\{DEVNET_${name.toUpperCase()}_IMAGE:-(.+)\\}$`).exec(image) ?? [];
      assert.match(pinned ?? '', /^[a-z/]+:v?\d+\.\d+(?:\.\d+)?(?:-[a-z]+)?$/, name);
      assert.ok((healthcheck.test ?? []).length > 1, name);
    }
  });

  it('shows whoever scrapes a token that only reads, and no key', async () => {
    const services = await composeServices();
    const mounts = services.get('prometheus')!.volumes.filter((mount) => typeof mount !== 'string');
    assert.deepEqual(
      mounts.map(({ volume }) => volume.subpath),
      ['metrics'],
    );
    for (const name of VALIDATORS)
      assert.equal(services.get(name)!.environment?.['PHEME_RPC_READ_TOKEN_FILE'], 'read-tokens', name);
  });

  it('passes the linter of compose files without a warning', async () => {
    const linter = fileURLToPath(new URL('../bin/dclint.cjs', import.meta.resolve('dclint')));
    const args = ['--config', 'docker/dclint.yaml', '--max-warnings', '0', 'docker/compose.yml'];
    await promisify(execFile)(process.execPath, [linter, ...args], { cwd: fileURLToPath(ROOT) });
  });
});
