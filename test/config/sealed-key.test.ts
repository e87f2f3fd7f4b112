import assert from 'node:assert/strict';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bindKeyToData, describeKey, generateKey, loadKey, rebindKeyToData, resealKey } from '../../src/config/key.ts';
import { openSeed, SCRYPT_COST, type Sealed, sealedSchema, sealingKey, sealSeed } from '../../src/config/key-cipher.ts';
import { type PassphraseSource, writeKey } from '../../src/config/key-file.ts';
import { toHex } from '../../src/protocol/bytes.ts';
import type { ValidationError } from '../../src/protocol/errors.ts';
import { useTempDirectory } from './temp-home.ts';

/** The least that is accepted, so that a test takes milliseconds. */
const CHEAP = { n: 2 ** 14, r: 8, p: 1 };
const WORDS = 'correct horse battery staple';
const given =
  (text: string): PassphraseSource =>
  async () =>
    Buffer.from(text);

describe('config/key-file: a sealed key', () => {
  const home = useTempDirectory();
  const keyPath = () => join(home(), 'key.json');

  async function sealedKey(dataId: string | null = null) {
    const key = generateKey();
    await writeKey(keyPath(), { ...key, dataId });
    await resealKey({ home: home(), next: given(WORDS), cost: CHEAP });
    return key;
  }

  async function changed(change: (file: { sealed: Sealed } & Record<string, unknown>) => void) {
    const file = JSON.parse(await readFile(keyPath(), 'utf8')) as { sealed: Sealed } & Record<string, unknown>;
    change(file);
    await writeFile(keyPath(), JSON.stringify(file));
  }

  it('opens with its passphrase, and shows its public half without', async () => {
    const { publicKey, seed } = await sealedKey('store-1');
    const loaded = await loadKey({ home: home() }, given(WORDS));
    assert.deepEqual(
      [loaded.publicKey, toHex(loaded.seed), loaded.dataId, loaded.encrypted],
      [publicKey, toHex(seed), 'store-1', true],
    );
    assert.deepEqual(await describeKey({ home: home() }), {
      publicKey,
      dataId: 'store-1',
      path: keyPath(),
      encrypted: true,
    });
  });

  it('leaves nothing of the seed in the file or beside it, and keeps mode 0600', async () => {
    const { seed } = await sealedKey();
    assert.deepEqual(await readdir(home()), ['key.json']);
    assert.ok(!(await readFile(keyPath(), 'utf8')).includes(toHex(seed).slice(0, 16)));
    assert.equal((await stat(keyPath())).mode & 0o777, 0o600);
  });

  it('asks for half a second and 128 MiB a guess', async () => {
    assert.deepEqual(SCRYPT_COST, { n: 131_072, r: 8, p: 1 });
    const key = await sealingKey(Buffer.from(WORDS));
    const seed = generateKey().seed;
    const sealed = sealedSchema.parse(sealSeed(seed, key, Buffer.from('bound')));
    assert.equal(sealed.n, 131_072);
    assert.deepEqual(openSeed(sealed, key, Buffer.from('bound')), Buffer.from(seed));
    assert.equal(openSeed(sealed, key, Buffer.from('other')), undefined);
  });

  it('says what to do without a passphrase, and with a wrong one', async () => {
    const { seed } = await sealedKey();
    await assert.rejects(loadKey({ home: home() }), { code: 'PASSPHRASE_MISSING', message: /--passphrase-file/ });
    await assert.rejects(loadKey({ home: home() }, given(`${WORDS}!`)), (error: ValidationError) => {
      assert.equal(error.code, 'WRONG_PASSPHRASE');
      assert.match(error.message, /does not open .*key\.json: give the right one/);
      return ![toHex(seed), WORDS].some((secret) => JSON.stringify([error.message, error.details]).includes(secret));
    });
  });

  it('overwrites the passphrase that it was given', async () => {
    await sealedKey();
    const bytes = Buffer.from(WORDS);
    await loadKey({ home: home() }, async () => bytes);
    assert.ok(bytes.every((byte) => byte === 0));
  });

  const FLIPS: [string, (file: { sealed: Sealed } & Record<string, unknown>) => void][] = [
    ['public key', (file) => (file['publicKey'] = generateKey().publicKey)],
    ['data directory', (file) => (file['dataId'] = 'store-9')],
    ['salt', ({ sealed }) => (sealed.salt = flip(sealed.salt))],
    ['nonce', ({ sealed }) => (sealed.nonce = flip(sealed.nonce))],
    ['sealed seed', ({ sealed }) => (sealed.ciphertext = flip(sealed.ciphertext))],
    ['cost', ({ sealed }) => (sealed.n = 2 ** 15)],
  ];
  for (const [what, change] of FLIPS) {
    it(`does not open when its ${what} was changed`, async () => {
      await sealedKey('store-1');
      await changed(change);
      await assert.rejects(loadKey({ home: home() }, given(WORDS)), { code: 'WRONG_PASSPHRASE' });
    });
  }

  const COSTS: [string, Partial<Record<keyof Sealed, unknown>>][] = [
    ['a cost that would take gigabytes', { n: 2 ** 20 }],
    ['a cost that is worth nothing', { n: 2 ** 10 }],
    ['a cost that is no power of two', { n: 2 ** 16 + 1 }],
    ['a wide block', { r: 1024 }],
    ['endless passes', { p: 1_000_000 }],
    ['another cipher', { cipher: 'aes-128-ecb' }],
    ['another derivation', { kdf: 'md5' }],
    ['an unknown field', { note: 1 } as object],
  ];
  for (const [what, fields] of COSTS) {
    it(`refuses ${what}, before it derives anything`, async () => {
      await sealedKey();
      await changed(({ sealed }) => void Object.assign(sealed, fields));
      const asked: PassphraseSource = async () => assert.fail('it asked for the passphrase');
      await assert.rejects(loadKey({ home: home() }, asked), { code: 'INVALID_KEY' });
    });
  }

  it('takes another passphrase, and the old one no more', async () => {
    const { seed } = await sealedKey('store-1');
    const other = 'an entirely different one';
    await resealKey({ home: home(), old: given(WORDS), next: given(other), cost: CHEAP });
    assert.equal(toHex((await loadKey({ home: home() }, given(other))).seed), toHex(seed));
    await assert.rejects(loadKey({ home: home() }, given(WORDS)), { code: 'WRONG_PASSPHRASE' });
  });

  it('keeps the old file whole where no new passphrase comes', async () => {
    await sealedKey();
    const before = await readFile(keyPath(), 'utf8');
    const refusing: PassphraseSource = async () => {
      throw new Error('went away');
    };
    await assert.rejects(resealKey({ home: home(), old: given(WORDS), next: refusing }), /went away/);
    assert.equal(await readFile(keyPath(), 'utf8'), before);
  });

  it('is bound to its data directory sealed as it was, under a nonce of its own', async () => {
    await sealedKey();
    const before = JSON.parse(await readFile(keyPath(), 'utf8')) as { sealed: Sealed };
    assert.equal(await bindKeyToData(await loadKey({ home: home() }, given(WORDS)), 'store-1'), 'first');
    const after = JSON.parse(await readFile(keyPath(), 'utf8')) as { sealed: Sealed };
    assert.notEqual(after.sealed.nonce, before.sealed.nonce);
    assert.equal(await bindKeyToData(await loadKey({ home: home() }, given(WORDS)), 'store-1'), 'same');
  });

  it('is not written over in the clear by a node that read it before it was sealed', async () => {
    await writeKey(keyPath(), { ...generateKey(), dataId: 'store-1' });
    const running = await loadKey({ home: home() });
    await resealKey({ home: home(), next: given(WORDS), cost: CHEAP });
    await assert.rejects(rebindKeyToData(running, 'store-2'), { code: 'KEY_CHANGED' });
    assert.equal((await describeKey({ home: home() })).encrypted, true);
  });

  it('is none where VALIDATOR_KEY is the seed', async () => {
    const place = { home: home(), validatorKey: toHex(generateKey().seed) };
    await assert.rejects(resealKey({ ...place, next: given(WORDS) }), { code: 'NO_KEY_FILE' });
  });
});

function flip(hex: string): string {
  return (hex[0] === '0' ? '1' : '0') + hex.slice(1);
}
