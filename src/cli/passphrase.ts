import { resolve } from 'node:path';
import type { Command } from 'commander';
import { assertPrivate, readSmallFile } from '../config/files.ts';
import { type PassphraseSource, passphraseMissing } from '../config/key-file.ts';
import { ValidationError } from '../protocol/errors.ts';
import type { Io } from './io.ts';
import { askHidden } from './prompt.ts';

export interface PassphraseFlags {
  passphraseFile?: string;
}

/** Shorter ones are guessed however slow a guess is made. */
const NEW_CHARS_MIN = 10;

export function passphraseOption(command: Command): Command {
  return command.option(
    '--passphrase-file <file>',
    'the passphrase of an encrypted key (else PHEME_PASSPHRASE_FILE, else PHEME_PASSPHRASE, else asked for)',
  );
}

/** The passphrase of a key that is sealed: from the flag, the environment, or the terminal. */
export function presentPassphrase(io: Io, { passphraseFile }: PassphraseFlags): PassphraseSource {
  return async (keyPath) => {
    const given = await givenPassphrase(io, passphraseFile);
    if (given !== undefined) return Buffer.from(given);
    if (!io.stdin.isTTY) throw passphraseMissing(keyPath);
    return Buffer.from(normal(await askHidden(io, `passphrase of ${keyPath}: `)));
  };
}

/** The same where nobody shall be asked; undefined if none is given. */
export function givenPassphraseOnly(io: Io, flags: PassphraseFlags): PassphraseSource | undefined {
  const given = flags.passphraseFile || io.env['PHEME_PASSPHRASE_FILE'] || io.env['PHEME_PASSPHRASE'];
  return given ? presentPassphrase(io, flags) : undefined;
}

/** A new passphrase: from a file, or asked for twice at the terminal. */
export function newPassphrase(io: Io, file: string | undefined, flag: string): PassphraseSource {
  return async () => {
    const chosen = file === undefined ? await typedTwice(io, flag) : await passphraseIn(file);
    if ([...chosen].length >= NEW_CHARS_MIN) return Buffer.from(chosen);
    throw new ValidationError(
      `a passphrase needs at least ${NEW_CHARS_MIN} characters, better four or five random words: choose a longer one`,
      'WEAK_PASSPHRASE',
    );
  };
}

async function typedTwice(io: Io, flag: string): Promise<string> {
  if (!io.stdin.isTTY)
    throw new ValidationError(
      `there is no terminal to ask for the new passphrase: give it with ${flag} FILE`,
      'PASSPHRASE_MISSING',
    );
  const first = normal(await askHidden(io, 'new passphrase: '));
  const second = normal(await askHidden(io, 'the same again: '));
  if (first === second) return first;
  throw new ValidationError('the two passphrases differ: nothing was changed, try again', 'USAGE');
}

async function givenPassphrase({ env }: Io, flag: string | undefined): Promise<string | undefined> {
  const file = flag ?? (env['PHEME_PASSPHRASE_FILE'] || undefined);
  if (file !== undefined) return passphraseIn(file);
  const word = env['PHEME_PASSPHRASE'];
  return word === undefined || word === '' ? undefined : normal(word);
}

/** The first line of a file that only its owner can read. */
async function passphraseIn(file: string): Promise<string> {
  const path = resolve(file);
  const text = await readSmallFile(path);
  if (text === undefined)
    throw new ValidationError(`there is no passphrase file at ${path}: write it, mode 0600`, 'PASSPHRASE_MISSING', {
      path,
    });
  await assertPrivate(path);
  const [line = '', ...more] = text.split(/\r?\n/);
  if (line !== '' && more.every((rest) => rest === '')) return normal(line);
  throw new ValidationError(`${path} must hold the passphrase on one line`, 'PASSPHRASE_MISSING', { path });
}

/** Keyboards differ in how they send the same letter. */
function normal(passphrase: string): string {
  return passphrase.normalize('NFC');
}
