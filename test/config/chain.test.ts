import assert from 'node:assert/strict';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/load.ts';
import { useTempDirectory, writeFileMode } from './temp-home.ts';

describe('the section chain', () => {
  const home = useTempDirectory();
  const contract = `0x${'12'.repeat(20)}`;
  const load = async (text: string, mode = 0o600) => {
    await writeFileMode(join(home(), 'validator.yml'), text, mode);
    return (await loadConfig({ home: home(), environment: {} })).config.chain;
  };

  it('is off unless given, and has its defaults', async () => {
    const defaults = { batchMax: 256, batchMs: 60_000, confirmations: 12, feeMaxGwei: 200 };
    assert.deepEqual(await load('chain: {}'), defaults);
    const given = { rpcUrl: 'https://rpc.example', contract, chainId: 1, keyFile: 'chain-key' };
    assert.deepEqual(await load(`chain: ${JSON.stringify(given)}`), { ...defaults, ...given });
  });

  it('refuses half a section, two keys, and what YAML makes a number of', async () => {
    await assert.rejects(
      load('chain: {chainId: 1, keyFile: k}'),
      /chain\.rpcUrl: must be given.*chain\.contract: must/,
    );
    const place = `rpcUrl: "http://x", contract: "${contract}", chainId: 1`;
    await assert.rejects(load(`chain: {${place}}`), /chain\.keyFile: give this, or key/);
    await assert.rejects(load(`chain: {${place}, keyFile: k, key: "${'ab'.repeat(32)}"}`), /not both/);
    await assert.rejects(load(`chain: {rpcUrl: "http://x", contract: ${contract}}`), /put it in quotes/);
  });

  it('refuses a key in a file that others can read, and does not show it', async () => {
    const key = 'f00d'.repeat(16);
    const text = `chain: {rpcUrl: "http://x", contract: "${contract}", chainId: 1, key: "${key}"}`;
    await assert.rejects(
      load(text, 0o644),
      (error: Error) => /mode is 0644/.test(error.message) && !error.message.includes(key),
    );
  });
});
