import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadApiToken, loadGenesis, loadRpcTokens, loadTokens } from '../../src/config/home.ts';
import { generateKey } from '../../src/config/key.ts';
import { loadConfig } from '../../src/config/load.ts';
import { createGenesis } from '../../src/config/testnet.ts';
import { genesisToJson } from '../../src/protocol/genesis.ts';
import { useTempDirectory, writeFileMode } from './temp-home.ts';

describe('config/home', () => {
  const home = useTempDirectory();

  describe('genesis', () => {
    const genesis = createGenesis([generateKey().publicKey, generateKey().publicKey], { kind: 'testnet' });
    const path = () => join(home(), 'genesis.json');
    const json = (changes: object = {}) => JSON.stringify({ ...genesisToJson(genesis), ...changes });
    const rules = genesisToJson(genesis)['validation'] as object;

    it('is read back as it was written', async () => {
      await writeFile(path(), json());
      assert.deepEqual(await loadGenesis(path()), genesis);
    });

    const broken: [string, () => string, RegExp][] = [
      ['no JSON', () => '{', /is not JSON/],
      ['a key twice', () => json().replace('"kind":', '"kind":"devnet",\n"kind":'), /holds a key twice \(line 2\)/],
      ['an unknown field', () => json({ extra: 1 }), /Unrecognized key/],
      [
        'a threshold out of range',
        () => json({ validation: { ...rules, consensusThreshold: '1.7' } }),
        /consensusThreshold must be a decimal from 0 to 1/,
      ],
      [
        'a threshold of a half',
        () => json({ validation: { ...rules, consensusThreshold: '0.5' } }),
        /consensusThreshold: must be above 0\.5/,
      ],
      [
        'more required than there are',
        () => json({ validation: { ...rules, requiredValidators: 3 } }),
        /requiredValidators: is 3, but there are 2/,
      ],
    ];
    for (const [what, text, message] of broken) {
      it(`is refused with ${what}`, async () => {
        await writeFile(path(), text());
        await assert.rejects(loadGenesis(path()), { code: 'INVALID_GENESIS', message });
      });
    }

    it('says where it should be', async () => {
      await assert.rejects(loadGenesis(path()), {
        code: 'NO_GENESIS',
        message: /there is no genesis at .*: run pheme init, or copy/,
      });
    });
  });

  describe('tokens', () => {
    const path = () => join(home(), 'api-token');
    const token = 'a1'.repeat(32);

    it('are read, white space around them left out', async () => {
      await writeFileMode(path(), ` ${token}\n\n`, 0o600);
      assert.equal(await loadApiToken(home()), token);
      await writeFileMode(join(home(), 'read'), `${token}\r\n${token}b\n`, 0o400);
      assert.deepEqual(await loadTokens(join(home(), 'read')), [token, `${token}b`]);
    });

    it('of the RPC are those of its two files', async () => {
      await writeFileMode(path(), token, 0o600);
      const { config } = await loadConfig({ home: home(), environment: {} });
      assert.deepEqual(await loadRpcTokens(config), { write: [token], read: [] });
      await writeFileMode(join(home(), 'readers'), `${token}1\n${token}2`, 0o600);
      const reading = await loadConfig({ home: home(), environment: { PHEME_RPC_READ_TOKEN_FILE: 'readers' } });
      assert.deepEqual(await loadRpcTokens(reading.config), { write: [token], read: [`${token}1`, `${token}2`] });
    });

    const broken: [string, string, number, string, RegExp][] = [
      ['readable by others', token, 0o640, 'TOKEN_FILE_MODE', /mode is 0640.*chmod 600/],
      ['short', 'a'.repeat(31), 0o600, 'INVALID_TOKEN', /at least 32 printable characters.*openssl rand -hex 32/],
      ['with a space', `${token} ${token}`, 0o600, 'INVALID_TOKEN', /does not hold tokens/],
      ['empty', '', 0o600, 'INVALID_TOKEN', /must hold one token on one line/],
      ['two', `${token}\n${token}`, 0o600, 'INVALID_TOKEN', /must hold one token on one line/],
    ];
    for (const [what, text, mode, code, message] of broken) {
      it(`are refused when ${what}`, async () => {
        await writeFileMode(path(), text, mode);
        await assert.rejects(loadApiToken(home()), { code, message });
      });
    }

    it('say where they should be', async () => {
      await assert.rejects(loadApiToken(home()), {
        code: 'NO_TOKEN',
        message: /there is no token file at .*api-token/,
      });
    });
  });
});
