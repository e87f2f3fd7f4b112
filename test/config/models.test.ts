import assert from 'node:assert/strict';
import { join } from 'node:path';
import { assertModelAccess, loadConfig } from '../../src/config/load.ts';
import type { ValidationError } from '../../src/protocol/errors.ts';
import { useTempDirectory, writeFileMode } from './temp-home.ts';

describe('config/models', () => {
  const home = useTempDirectory();
  const load = (environment: Record<string, string> = {}) => loadConfig({ home: home(), environment });
  const writeYaml = (text: string) => writeFileMode(join(home(), 'validator.yml'), text, 0o600);

  const modelsOf = async (yaml: string, environment: Record<string, string> = {}) => {
    await writeYaml(yaml);
    const { config, warnings, origins } = await load(environment);
    return { ...config, warnings, origins, names: Object.keys(config.models) };
  };

  it('puts DEFAULT_MODEL first where there is access to it, and falls back to nothing unlisted', async () => {
    const { names, models, origins } = await modelsOf('models: {rules: {}}', {
      OPENAI_API_KEY: 'sk-1',
      DEFAULT_MODEL: 'gpt-5',
    });
    assert.deepEqual(names, ['gpt-5', 'rules']);
    assert.deepEqual(models['gpt-5'], {
      provider: 'openai',
      model: 'gpt-5',
      apiKey: 'sk-1',
      temperature: 0.7,
      maxTokens: 2000,
      topP: 1,
      fallbacks: [],
    });
    assert.deepEqual(origins.get('models.gpt-5.apiKey'), { source: 'environment', name: 'OPENAI_API_KEY' });
    assert.deepEqual(origins.get('models.gpt-5.model'), { source: 'environment', name: 'DEFAULT_MODEL' });
  });

  it('takes the settings of the entry that DEFAULT_MODEL names, by name, by model or nearly', async () => {
    const yaml =
      'models: {rules: {}, gpt4: {temperature: 0.1, fallbacks: [rules]}, mine: {model: llama-3, endpoint: "http://127.0.0.1:1/v1"}}';
    const near = await modelsOf(yaml, { OPENAI_API_KEY: 'k', DEFAULT_MODEL: 'gpt-4' });
    assert.deepEqual(
      [near.names, near.models['gpt4']?.model, near.models['gpt4']?.temperature],
      [['gpt4', 'rules', 'mine'], 'gpt-4', 0.1],
    );
    assert.deepEqual(near.models['gpt4']?.fallbacks, ['rules']);
    const byModel = await modelsOf(yaml, { DEFAULT_MODEL: 'llama-3' });
    assert.deepEqual(byModel.names, ['mine', 'rules', 'gpt4']);
    const byName = await modelsOf(yaml, { DEFAULT_MODEL: 'mine' });
    assert.equal(byName.models['mine']?.model, 'llama-3');
  });

  it('warns of a DEFAULT_MODEL that cannot be asked, and goes on with the listed ones', async () => {
    const { names, warnings } = await modelsOf('models: {flow: {}}', { DEFAULT_MODEL: 'gpt-4' });
    assert.deepEqual(names, ['flow']);
    assert.match(warnings[0]!, /DEFAULT_MODEL gpt-4 is not used/);
    const embedded = await modelsOf('models: {rules: {}}', { DEFAULT_MODEL: 'embedded:profile' });
    assert.deepEqual(
      [embedded.names, embedded.models['embedded:profile']?.variant, embedded.warnings],
      [['embedded:profile', 'rules'], 'profile', []],
    );
  });

  it('gives the key to the server that it is for and to no other', async () => {
    const yaml =
      'models: {a: {endpoint: "https://other.example/v1"}, b: {}, c: {endpoint: "https://api.openai.com/v1"}, d: {endpoint: "http://llm.local/v1"}}';
    const keys = ({ models }: { models: Readonly<Record<string, { apiKey?: string }>> }) =>
      Object.values(models).map(({ apiKey }) => apiKey);
    assert.deepEqual(keys(await modelsOf(yaml, { OPENAI_API_KEY: 'k' })), [undefined, 'k', 'k', undefined]);
    const moved = await modelsOf(yaml, { OPENAI_API_KEY: 'k', MODEL_ENDPOINT: 'http://llm.local/v2' });
    assert.deepEqual(keys(moved), [undefined, 'k', undefined, 'k']);
    assert.equal(moved.models['b']?.endpoint, 'http://llm.local/v2');
    assert.deepEqual(moved.origins.get('models.b.endpoint'), { source: 'environment', name: 'MODEL_ENDPOINT' });
  });

  it('refuses to start with a model that has no access, and starts with one that needs none', async () => {
    await writeYaml('models: {gpt4: {}}');
    const { config } = await load();
    assert.throws(
      () => assertModelAccess(config),
      (error: ValidationError) =>
        error.code === 'INVALID_CONFIG' && /models\.gpt4: has no access: set OPENAI_API_KEY/.test(error.message),
    );
    await writeYaml('models: {local: {endpoint: "http://127.0.0.1:11434/v1"}, flow: {}}');
    assertModelAccess((await load()).config);
  });
});
