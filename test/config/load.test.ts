import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { ENVIRONMENT_SETTINGS, variableOf } from '../../src/config/environment.ts';
import { assertModelAccess, homeOf, loadConfig } from '../../src/config/load.ts';
import { knownKeys, settingsSchema } from '../../src/config/schema.ts';
import type { LoadOptions } from '../../src/config/sources.ts';
import { type Fault, ValidationError } from '../../src/protocol/errors.ts';
import { useTempDirectory, writeFileMode } from './temp-home.ts';

const repository = resolve(import.meta.dirname, '../..');

describe('config/load', () => {
  const home = useTempDirectory();
  const load = (options: Partial<LoadOptions> = {}) => loadConfig({ home: home(), environment: {}, ...options });
  const writeYaml = (text: string, mode = 0o600) => writeFileMode(join(home(), 'validator.yml'), text, mode);
  const writeDotEnv = (text: string, mode = 0o600) => writeFileMode(join(home(), '.env'), text, mode);

  async function faultsOf(options: Partial<LoadOptions> = {}): Promise<string[]> {
    const error = await load(options).then(
      () => assert.fail('was accepted'),
      (failure: unknown) => failure,
    );
    assert.ok(error instanceof ValidationError);
    assert.equal(error.code, 'INVALID_CONFIG');
    return (error.details['faults'] as Fault[]).map(({ path, message }) =>
      path === '' ? message : `${path}: ${message}`,
    );
  }

  it('needs no home: everything has a default', async () => {
    const { config, origins, warnings } = await load({ home: join(home(), 'none') });
    assert.deepEqual(config.worker, { concurrency: 5, maxJobsPerWorker: 100, timeout: 30_000, retryLimit: 3 });
    assert.deepEqual([config.defaultModel, config.models['rules']?.variant], ['rules', 'rules']);
    assert.deepEqual([config.rpc.host, config.network.listen], ['127.0.0.1', ['/ip4/127.0.0.1/tcp/7435']]);
    assert.ok([...origins.values()].every(({ source }) => source === 'default'));
    assert.deepEqual(warnings, []);
  });

  it('is frozen all the way down', async () => {
    const { config } = await load();
    assert.ok(
      [
        config,
        config.worker,
        config.network.observers,
        config.models,
        config.models['rules'],
        config.network.listen,
      ].every(Object.isFrozen),
    );
  });

  it('takes flag over environment over .env over --config file over validator.yml over default, and says which', async () => {
    const other = join(home(), 'worker.yml');
    const steps: [() => unknown, number, object][] = [
      [() => undefined, 30_000, { source: 'default' }],
      [
        () => writeYaml('worker: {timeout: 1001, concurrency: 2}'),
        1001,
        { source: 'file', name: join(home(), 'validator.yml'), line: 1 },
      ],
      [() => writeFile(other, 'worker: {timeout: 1002}'), 1002, { source: 'file', name: other, line: 1 }],
      [() => writeDotEnv('PHEME_WORKER_TIMEOUT=1003'), 1003, { source: '.env', name: 'PHEME_WORKER_TIMEOUT' }],
    ];
    let configFile: string | undefined;
    for (const [step, timeout, origin] of steps) {
      await step();
      if (timeout === 1002) configFile = other;
      const { config, origins } = await load({ configFile });
      assert.deepEqual([config.worker.timeout, origins.get('worker.timeout')], [timeout, origin]);
    }
    const environment = { PHEME_WORKER_TIMEOUT: '1004' };
    const byEnvironment = await load({ configFile, environment });
    assert.deepEqual([byEnvironment.config.worker.timeout, byEnvironment.config.worker.concurrency], [1004, 2]);
    assert.deepEqual(byEnvironment.origins.get('worker.timeout'), {
      source: 'environment',
      name: 'PHEME_WORKER_TIMEOUT',
    });
    const byFlag = await load({
      configFile,
      environment,
      flags: { settings: { 'worker.timeout': 1005, 'rpc.port': undefined } },
    });
    assert.deepEqual([byFlag.config.worker.timeout, byFlag.origins.get('worker.timeout')], [1005, { source: 'flag' }]);
    assert.equal(byFlag.config.rpc.port, 7436);
  });

  it('finds the home by flag, then PHEME_HOME, then the user', () => {
    assert.equal(homeOf('/a', { PHEME_HOME: '/b' }), '/a');
    assert.equal(homeOf(undefined, { PHEME_HOME: '/b' }), '/b');
    assert.equal(homeOf(undefined, { PHEME_HOME: '' }), join(homedir(), '.pheme'));
  });

  it('reads nothing from the working directory', async () => {
    const before = process.cwd();
    await writeDotEnv('PHEME_RPC_PORT=1\nOPENAI_API_KEY=sk-hostile');
    await writeYaml('rpc: {port: 2}');
    process.chdir(home());
    try {
      const { config } = await loadConfig({ home: join(home(), 'elsewhere'), environment: {} });
      assert.equal(config.rpc.port, 7436);
    } finally {
      process.chdir(before);
    }
  });

  it('names a variable for every setting but the maps and the rules', () => {
    const leaves = (schema: unknown, path: string[]): string[] => {
      const inner = unwrap(schema);
      return inner.shape === undefined
        ? [path.join('.')]
        : Object.entries(inner.shape).flatMap(([key, value]) => leaves(value, [...path, key]));
    };
    const all = leaves(settingsSchema, []).filter(
      (path) => !['models', 'webhooks'].includes(path) && !path.startsWith('validation.'),
    );
    assert.deepEqual(Object.keys(ENVIRONMENT_SETTINGS).sort(), all.sort());
    assert.equal(variableOf('worker.maxJobsPerWorker'), 'PHEME_WORKER_MAX_JOBS_PER_WORKER');
    assert.equal(variableOf('logLevel'), 'PHEME_LOG_LEVEL');
  });

  it('reads lists, numbers and words from the environment', async () => {
    const key = 'a'.repeat(64);
    const { config } = await load({
      environment: {
        PHEME_RPC_ALLOWED_HOSTS: 'a.example, b.example',
        PHEME_NETWORK_PEERS: '/dns4/x/tcp/1',
        PHEME_NETWORK_OBSERVERS_ALLOW: key,
        PHEME_NETWORK_OBSERVERS_MAX: '3',
        PHEME_LOG_LEVEL: '',
      },
    });
    assert.deepEqual(config.rpc.allowedHosts, ['a.example', 'b.example']);
    assert.deepEqual(config.network.observers, { max: 3, allow: [key] });
    assert.deepEqual([config.network.peers, config.logLevel], [['/dns4/x/tcp/1'], 'info']);
    const any = await load({ environment: { PHEME_NETWORK_OBSERVERS_ALLOW: 'any' } });
    assert.equal(any.config.network.observers.allow, 'any');
  });

  it('keeps what clients need: address, token, key', async () => {
    await writeDotEnv('PHEME_RPC_TOKEN=from-dotenv\nVALIDATOR_ENDPOINT=http://a:1');
    const { config, origins } = await load({
      environment: { VALIDATOR_KEY: '/keys/k.json' },
      flags: { rpcUrl: 'http://b:2' },
    });
    assert.deepEqual(
      [config.rpcToken, config.validatorEndpoint, config.validatorKey],
      ['from-dotenv', 'http://b:2', '/keys/k.json'],
    );
    assert.deepEqual(origins.get('rpcToken'), { source: '.env', name: 'PHEME_RPC_TOKEN' });
    assert.deepEqual(origins.get('validatorEndpoint'), { source: 'flag' });
  });

  it("reads the founding documents' worker.yml as it is", async () => {
    const configFile = join(repository, 'config/worker.example.yml');
    const { config } = await load({ configFile, environment: { OPENAI_API_KEY: 'sk-x', DEFAULT_MODEL: 'gpt-4' } });
    assert.deepEqual(config.worker, { concurrency: 5, maxJobsPerWorker: 100, timeout: 30_000, retryLimit: 3 });
    assert.deepEqual(config.validation, { minConfidence: 0.8, requiredValidators: 2, consensusThreshold: 0.7 });
    assert.equal(config.defaultModel, 'gpt4');
    const { model, temperature, maxTokens, topP, apiKey } = config.models['gpt4']!;
    assert.deepEqual([model, temperature, maxTokens, topP, apiKey], ['gpt-4', 0.7, 2000, 1, 'sk-x']);
    assertModelAccess(config);
  });

  it('shows every section in its example, commented out where it is off', async () => {
    const text = await readFile(join(repository, 'config/validator.example.yml'), 'utf8');
    const shown = new Set([...text.matchAll(/^(?:# )?([a-zA-Z]+):/gm)].map(([, name]) => name));
    assert.deepEqual(
      knownKeys([]).filter((name) => !shown.has(name)),
      ['validation'], // the network's rule: it stands in genesis.json, and worker.example.yml shows it
    );
    const all = text.replaceAll(/^# (?=[a-z]+:| {2})/gm, '').replaceAll(/^( +)# /gm, '$1');
    await writeYaml(all.replace('0x...', `0x${'1'.repeat(40)}`));
    const { queue, retention, escalation, chain, webhooks } = (await load()).config;
    assert.deepEqual([queue.url, queue.judging], ['redis://127.0.0.1:6379', 'local']);
    assert.deepEqual([retention.bodies, escalation.model], ['90d', 'gpt4']);
    assert.deepEqual([chain.chainId, webhooks.length], [1, 1]);
    for (const name of ['queue', 'chain', 'retention', 'escalation'])
      assert.deepEqual(
        knownKeys([name]).filter((key) => !all.includes(`  ${key}: `)),
        name === 'chain' ? ['key'] : [], // a secret that belongs into a file
        name,
      );
  });

  it('accepts the examples that it ships', async () => {
    const text = await readFile(join(repository, 'config/validator.example.yml'), 'utf8');
    const defaults = await load();
    await writeYaml(text);
    assert.deepEqual((await load()).config, defaults.config);
    await writeYaml(text.replaceAll(/^( +)# /gm, '$1'));
    const suggested = await load();
    const { fallbacks, calibration } = suggested.config.models['gpt4']!;
    assert.deepEqual([fallbacks, calibration], [['rules'], { slope: 0.9, offset: 0 }]);
    assert.deepEqual(
      [suggested.config.rpc.readTokenFile, suggested.config.network.observers.allow],
      ['read-tokens', 'any'],
    );
    const variables = await readFile(join(repository, 'config/.env.example'), 'utf8');
    await writeDotEnv(variables.replaceAll(/^#(?=[A-Z_]+=)/gm, ''));
    const set = parseEnv(variables.replaceAll(/^#(?=[A-Z_]+=)/gm, ''));
    assert.ok(Object.keys(set).length > 10);
    await load();
  });

  const files: [string, string, RegExp[]][] = [
    ['not YAML', 'worker: [', [/validator\.yml: line \d+: /]],
    ['a list', '- worker', [/must be sections with keys/]],
    ['a key twice', 'worker: {timeout: 1000}\nworker: {timeout: 2000}', [/line 2: Map keys must be unique/]],
    ['a tag', 'logLevel: !!js/function x', [/line 1: Unresolved tag/, /^logLevel: must be one of/]],
    [
      'an unknown section',
      'wroker: {}',
      [/^wroker: is no setting of pheme: correct or remove it, did you mean worker\? \(.*validator\.yml:1\)$/],
    ],
    ['an escalation to no model', 'escalation: {model: gpt9}', [/^escalation\.model: names gpt9, which is no entry/]],
    ['a time for no model', 'escalation: {timeout: 5000}', [/^escalation: timeout is for the model of escalations/]],
    ['an unknown key', 'rpc: {prot: 1}', [/^rpc\.prot: is no setting/]],
    ['__proto__', '__proto__: {x: 1}', [/^__proto__: is no setting/]],
    ['a queue that is no Redis', 'queue: {url: http://host}', [/^queue\.url: must be a URL such as redis:/]],
    ['judging by workers without a Redis', 'queue: {judging: workers}', [/^queue: url must be given to hand judging/]],
    [
      'a time without its unit',
      'retention: {bodies: 30}',
      [/^retention\.bodies: must be forever, or a time such as 12h or 30d/],
    ],
    ['more than ten years', 'retention: {reports: 3651d}', [/^retention\.reports: must be at most 3650d, or forever/]],
    ['a scalar for a section', 'rpc: 5', [/^rpc: must be a section with keys/]],
    ['text for a number', 'rpc: {port: "80"}', [/^rpc\.port: must be a whole number from 0 to 65535/]],
    ['a port out of range', 'rpc: {port: 65536}', [/^rpc\.port: must be a whole number from 0 to 65535/]],
    ['a fraction', 'worker: {concurrency: 1.5}', [/^worker\.concurrency: must be a whole number from 1 to 64/]],
    [
      'a temperature out of range',
      'models: {gpt4: {temperature: 3}}',
      [/^models\.gpt4\.temperature: must be a number from 0 to 2/],
    ],
    ['no models', 'models: {}', [/^models: must name at least one model/]],
    ['a bad model name', 'models: {"4": {}}', [/^models\.4: must be a name of letters/]],
    [
      'an unknown provider',
      'models: {x: {provider: cloud}}',
      [/^models\.x\.provider: must be embedded, openai, custom or instant/],
    ],
    ['an unknown variant', 'models: {x: {variant: magic}}', [/^models\.x\.variant: must be one of rules, flow/]],
    [
      'an embedded model without variant',
      'models: {x: {provider: embedded}}',
      [/^models\.x\.variant: is missing: give one of rules/],
    ],
    [
      'an endpoint of an embedded model',
      'models: {rules: {endpoint: "http://x"}}',
      [/^models\.rules\.endpoint: is for provider openai only/],
    ],
    [
      'a variant of an endpoint',
      'models: {x: {provider: openai, variant: rules}}',
      [/^models\.x\.variant: is for provider embedded only/],
    ],
    [
      'a calibration that is none',
      'models: {x: {calibration: {slope: -1}}, rules: {calibration: {slope: 1, offset: 0}}}',
      [/^models\.x\.calibration\.slope: must be a number from 0 to 10/, /^models\.x\.calibration\.offset/],
    ],
    [
      'a calibration of an embedded model',
      'models: {rules: {calibration: {slope: 1, offset: 0}}}',
      [/^models\.rules\.calibration: is for provider openai only/],
    ],
    [
      'an unknown fallback',
      'models: {x: {fallbacks: [y]}}',
      [/^models\.x\.fallbacks: names y, which is no other entry/],
    ],
    [
      'a model as its own fallback',
      'models: {x: {fallbacks: [x]}}',
      [/^models\.x\.fallbacks: names x, which is no other entry/],
    ],
    [
      'an endpoint that is no URL',
      'models: {x: {endpoint: "file:///etc/passwd"}}',
      [/^models\.x\.endpoint: must be an http or https URL/],
    ],
    [
      'a bad multiaddr',
      'network: {listen: ["127.0.0.1:80"]}',
      [/^network\.listen\.0: must be a TCP multiaddr such as .*validator\.yml/],
    ],
    ['a UDP multiaddr', 'network: {peers: [/ip4/1.2.3.4/udp/1]}', [/^network\.peers\.0: must be a TCP multiaddr/]],
    ['a bad observer', 'network: {observers: {allow: [me]}}', [/^network\.observers\.allow/]],
    ['a bad log level', 'logLevel: loud', [/^logLevel: must be one of debug, info/]],
    ['several at once', 'rpc: {port: -1}\nworker: {timeout: 1}\nfoo: 1', [/^worker\.timeout/, /^rpc\.port/, /^foo/]],
  ];
  for (const [what, text, expected] of files) {
    it(`refuses a file with ${what}`, async () => {
      await writeYaml(text);
      const faults = await faultsOf();
      assert.equal(faults.length, expected.length, faults.join('\n'));
      expected.forEach((pattern, index) => {
        assert.match(faults[index]!, pattern);
      });
    });
  }

  it('takes a file whose lines are all commented out', async () => {
    await writeYaml('# nothing\nworker:\nmodels:\nrpc:\n  port:\n');
    assert.equal((await load()).config.rpc.port, 7436);
  });

  it('refuses unknown PHEME_ variables and faulty values, all at once, with their names', async () => {
    await writeYaml('rpc: {host: 5}');
    await writeDotEnv('PHEME_HOME=/x');
    const faults = await faultsOf({
      environment: {
        PHEME_RPC_PROT: '1',
        PHEME_RPC_PORT: '99999',
        PHEME_X: '1',
        MODEL_ENDPOINT: 'ftp://x',
        UNRELATED: '1',
      },
    });
    assert.equal(faults.length, 6, faults.join('\n'));
    assert.match(faults.join('\n'), /PHEME_HOME: cannot be set inside the home/);
    assert.match(
      faults.join('\n'),
      /PHEME_RPC_PROT: is no variable of pheme \(environment\): correct or remove it, did you mean PHEME_RPC_PORT\?/,
    );
    assert.match(faults.join('\n'), /PHEME_X: is no variable/);
    assert.match(faults.join('\n'), /rpc\.port: .*\(PHEME_RPC_PORT\)/);
    assert.match(faults.join('\n'), /rpc\.host: must be text .*validator\.yml/);
    assert.match(faults.join('\n'), /MODEL_ENDPOINT: must be an http or https URL/);
  });

  it('refuses a missing --config file and one that is too large', async () => {
    assert.match((await faultsOf({ configFile: '/nonexistent/worker.yml' }))[0]!, /there is no configuration file at/);
    await writeYaml(`# ${'x'.repeat(1024 * 1024)}`);
    assert.match((await faultsOf())[0]!, /is \d+ bytes, at most/);
  });

  for (const mode of [0o644, 0o640, 0o604, 0o610]) {
    it(`refuses secrets in files of mode ${mode.toString(8)}, together with other faults`, async () => {
      await writeYaml('models: {x: {apiKey: sk-canary}}\nfoo: 1', mode);
      await writeDotEnv('OPENAI_API_KEY=sk-canary', mode);
      const faults = await faultsOf();
      assert.equal(faults.length, 3, faults.join('\n'));
      assert.match(
        faults[0]!,
        new RegExp(`validator\\.yml holds a secret but its mode is 0${mode.toString(8)}.*chmod 600`),
      );
      assert.match(faults[1]!, /\.env holds a secret/);
      assert.ok(!faults.join().includes('sk-canary'));
    });
  }

  it('lets files without secrets be readable', async () => {
    await writeYaml('logLevel: debug', 0o644);
    await writeDotEnv('DEFAULT_MODEL=flow\nOPENAI_API_KEY=', 0o644);
    assert.equal((await load()).config.logLevel, 'debug');
  });
});

interface Definition {
  shape?: Record<string, unknown>;
  def?: { innerType?: unknown };
}

function unwrap(schema: unknown): Definition {
  const { def } = schema as Definition;
  return def?.innerType === undefined ? (schema as Definition) : unwrap(def.innerType);
}
