import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/load.ts';

describe('custom models in the configuration', () => {
  let home: string;
  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'pheme-config-'));
  });
  after(() => rm(home, { recursive: true, force: true }));

  async function load(text: string, environment: Record<string, string> = {}) {
    await writeFile(join(home, 'validator.yml'), text);
    return (await loadConfig({ home, environment })).config;
  }

  it('have a file, by default that of their name, and are no endpoint', async () => {
    const { models, defaultModel } = await load(
      'models:\n  house: { provider: custom }\n  other: { provider: custom, file: /srv/other.json, fallbacks: [house] }\n',
      { DEFAULT_MODEL: 'other', OPENAI_API_KEY: 'sk-none' },
    );
    assert.equal(defaultModel, 'other');
    assert.deepEqual(
      Object.values(models).map(({ provider, file, model, apiKey }) => ({ provider, file, model, apiKey })),
      [
        { provider: 'custom', file: '/srv/other.json', model: undefined, apiKey: undefined },
        { provider: 'custom', file: 'models/house.json', model: undefined, apiKey: undefined },
      ],
    );
  });

  const FAULTS: [string, RegExp][] = [
    ['house: { provider: custom, variant: rules }', /models\.house\.variant: is for provider embedded only/],
    [
      'house: { provider: custom, model: gpt-4 }',
      /models\.house\.model: is for provider openai only: remove it or the provider/,
    ],
    ['gpt4: { file: models/gpt4.json }', /models\.gpt4\.file: is for provider custom only/],
    ['rules: { file: models/rules.json }', /models\.rules\.file: is for provider custom only/],
    ['house: { provider: own }', /models\.house\.provider: must be embedded, openai, custom or instant/],
    ['house: { provider: custom, fallbacks: [none] }', /models\.house\.fallbacks: names none/],
  ];
  for (const [entry, message] of FAULTS) {
    it(`refuses ${entry}`, () => assert.rejects(load(`models:\n  ${entry}\n`), { code: 'INVALID_CONFIG', message }));
  }
});
