import { ValidationError } from '../../protocol/errors.ts';
import { examples } from '../examples.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandDefinition, Handler } from '../program.ts';
import { findHook, HOOK_SCRIPT, type HookPlace, type HookState, removeHook, writeHook } from '../review/hook-file.ts';
import type { Session } from '../session.ts';

interface InstallFlags {
  replace?: boolean;
}

const FOLDER = ['[repository]', 'a folder of the git repository', '.'] as const;

const WORDS: Readonly<Record<HookState, string>> = {
  absent: 'there is no pre-push hook',
  installed: 'the pre-push hook of pheme is installed',
  'not executable': 'the pre-push hook of pheme is not executable, so git does not run it: pheme hook install mends it',
  other: 'the pre-push hook is one of pheme, of another version or edited: pheme hook install --replace renews it',
  foreign: "the pre-push hook is not pheme's: pheme hook install says how to run both",
};

export const defineHook: CommandDefinition = (program, act) => {
  const hook = program
    .command('hook')
    .description('the git hook that has every push reviewed before it leaves')
    .addHelpText(
      'after',
      examples(['pheme hook install', 'in this repository'], ['pheme hook status', 'exit 1 without']),
    );
  hook
    .command('install')
    .description("put the pre-push hook into a repository, where git looks for it; never over somebody else's")
    .argument(...FOLDER)
    .option('--replace', "also in place of pheme's hook of another version, or edited")
    .addHelpText('after', examples(['pheme hook install', 'in this repository'], ['pheme hook install ../shop', '']))
    .action(act(install));
  hook
    .command('uninstall')
    .description("take pheme's pre-push hook away; never somebody else's")
    .argument(...FOLDER)
    .addHelpText('after', examples(['pheme hook uninstall', 'from this repository']))
    .action(act(uninstall));
  hook
    .command('status')
    .description('whether the hook is there and will run; exit 1 if not')
    .argument(...FOLDER)
    .addHelpText('after', examples(['pheme hook status --json', 'for programs']))
    .action(act(status));
};

const install: Handler<InstallFlags> = async (session, { replace = false }, folder = '.') => {
  const place = await findHook(session.io, folder);
  const { path, state, isShared } = place;
  if (state === 'foreign') throw foreignHook(path);
  if (state === 'other' && !replace)
    throw new ValidationError(`${path}: ${WORDS.other}; its changes are lost then`, 'HOOK_EXISTS', { path });
  if (state !== 'installed') await writeHook(place);
  if (isShared) session.out.note(`core.hooksPath leads to ${path}: every repository that uses this folder runs it`);
  return show(session, { ...place, state: 'installed' });
};

const uninstall: Handler<object> = async (session, _flags, folder = '.') => {
  const place = await findHook(session.io, folder);
  if (place.state === 'foreign')
    throw new ValidationError(`${place.path} is not pheme's: remove it yourself`, 'HOOK_EXISTS', { path: place.path });
  if (place.state !== 'absent') await removeHook(place);
  return show(session, { ...place, state: 'absent' });
};

const status: Handler<object> = async (session, _flags, folder = '.') => {
  const place = await findHook(session.io, folder);
  show(session, place);
  return place.state === 'installed' ? EXIT.ok : EXIT.rejected;
};

function show({ out }: Session, { path, state, isShared }: HookPlace) {
  out.json({ path, state, shared: isShared });
  out.line(`${WORDS[state]} (${path})`);
  return EXIT.ok;
}

/** Both hooks need what git says on standard input, so it is kept and given to each. */
function foreignHook(path: string): ValidationError {
  const lines = [
    `${path} is there and is not pheme's: it stays as it is. To run both, rename it to pre-push.first and make this pre-push, executable:`,
    '#!/bin/sh',
    'refs=$(cat)',
    `printf '%s\\n' "$refs" | "$(dirname "$0")/pre-push.first" "$@" || exit`,
    `printf '%s\\n' "$refs" | '${HOOK_SCRIPT.replaceAll("'", `'\\''`)}' "$@"`,
  ];
  return new ValidationError(lines.join('\n'), 'HOOK_EXISTS', { path });
}
