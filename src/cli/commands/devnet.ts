import { join, resolve } from 'node:path';
import { wholeNumber } from '../arguments.ts';
import { childEnvironment } from '../devnet/child-node.ts';
import { devnetHomes } from '../devnet/devnet-homes.ts';
import { runDevnet } from '../devnet/supervisor.ts';
import { examples } from '../examples.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandDefinition, Handler } from '../program.ts';
import { loadWithModel } from '../session.ts';
import { stopSignal } from '../stop-signal.ts';

interface DevnetFlags {
  validators?: number;
  basePort?: number;
  model?: string;
  untilEof?: boolean;
}

export const defineDevnet: CommandDefinition = (program, act) => {
  program
    .command('devnet')
    .description('run a network of validator processes on loopback until Ctrl-C; --home is its folder')
    .option('--validators <n>', 'number of validators (4)', wholeNumber(1, 256))
    .option('--base-port <port>', 'first of the ports, two for each validator', wholeNumber(1, 65_535))
    .option('--model <name>', 'the model of all validators; without it OPENAI_API_KEY is not used')
    .option('--until-eof', 'stop when standard input ends, for supervisors')
    .addHelpText(
      'after',
      examples(
        ['pheme devnet', 'four validators with embedded models'],
        ['pheme devnet --home net', 'the same network again'],
        ['pheme start --home net/validator-2', 'revives one that died'],
      ),
    )
    .action(act(devnet));
};

const devnet: Handler<DevnetFlags> = async (session, { validators: count, basePort, model, untilEof = false }) => {
  const { options, io, out } = session;
  const directory = options.home === undefined ? join(session.home, 'devnet') : resolve(options.home);
  const homes = await devnetHomes({ directory, count, basePort });
  const env = childEnvironment(io.env, model);
  for (const { home } of homes.validators) await loadWithModel({ home, environment: env }, model);
  out.note(`devnet in ${directory}`);
  const nodeArgs = options.logLevel === undefined ? [] : ['--log-level', options.logLevel];
  const signal = stopSignal(io, untilEof);
  await runDevnet({ directory, homes, env, nodeArgs, out, signal });
  return EXIT.ok;
};
