import assert from 'node:assert/strict';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/load.ts';
import { redact } from '../../src/config/redact.ts';
import { useTempDirectory, writeFileMode } from './temp-home.ts';

describe('config/redact', () => {
  const home = useTempDirectory();

  it('shows no secret, wherever it came from, and everything else', async () => {
    const canaries = [
      'sk-canary-file',
      'sk-canary-env',
      'canary-token',
      'f00d'.repeat(16),
      'canary-user',
      'canary-password',
    ];
    await writeFileMode(join(home(), 'validator.yml'), 'models: {mine: {apiKey: sk-canary-file}, gpt: {}}', 0o600);
    const environment = {
      OPENAI_API_KEY: 'sk-canary-env',
      PHEME_RPC_TOKEN: 'canary-token',
      VALIDATOR_KEY: 'f00d'.repeat(16),
      MODEL_ENDPOINT: 'http://canary-user:canary-password@llm.local/v1',
    };
    const { config } = await loadConfig({ home: home(), environment });
    const full = JSON.stringify(config);
    assert.ok(
      canaries.every((canary) => full.includes(canary)),
      'the test holds every canary',
    );
    const shown = JSON.stringify(redact(config));
    assert.deepEqual(
      canaries.filter((canary) => shown.includes(canary)),
      [],
    );
    assert.match(shown, /"apiKey":"redacted"/);
    assert.match(shown, /llm\.local/);
    assert.deepEqual(redact(config).rpc, config.rpc);
  });

  it('redacts a seed that lacks a digit, and shows the path of a key', async () => {
    const shown = async (key: string) =>
      redact((await loadConfig({ home: home(), environment: { VALIDATOR_KEY: key } })).config).validatorKey;
    assert.equal(await shown('f00d'.repeat(16).slice(1)), 'redacted');
    assert.equal(await shown('/run/secrets/key.json'), '/run/secrets/key.json');
  });
});
