import { access, mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { homePaths } from '../../config/home-paths.ts';
import { generateKey, loadKey, peerIdOf, writeKey } from '../../config/key.ts';
import { ValidationError } from '../../protocol/errors.ts';
import { examples } from '../examples.ts';
import { EXIT } from '../exit-codes.ts';
import type { Output } from '../io.ts';
import type { CommandDefinition, Handler } from '../program.ts';

export const defineKeys: CommandDefinition = (program, act) => {
  const keys = program.command('keys').description("the home's signing key");
  keys.command('show').description('public key, peer id and file; never the secret').action(act(show));
  keys
    .command('generate')
    .description('draw a new key; never replaces one')
    .option('--output <file>', "the key file (else the home's key.json)")
    .addHelpText('after', examples(['pheme keys generate --output key.json', 'for a genesis made elsewhere']))
    .action(act(generate));
};

const show: Handler<object> = async (session) => {
  const { config } = await session.loadConfig();
  const { validatorKey } = config;
  const { publicKey, seed, path } = await loadKey({
    home: config.home,
    ...(validatorKey === undefined ? {} : { validatorKey }),
  });
  print(session.out, { publicKey, peerId: await peerIdOf(seed), path });
  return EXIT.ok;
};

const generate: Handler<{ output?: string }> = async ({ home, out }, { output }) => {
  const path = resolve(output ?? homePaths(home).key);
  if (await exists(path)) {
    throw new ValidationError(
      `${path} exists: move it away first; a key that has signed must not be lost`,
      'KEY_EXISTS',
      { path },
    );
  }
  const key = generateKey();
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeKey(path, { ...key, dataId: null });
  print(out, { publicKey: key.publicKey, peerId: await peerIdOf(key.seed), path });
  return EXIT.ok;
};

function print(out: Output, shown: { publicKey: string; peerId: string; path: string }): void {
  out.json(shown);
  out.line(`public key  ${shown.publicKey}`);
  out.line(`peer id     ${shown.peerId}`);
  out.line(`file        ${shown.path}`);
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
