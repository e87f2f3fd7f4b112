import assert from 'node:assert/strict';
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { peerIdFromString } from '@libp2p/peer-id';
import { bindKeyToData, generateKey, loadKey, peerIdOf, rebindKeyToData } from '../../src/config/key.ts';
import { KEY_FORMAT, writeKey } from '../../src/config/key-file.ts';
import { toHex } from '../../src/protocol/bytes.ts';
import type { ValidationError } from '../../src/protocol/errors.ts';
import { useTempDirectory, writeFileMode } from './temp-home.ts';

describe('config/key', () => {
  const home = useTempDirectory();
  const keyPath = () => join(home(), 'key.json');

  it('writes a key that only its owner can read, and loads it back', async () => {
    const key = generateKey();
    await writeKey(keyPath(), { ...key, dataId: null });
    assert.equal((await stat(keyPath())).mode & 0o777, 0o600);
    const loaded = await loadKey({ home: home() });
    assert.deepEqual([loaded.publicKey, toHex(loaded.seed), loaded.dataId], [key.publicKey, toHex(key.seed), null]);
  });

  it("gives the peer id whose key is the validator's", async () => {
    const { publicKey } = generateKey();
    const peerId = peerIdFromString(await peerIdOf(publicKey));
    assert.equal(toHex(peerId.publicKey!.raw), publicKey);
  });

  for (const mode of [0o601, 0o610, 0o620, 0o604, 0o640, 0o644, 0o660, 0o666, 0o777]) {
    it(`refuses a key file of mode ${mode.toString(8)}, with the remedy`, async () => {
      const key = generateKey();
      await writeKey(keyPath(), { ...key, dataId: null });
      await chmod(keyPath(), mode);
      await assert.rejects(loadKey({ home: home() }), (error: ValidationError) => {
        assert.equal(error.code, 'KEY_FILE_MODE');
        assert.match(error.message, new RegExp(`mode is 0${mode.toString(8)}.*run chmod 600 ${keyPath()}`));
        return !JSON.stringify([error.message, error.details]).includes(toHex(key.seed));
      });
    });
  }

  for (const mode of [0o600, 0o400, 0o700]) {
    it(`accepts a key file of mode ${mode.toString(8)}`, async () => {
      const key = generateKey();
      await writeKey(keyPath(), { ...key, dataId: null });
      await chmod(keyPath(), mode);
      assert.equal((await loadKey({ home: home() })).publicKey, key.publicKey);
    });
  }

  const canary = 'c'.repeat(64);
  const form = (changes: object) =>
    JSON.stringify({ format: KEY_FORMAT, publicKey: 'a'.repeat(64), seed: canary, dataId: null, ...changes });
  const broken: [string, string, RegExp][] = [
    ['no JSON', `{"seed": "${canary}", `, /key\.json is not JSON: correct it or restore it/],
    ['a key twice', `{"seed": "${canary}", "seed": "${canary}"}`, /holds a key twice/],
    ['another format', form({ format: 'pheme-key/9' }), /format/],
    ['a short seed', form({ seed: canary.slice(2) }), /seed must be 64 lower-case hex digits/],
    ['an unknown field', form({ note: 1 }), /Unrecognized key/],
    ['a public key of another seed', form({}), /publicKey does not belong to its seed/],
    ['a missing data id', form({ dataId: undefined }), /dataId/],
  ];
  for (const [what, text, message] of broken) {
    it(`refuses a key file with ${what}, without showing what stands there`, async () => {
      await writeFileMode(keyPath(), text, 0o600);
      await assert.rejects(loadKey({ home: home() }), (error: ValidationError) => {
        assert.equal(error.code, 'INVALID_KEY');
        assert.match(error.message, message);
        return !JSON.stringify([error.message, error.details, String(error.cause)]).includes(canary.slice(0, 40));
      });
    });
  }

  it('says where a key should be', async () => {
    await assert.rejects(loadKey({ home: home() }), {
      code: 'NO_KEY',
      message: `there is no key at ${keyPath()}: run pheme init, or set VALIDATOR_KEY`,
    });
  });

  it('takes VALIDATOR_KEY as a path, or as the seed', async () => {
    const { publicKey, seed } = generateKey();
    const path = join(home(), 'elsewhere.json');
    await writeKey(path, { publicKey, seed, dataId: 'd1' });
    for (const given of [path, 'elsewhere.json']) {
      assert.equal((await loadKey({ home: home(), validatorKey: given })).dataId, 'd1');
    }
    for (const text of [toHex(seed), toHex(seed).toUpperCase()]) {
      assert.equal((await loadKey({ home: home(), validatorKey: text })).publicKey, publicKey);
    }
    const short = toHex(seed).slice(1);
    await assert.rejects(loadKey({ home: home(), validatorKey: short }), (error: ValidationError) => {
      return error.code === 'INVALID_KEY' && /has 63 hex digits/.test(error.message) && !error.message.includes(short);
    });
  });

  it('binds a key to its data directory, durably and once', async () => {
    await writeKey(keyPath(), { ...generateKey(), dataId: null });
    const key = await loadKey({ home: home() });
    assert.equal(await bindKeyToData(key, 'store-1'), 'first');
    assert.equal(await bindKeyToData(await loadKey({ home: home() }), 'store-1'), 'same');
    assert.equal(await bindKeyToData(await loadKey({ home: home() }), 'store-2'), 'other');
    assert.equal((await loadKey({ home: home() })).dataId, 'store-1');
    await rebindKeyToData(await loadKey({ home: home() }), 'store-2');
    assert.equal((await loadKey({ home: home() })).dataId, 'store-2');
    assert.equal((await stat(keyPath())).mode & 0o777, 0o600);
  });

  it('binds a seed of the environment by a file of the home, which never holds the seed', async () => {
    const { seed } = generateKey();
    const given = { home: home(), validatorKey: toHex(seed) };
    assert.equal(await bindKeyToData(await loadKey(given), 'store-1'), 'first');
    assert.equal(await bindKeyToData(await loadKey(given), 'store-1'), 'same');
    assert.equal(await bindKeyToData(await loadKey(given), 'store-2'), 'other');
    const text = await readFile(join(home(), 'key-binding.json'), 'utf8');
    assert.ok(!text.includes(toHex(seed)));
    const other = toHex(generateKey().seed);
    await assert.rejects(loadKey({ home: home(), validatorKey: other }), /belongs to another key than VALIDATOR_KEY/);
    await writeFile(join(home(), 'key-binding.json'), '{}');
    await assert.rejects(loadKey(given), { code: 'INVALID_KEY' });
  });
});
