import { loadEpochs } from '../../config/epochs.ts';
import { loadGenesis } from '../../config/home.ts';
import { homePaths } from '../../config/home-paths.ts';
import { describeKey } from '../../config/key.ts';
import { type Origin, originText } from '../../config/layer.ts';
import { assertModelAccess } from '../../config/load.ts';
import { redact } from '../../config/redact.ts';
import { assertSameRules, observerPolicy } from '../../config/rules.ts';
import { genesisWarnings } from '../../protocol/genesis.ts';
import { examples } from '../examples.ts';
import { EXIT } from '../exit-codes.ts';
import { table } from '../io.ts';
import type { CommandDefinition, Handler } from '../program.ts';

export const defineConfig: CommandDefinition = (program, act) => {
  const config = program
    .command('config')
    .description("a node's configuration")
    .addHelpText(
      'after',
      examples(['pheme config show', 'every setting'], ['pheme config check', 'whether start takes it']),
    );
  config
    .command('show')
    .description('every setting, and where it comes from: flag, variable, file and line, or default; secrets redacted')
    .addHelpText('after', examples(['pheme config show', 'a line for each setting']))
    .action(act(show));
  config
    .command('check')
    .description('everything that start would refuse, without starting')
    .addHelpText('after', examples(['pheme config check && pheme start', 'in a unit file']))
    .action(act(check));
};

const show: Handler<object> = async (session) => {
  const { config, origins } = await session.loadConfig();
  const shown = redact(config);
  const rows = [...origins].map(([path, origin]) => [path, valueText(shown, path), whereText(origin)]);
  session.out.json({ config: shown, origins: Object.fromEntries(origins) });
  session.out.line(`home  ${shown.home}`);
  session.out.lines(table(rows));
  return EXIT.ok;
};

function whereText(origin: Origin): string {
  return origin.source === 'flag' ? 'a flag' : originText(origin);
}

/** The value at a dotted path; model names may hold dots, so the longest key that fits is taken. */
function valueText(value: unknown, path: string): string {
  if (path === '') return typeof value === 'string' ? value : JSON.stringify(value);
  const keys = Object.keys(value as object).filter((key) => path === key || path.startsWith(`${key}.`));
  const key = keys.sort((a, b) => b.length - a.length)[0]!;
  return valueText((value as Record<string, unknown>)[key], path.slice(key.length + 1));
}

const check: Handler<object> = async (session) => {
  const { config, warnings } = await session.loadConfig();
  const { home, validatorKey } = config;
  const genesis = await loadGenesis(homePaths(home).genesis);
  const newest = (await loadEpochs(home, genesis)).at(-1)?.genesis ?? genesis;
  assertSameRules(config, newest);
  observerPolicy(config, newest);
  assertModelAccess(config);
  const { assertCustomModels } = await import('../../node/judges.ts'); // it knows the embedded models
  await assertCustomModels(config);
  const { publicKey } = await describeKey({ home, validatorKey });
  const member = newest.validators.some((validator) => validator.publicKey === publicKey);
  const notes = [
    ...warnings,
    ...genesisWarnings(newest),
    ...(member ? [] : ['the key is no validator of the network: this node can only observe']),
  ];
  session.out.json({ ok: true, home, warnings: notes });
  session.out.line(`ok  ${home}`);
  for (const note of notes) session.out.note(`note: ${note}`);
  return EXIT.ok;
};
