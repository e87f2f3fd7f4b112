import pino from 'pino';
import type { Logger } from '../engine/ports.ts';

/** Field names under which a secret might travel; they are cut out of every log line. */
const SECRETS = ['seed', 'apiKey', 'token', 'authorization', '*.seed', '*.apiKey', '*.token', '*.authorization'];

/** JSON lines on standard error. */
export function createLogger(level: string): Logger {
  return pino(
    { level, redact: SECRETS, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  );
}
