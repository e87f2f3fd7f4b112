import { access, mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { homePaths } from '../../config/home-paths.ts';
import { describeKey, generateKey, loadKey, peerIdOf, resealKey } from '../../config/key.ts';
import { sealingKey } from '../../config/key-cipher.ts';
import { type KeyFacts, writeKey } from '../../config/key-file.ts';
import { deriveSigner } from '../../protocol/derived-key.ts';
import { ValidationError } from '../../protocol/errors.ts';
import { webhookKeyText } from '../../protocol/webhook.ts';
import { examples } from '../examples.ts';
import { EXIT } from '../exit-codes.ts';
import { newPassphrase, type PassphraseFlags, passphraseOption, presentPassphrase } from '../passphrase.ts';
import type { CommandDefinition, Handler } from '../program.ts';
import type { Session } from '../session.ts';

interface GenerateFlags extends PassphraseFlags {
  output?: string;
  encrypt?: boolean;
}

interface ChangeFlags extends PassphraseFlags {
  newPassphraseFile?: string;
}

const NEW_FILE = 'the new passphrase on one line, mode 0600 (else asked for twice)';

export const defineKeys: CommandDefinition = (program, act) => {
  const keys = program
    .command('keys')
    .description("the home's signing key")
    .addHelpText('after', examples(['pheme keys show', 'public key and peer id'], ['pheme keys encrypt', 'seal it']));
  keys
    .command('show')
    .description('public key, peer id and file; never the secret')
    .addHelpText('after', examples(['pheme keys show --json', 'for a genesis made elsewhere']))
    .action(act(show));
  keys
    .command('generate')
    .description('draw a new key; never replaces one')
    .option('--output <file>', "the key file (else the home's key.json)")
    .option('--encrypt', 'seal it with a passphrase at once')
    .option('--passphrase-file <file>', NEW_FILE)
    .addHelpText('after', examples(['pheme keys generate --output key.json', 'for a genesis made elsewhere']))
    .action(act(generate));
  keys
    .command('encrypt')
    .description('seal the key file with a passphrase, which start then asks for')
    .option('--passphrase-file <file>', NEW_FILE)
    .addHelpText(
      'after',
      examples(
        ['pheme keys encrypt', 'asks for the passphrase, twice'],
        ['pheme keys encrypt --passphrase-file /run/secrets/key', 'takes it from a file'],
      ),
    )
    .action(act(encrypt));
  passphraseOption(keys.command('change-passphrase').description('seal the key file with another passphrase'))
    .option('--new-passphrase-file <file>', NEW_FILE)
    .addHelpText('after', examples(['pheme keys change-passphrase', 'asks for the old one, then twice for the new']))
    .action(act(changePassphrase));
};

const show: Handler<object> = async (session) => {
  const { config } = await session.loadConfig();
  const facts = await describeKey(config);
  // What is derived from a sealed key is behind its passphrase; a running node tells its receivers by signing.
  const webhookKey = facts.encrypted
    ? null
    : webhookKeyText(deriveSigner((await loadKey(config)).seed, 'webhook').publicKey);
  return print(session, facts, { webhookKey });
};

const generate: Handler<GenerateFlags> = async (session, { output, encrypt: sealed, passphraseFile }) => {
  const path = resolve(output ?? homePaths(session.home).key);
  if (await exists(path)) {
    throw new ValidationError(
      `${path} exists: move it away first; a key that has signed must not be lost`,
      'KEY_EXISTS',
      { path },
    );
  }
  const sealing = sealed
    ? await sealingKey(await newPassphrase(session.io, passphraseFile, '--passphrase-file')(path))
    : undefined;
  const { publicKey, seed } = generateKey();
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeKey(path, { publicKey, seed, dataId: null, sealing });
  return print(session, { publicKey, dataId: null, path, encrypted: sealing !== undefined });
};

const encrypt: Handler<PassphraseFlags> = async (session, { passphraseFile }) => {
  const { config } = await session.loadConfig();
  const { encrypted, path } = await describeKey(config);
  if (encrypted)
    throw new ValidationError(`${path} is encrypted already: use pheme keys change-passphrase`, 'KEY_ENCRYPTED', {
      path,
    });
  const next = newPassphrase(session.io, passphraseFile, '--passphrase-file');
  const facts = await resealKey({ ...placeOf(config), next });
  session.out.note('copies of the old file, in backups too, hold the key in the clear: remove them');
  return print(session, facts);
};

const changePassphrase: Handler<ChangeFlags> = async (session, { newPassphraseFile, ...flags }) => {
  const { config } = await session.loadConfig();
  const { encrypted, path } = await describeKey(config);
  if (!encrypted)
    throw new ValidationError(`${path} is not encrypted: use pheme keys encrypt`, 'KEY_NOT_ENCRYPTED', { path });
  const old = presentPassphrase(session.io, flags);
  const next = newPassphrase(session.io, newPassphraseFile, '--new-passphrase-file');
  return print(session, await resealKey({ ...placeOf(config), old, next }));
};

function placeOf({ home, validatorKey }: { home: string; validatorKey?: string }) {
  return { home, validatorKey };
}

async function print(
  { out }: Session,
  { publicKey, path, encrypted }: KeyFacts,
  derived: { webhookKey?: string | null } = {},
) {
  const peerId = await peerIdOf(publicKey);
  out.json({ publicKey, peerId, path, encrypted, ...derived });
  out.line(`public key  ${publicKey}`);
  out.line(`peer id     ${peerId}`);
  out.line(`file        ${path}${encrypted ? ', encrypted' : ''}`);
  if (derived.webhookKey) out.line(`webhooks    ${derived.webhookKey}`);
  return EXIT.ok;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
