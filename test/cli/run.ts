import { Readable, Writable } from 'node:stream';
import type { ExitCode } from '../../src/cli/exit-codes.ts';
import type { Io } from '../../src/cli/io.ts';
import { runCli } from '../../src/cli/program.ts';

/** A terminal, or a pipe, that keeps what is written to it. */
export class Captured extends Writable {
  text = '';
  readonly isTTY: boolean;

  constructor(isTTY = false) {
    super();
    this.isTTY = isTTY;
  }

  override _write(part: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += part.toString('utf8');
    done();
  }
}

export interface Ran {
  code: ExitCode;
  stdout: string;
  stderr: string;
}

export interface FakeIo {
  input?: string;
  env?: Io['env'];
  /** Standard input is a terminal. */
  tty?: boolean;
  signal?: AbortSignal;
}

/** Runs a command line in this process, with nothing of this process's environment. */
export async function run(
  args: readonly string[],
  { input = '', env = {}, tty = false, signal }: FakeIo = {},
): Promise<Ran> {
  const [stdout, stderr] = [new Captured(), new Captured()];
  const stdin = Object.assign(Readable.from(input === '' ? [] : [Buffer.from(input)]), { isTTY: tty });
  const code = await runCli(args, { stdin, stdout, stderr, env, signal: signal ?? new AbortController().signal });
  return { code, stdout: stdout.text, stderr: stderr.text };
}
