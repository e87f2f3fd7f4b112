import { Argument } from 'commander';
import { bashScript } from '../completion/bash.ts';
import { fishScript } from '../completion/fish.ts';
import { type CommandWords, commandWords } from '../completion/words.ts';
import { examples } from '../examples.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandDefinition } from '../program.ts';

const SHELLS: Readonly<Record<string, (commands: readonly CommandWords[]) => string>> = {
  bash: bashScript,
  zsh: (commands) => `autoload -U +X bashcompinit && bashcompinit\n${bashScript(commands)}`,
  fish: fishScript,
};

export const defineCompletion: CommandDefinition = (program, act) => {
  program
    .command('completion')
    .description('print what makes a shell complete commands, flags and files')
    .addArgument(new Argument('<shell>', 'which shell').choices(Object.keys(SHELLS)))
    .addHelpText(
      'after',
      examples(
        ['source <(pheme completion bash)', 'in .bashrc; for zsh in .zshrc'],
        ['pheme completion fish > ~/.config/fish/completions/pheme.fish', 'for fish'],
      ),
    )
    .action(
      act(async ({ io }, _options, shell = '') => {
        io.stdout.write(SHELLS[shell]!(commandWords(program)));
        return EXIT.ok;
      }),
    );
};
