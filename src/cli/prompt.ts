import { ValidationError } from '../protocol/errors.ts';
import type { Io } from './io.ts';

const ENTER = /[\r\n]/;
const CTRL_C = '\x03';
const CTRL_D = '\x04';
const ERASE = ['\b', '\x7f'];
/** A line that nobody types: somebody pasted a file. */
const LINE_CHARS_MAX = 1024;

/**
 * Asks at the terminal without showing what is typed.
 * @throws ValidationError INTERRUPTED at Ctrl-C or at the end of input; the signal's reason if it is aborted
 */
export async function askHidden({ stdin, stderr, signal }: Io, question: string): Promise<string> {
  signal.throwIfAborted();
  stderr.write(question);
  stdin.setRawMode?.(true);
  stdin.resume();
  try {
    return await hiddenLine(stdin, signal);
  } finally {
    stdin.setRawMode?.(false);
    stdin.pause();
    stderr.write('\n');
  }
}

function hiddenLine(stdin: NodeJS.ReadableStream, signal: AbortSignal): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let line = '';
  const onData = (part: Buffer | string) => {
    for (const char of part.toString('utf8')) {
      if (ENTER.test(char)) return resolve(line);
      if (char === CTRL_C || char === CTRL_D) return reject(new ValidationError('interrupted', 'INTERRUPTED'));
      line = ERASE.includes(char) ? [...line].slice(0, -1).join('') : line + char;
      if (line.length > LINE_CHARS_MAX)
        return reject(new ValidationError(`give at most ${LINE_CHARS_MAX} characters`, 'USAGE'));
    }
  };
  const onEnd = () => reject(new ValidationError('interrupted', 'INTERRUPTED'));
  const onAbort = () => reject(signal.reason);
  stdin.on('data', onData).once('end', onEnd);
  signal.addEventListener('abort', onAbort, { once: true });
  return promise.finally(() => {
    stdin.off('data', onData).off('end', onEnd);
    signal.removeEventListener('abort', onAbort);
  });
}
