import { randomBytes } from 'node:crypto';
import { access, mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { EpochChange } from '../protocol/epoch-change.ts';
import { ValidationError } from '../protocol/errors.ts';
import { type Genesis, genesisToJson, parseGenesis } from '../protocol/genesis.ts';
import { epochPath, epochText } from './epochs.ts';
import { assertPrivate, parseJsonFile, readSmallFile, writeFileAtomic } from './files.ts';
import { homePaths } from './home-paths.ts';
import { writeKey } from './key-file.ts';
import type { Config } from './load.ts';

const TOKEN_BYTES = 32;
/** Shorter ones could be guessed at the RPC's rate. */
const TOKEN_CHARS_MIN = 32;
/** Read-only tokens of one node; each is compared on every call. */
const READ_TOKENS_MAX = 32;

/** Reads and checks a genesis file. @throws ValidationError NO_GENESIS, INVALID_GENESIS */
export async function loadGenesis(path: string): Promise<Genesis> {
  const text = await readSmallFile(path);
  if (text !== undefined) return parseGenesis(parseJsonFile(text, path, 'INVALID_GENESIS'));
  const remedy = 'run pheme init, or copy the genesis.json of the network there';
  throw new ValidationError(`there is no genesis at ${path}: ${remedy}`, 'NO_GENESIS', { path });
}

/** What a home is made of. */
export interface NewHome {
  home: string;
  genesis: Genesis;
  /** Those since the genesis, from epoch 1, checked by the caller. */
  changes?: readonly EpochChange[];
  key: { publicKey: string; seed: Uint8Array };
  /** Text of validator.yml. */
  configText: string;
}

/**
 * Writes configuration, genesis, key and token; what is a home already is never written over.
 * @throws ValidationError HOME_EXISTS
 */
export async function writeHome({ home, genesis, changes = [], key, configText }: NewHome): Promise<void> {
  const paths = homePaths(home);
  await assertVacant(home);
  await mkdir(home, { recursive: true, mode: 0o700 });
  await mkdir(paths.data, { recursive: true, mode: 0o700 });
  await writeFileAtomic(paths.genesis, `${JSON.stringify(genesisToJson(genesis), null, 2)}\n`);
  if (changes.length > 0) await mkdir(paths.epochs, { recursive: true, mode: 0o700 });
  for (const change of changes) await writeFileAtomic(epochPath(home, change.epoch), epochText(change));
  await writeFileAtomic(paths.config, configText);
  await writeFileAtomic(paths.apiToken, `${randomBytes(TOKEN_BYTES).toString('hex')}\n`, 0o600);
  await writeKey(paths.key, { ...key, dataId: null }); // last: a home with a key is complete
}

/** @throws ValidationError HOME_EXISTS if a key, a genesis or data are there */
export async function assertVacant(home: string): Promise<void> {
  const { key, genesis, data } = homePaths(home);
  for (const path of [key, genesis, data]) {
    if (!(await exists(path))) continue;
    throw new ValidationError(
      `${home} is a home already (${path}): choose another --home, or move it away`,
      'HOME_EXISTS',
      { path },
    );
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** The token that allows everything. @throws ValidationError NO_TOKEN, TOKEN_FILE_MODE, INVALID_TOKEN */
export async function loadApiToken(home: string, tokenFile = 'api-token'): Promise<string> {
  const [token, ...more] = await loadTokens(resolve(home, tokenFile));
  if (token !== undefined && more.length === 0) return token;
  const path = resolve(home, tokenFile);
  throw new ValidationError(`${path} must hold one token on one line`, 'INVALID_TOKEN', { path });
}

/** Tokens of a file, one a line. @throws ValidationError NO_TOKEN, TOKEN_FILE_MODE, INVALID_TOKEN */
export async function loadTokens(path: string): Promise<string[]> {
  const text = await readSmallFile(path);
  if (text === undefined)
    throw new ValidationError(`there is no token file at ${path}: run pheme init, or give --token-file`, 'NO_TOKEN', {
      path,
    });
  await assertPrivate(path, 'TOKEN_FILE_MODE');
  const tokens = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const plain = tokens.every((token) => token.length >= TOKEN_CHARS_MIN && /^[\x21-\x7e]+$/.test(token));
  if (plain && tokens.length <= READ_TOKENS_MAX) return tokens;
  const remedy = `give at most ${READ_TOKENS_MAX} lines of one token each, at least ${TOKEN_CHARS_MIN} printable characters without spaces (openssl rand -hex 32)`;
  throw new ValidationError(`${path} does not hold tokens: ${remedy}`, 'INVALID_TOKEN', { path });
}

/**
 * The tokens that the node's RPC accepts: those of `rpc.tokenFile` and, where it is set, `rpc.readTokenFile`.
 * @throws ValidationError NO_TOKEN, TOKEN_FILE_MODE, INVALID_TOKEN
 */
export async function loadRpcTokens({
  home,
  rpc,
}: Pick<Config, 'home' | 'rpc'>): Promise<{ write: string[]; read: string[] }> {
  const write = [await loadApiToken(home, rpc.tokenFile)];
  const read = rpc.readTokenFile === undefined ? [] : await loadTokens(resolve(home, rpc.readTokenFile));
  return { write, read };
}
