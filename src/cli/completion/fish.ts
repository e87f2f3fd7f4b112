import { quoted } from './bash.ts';
import type { CommandWords, OptionWords } from './words.ts';

/** Lines of fish's `complete`. */
export function fishScript(commands: readonly CommandWords[]): string {
  const lines = commands.flatMap((command) => {
    const when = quoted(conditionOf(command));
    return [
      ...(command.takesFile ? [] : [`complete -c pheme -n ${when} -f`]),
      ...command.commands.map(
        ({ name, description }) => `complete -c pheme -n ${when} -a ${name} -d ${quoted(description)}`,
      ),
      ...command.options.map((option) => optionLine(when, option)),
    ];
  });
  return `# Completion of pheme for fish: pheme completion fish | source\n${lines.join('\n')}\n`;
}

function conditionOf({ path, commands }: CommandWords): string {
  if (path === '') return '__fish_use_subcommand';
  const seen = path.split(' ').map((word) => `__fish_seen_subcommand_from ${word}`);
  const inner = commands.map(({ name }) => name).join(' ');
  return [...seen, ...(inner === '' ? [] : [`not __fish_seen_subcommand_from ${inner}`])].join('; and ');
}

function optionLine(when: string, { long, description, value, words }: OptionWords): string {
  const takes = { file: ' -r -F', folder: " -r -a '(__fish_complete_directories)'", other: ' -x' } as const;
  const rest = value === undefined ? '' : value === 'words' ? ` -x -a ${quoted(words.join(' '))}` : takes[value];
  return `complete -c pheme -n ${when} -l ${long.slice(2)} -d ${quoted(description)}${rest}`;
}
