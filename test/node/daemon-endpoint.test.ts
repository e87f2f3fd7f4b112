import assert from 'node:assert/strict';
import { loadConfig } from '../../src/config/load.ts';
import { createTestnet, loopbackPlaces } from '../../src/config/testnet.ts';
import type { Logger } from '../../src/engine/ports.ts';
import { type Daemon, startDaemon } from '../../src/node/daemon.ts';
import { useTempDirectory } from '../config/temp-home.ts';
import { CLEAN, FakeEndpoint, json, says } from '../models/fake-endpoint.ts';
import { addition, review } from '../models/tasks.ts';

const KEY = ['sk', 'canary', '00112233445566778899aabbccddeeff'].join('-');

describe('a daemon whose model is behind an endpoint', function () {
  this.timeout(30_000);
  const directory = useTempDirectory();
  const logged: unknown[] = [];
  const log = (...parts: unknown[]) => void logged.push(parts);
  const logger: Logger = { debug: log, info: log, warn: log, error: log };
  let endpoint: FakeEndpoint;
  let daemon: Daemon;

  beforeEach(async () => {
    endpoint = await FakeEndpoint.start((response) => json(response, 401, { error: { message: `bad key ${KEY}` } }));
    const rules = { requiredValidators: 1 };
    const options = { directory: directory(), places: loopbackPlaces(1), kind: 'devnet', rules } as const;
    const { home } = (await createTestnet(options)).validators[0]!;
    const environment = { MODEL_ENDPOINT: endpoint.url, OPENAI_API_KEY: KEY, DEFAULT_MODEL: 'gpt4' };
    const { config } = await loadConfig({ home, environment });
    const network = { ...config.network, listen: ['/ip4/127.0.0.1/tcp/0'] };
    daemon = await startDaemon({
      config: { ...config, network, rpc: { ...config.rpc, port: 0 } },
      observer: false,
      logger,
    });
  });

  afterEach(async () => {
    await daemon.stop(5000);
    await endpoint.stop();
  });

  const decide = (name: string) => daemon.node.validate(review(addition(`src/${name}.js`, [`run(${name});`])));
  const metrics = async () => (await fetch(`${daemon.rpcUrl}/metrics`)).text();

  it('says in health, metrics and results what is wrong and what it cost, and its key nowhere', async () => {
    for (const name of ['a', 'b', 'c']) {
      const { approved, judgements } = await decide(name);
      assert.deepEqual([approved, judgements![0]!.abstainReason], [false, 'model_error']);
    }
    const { models } = await daemon.node.health.checkHealth();
    assert.match(models.reasons.join(), /model gpt4 is left alone until .* after 3 failures in a row: .* answered 401/);
    const text = await metrics();
    assert.match(text, /^pheme_model_circuit_open\{model="gpt4"\} 1$/m);
    assert.match(text, /^pheme_model_tokens_total\{model="gpt4",kind="prompt"\} 0$/m);
    assert.equal(endpoint.seen.length, 3);
    assert.equal(endpoint.seen[0]!.authorization, `Bearer ${KEY}`);
    assert.ok(!JSON.stringify([text, models, logged]).includes(KEY));
  });

  it('counts tokens in metrics and in the signed result', async () => {
    endpoint.reply = says(CLEAN);
    const { outcome, judgements } = await decide('a');
    assert.equal(outcome, 'APPROVED');
    assert.deepEqual(judgements![0]!.report!.usage, { promptTokens: 100, completionTokens: 20, costMicros: 0 });
    assert.match(await metrics(), /^pheme_model_tokens_total\{model="gpt4",kind="completion"\} 20$/m);
  });
});
