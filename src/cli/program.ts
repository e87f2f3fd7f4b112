import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { LOG_LEVELS } from '../config/schema.ts';
import { similarTo } from '../config/similar.ts';
import { ValidationError } from '../protocol/errors.ts';
import { commandsOf } from './commands/index.ts';
import { EXIT, type ExitCode, exitOfError } from './exit-codes.ts';
import { inertLines } from './inert.ts';
import { type Io, Output } from './io.ts';
import { type GlobalOptions, Session } from './session.ts';

/** What a command does with its arguments and its own flags. */
export type Handler<Options> = (session: Session, options: Options, ...args: string[]) => Promise<ExitCode>;

/** Adds one command to the program; `act` binds its handler. */
export type CommandDefinition = (program: Command, act: Act) => void;
export type Act = <Options extends object>(handler: Handler<Options>) => (...parsed: unknown[]) => Promise<void>;

/**
 * Runs one command line and gives its exit code; never throws and never ends the process.
 * @param args without the interpreter and the script
 */
export async function runCli(args: readonly string[], io: Io): Promise<ExitCode> {
  let code: ExitCode = EXIT.ok;
  const act: Act =
    (handler) =>
    async (...parsed) => {
      const command = parsed.at(-1) as Command;
      const session = new Session(io, command.optsWithGlobals<GlobalOptions>());
      code = await handler(
        session,
        command.opts<Parameters<typeof handler>[1] & object>(),
        ...(parsed.slice(0, -2) as string[]),
      );
    };
  try {
    const program = createProgram(io);
    suggestChoices(program);
    const [name] = program.parseOptions([...args]).operands;
    for (const define of await commandsOf(name)) define(program, act);
    program.commands.forEach(suggestChoices);
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    return report(error, io, args.includes('--json'));
  }
}

function createProgram(io: Io): Command {
  return new Command('pheme')
    .description('Validators that judge code and skill with their own AI models, and agree on one signed verdict.')
    .option('--home <folder>', "the node's home (else PHEME_HOME, else ~/.pheme)")
    .option('--rpc <url>', "the node to ask (else VALIDATOR_ENDPOINT, else the home's own)")
    .option('--token-file <file>', "the RPC token (else PHEME_RPC_TOKEN, else the home's api-token)")
    .option('--json', 'data as JSON on standard output')
    .addOption(new Option('--log-level <level>', 'what a node logs').choices([...LOG_LEVELS]))
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      // A mistyped argument is shown again: it may come from a script that took it from a pull request.
      writeErr: (text) => void io.stderr.write(inertLines(text).join('\n')),
    })
    .showHelpAfterError('(pheme --help, or pheme COMMAND --help, shows what there is)')
    .exitOverride()
    .addHelpText('after', EXIT_HELP);
}

/** Commander suggests commands and flags; this does it for the values of flags that have a list of them. */
function suggestChoices(command: Command): void {
  for (const option of command.options) {
    const { argChoices, parseArg } = option;
    if (argChoices === undefined || parseArg === undefined) continue;
    option.parseArg = <T>(value: string, previous: T) => {
      if (argChoices.includes(value)) return parseArg(value, previous);
      const near = similarTo(value, argChoices);
      const meant = near === undefined ? '' : ` Did you mean ${near}?`;
      throw new InvalidArgumentError(`Allowed choices are ${argChoices.join(', ')}.${meant}`);
    };
  }
  for (const inner of command.commands) suggestChoices(inner);
}

const EXIT_HELP = `
Exit codes: 0 done, approved or authentic; 1 rejected or not authentic; 2 usage or configuration;
3 could not judge (inconclusive, expired, unavailable); 4 data directory locked; 70 internal error; 130 interrupted.`;

function report(error: unknown, io: Io, asJson: boolean): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage; // it has printed
  const interrupted = io.signal.aborted;
  const code = interrupted ? EXIT.interrupted : exitOfError(error);
  const out = new Output(io, asJson);
  const text = interrupted ? 'interrupted' : messageOf(error);
  for (const line of `pheme: ${text}`.split('\n')) out.note(line);
  out.json({ error: errorToJson(error, interrupted) });
  return code;
}

function messageOf(error: unknown): string {
  if (error instanceof ValidationError) return error.message;
  return `internal error, please report it: ${error instanceof Error ? error.stack : String(error)}`;
}

function errorToJson(error: unknown, interrupted: boolean): Record<string, unknown> {
  if (interrupted) return { code: 'INTERRUPTED', message: 'interrupted' };
  if (!(error instanceof ValidationError)) return { code: 'INTERNAL', message: 'internal error' };
  return { code: error.code, message: error.message, details: error.details };
}
