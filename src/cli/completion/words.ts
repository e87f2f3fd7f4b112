import type { Command, Option } from 'commander';

/** What can follow on a command line: the program as data, for the shells' own languages. */
export interface CommandWords {
  /** From the program's name on, e.g. `keys show`; empty for the program itself. */
  path: string;
  commands: { name: string; description: string }[];
  options: OptionWords[];
  /** True if an argument is a file. */
  takesFile: boolean;
}

export interface OptionWords {
  long: string;
  description: string;
  /** Undefined for a flag without a value; `words` for one of a list. */
  value?: 'file' | 'folder' | 'words' | 'other';
  words: readonly string[];
}

/** Names of values, as the help shows them, that stand for something on the disk. */
const FILES = /^(?:file|diff|task|tasks|data|result|submission|.*\.json|.*\.jsonl)$/;
const FOLDERS = /^(?:folder|directory|dir)$/;

/** Every command of a program, with all that can follow it. */
export function commandWords(program: Command, path: readonly string[] = []): CommandWords[] {
  const commands = program.commands.filter((command) => command.name() !== 'help');
  const own: CommandWords = {
    path: path.join(' '),
    commands: commands.map((command) => ({ name: command.name(), description: command.description() })),
    options: [...program.options, ...inherited(program)].map(optionWords).concat(HELP),
    takesFile: program.registeredArguments.some((argument) => FILES.test(argument.name())),
  };
  return [own, ...commands.flatMap((command) => commandWords(command, [...path, command.name()]))];
}

const HELP: OptionWords = { long: '--help', description: 'display help for command', words: [] };

function inherited(command: Command): Option[] {
  return command.parent === null ? [] : [...command.parent.options, ...inherited(command.parent)];
}

function optionWords({ long, flags, description, argChoices }: Option): OptionWords {
  const placeholder = /[<[]([^\]>]+?)(?:\.\.\.)?[\]>]/.exec(flags)?.[1];
  const option = { long: long!, description, words: argChoices ?? [] };
  return placeholder === undefined ? option : { ...option, value: kindOf(placeholder, argChoices) };
}

function kindOf(placeholder: string, choices: readonly string[] | undefined): NonNullable<OptionWords['value']> {
  if (choices !== undefined) return 'words';
  if (FOLDERS.test(placeholder)) return 'folder';
  return FILES.test(placeholder) ? 'file' : 'other';
}
