import { PASSPHRASE_VARIABLES } from '../config/environment.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { runCli } from './program.ts';

/** One press of Ctrl-C can arrive more than once, from the terminal and from npm: signals this close are the same press. */
const SAME_PRESS_MS = 400;

/** Runs the command line of this process and ends the process with its exit code. */
export async function runProcess(): Promise<void> {
  const { stdin, stdout, stderr, argv } = process;
  const env = { ...process.env };
  for (const name of PASSPHRASE_VARIABLES) delete process.env[name]; // no thread or child of ours inherits it
  for (const stream of [stdout, stderr]) stream.on('error', onBrokenPipe);
  const code = await runCli(argv.slice(2), { stdin, stdout, stderr, env, signal: interruption() });
  await Promise.all([flushed(stdout), flushed(stderr)]);
  process.exit(code); // an idle socket or an unread standard input must not keep a finished command alive
}

/** Aborts at the first signal; a second one ends the process at once. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  let firstMs: number | undefined;
  const onSignal = () => {
    if (firstMs === undefined) {
      firstMs = performance.now();
      controller.abort();
    } else if (performance.now() - firstMs > SAME_PRESS_MS) {
      process.exit(EXIT.interrupted);
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  return controller.signal;
}

/** The reader went away (`pheme results | head`): nobody is left to tell, and a cut output is no success. */
function onBrokenPipe(error: NodeJS.ErrnoException): void {
  process.exit(error.code === 'EPIPE' ? (EXIT.interrupted satisfies ExitCode) : EXIT.internal);
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((done) => stream.write('', () => done()));
}
