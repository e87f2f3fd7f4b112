import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Facts } from './facts.ts';
import { type Finding, failure, ok } from './finding.ts';

const PING_TIMEOUT_MS = 3000;
/** The answer to a ping is a line. */
const ANSWER_BYTES_MAX = 4096;

/** A system that an adapter uses: where it is configured, and the least that shows that it is what it should be. */
export interface ServiceProbe {
  name: string;
  /** Where it is said to be, and by which setting; undefined where it is not used. */
  place(facts: Facts): { url: string; setting: string } | undefined;
  /** What it answered, in words. @throws Error if it did not, or is something else */
  ping(url: URL, signal: AbortSignal): Promise<string>;
}

/** A row for each kind of system; an adapter with a place of its own in the configuration adds to its row. */
export const SERVICES: readonly ServiceProbe[] = [
  { name: 'Redis', place: variable('REDIS_URL'), ping: pingRedis },
  { name: 'PostgreSQL', place: variable('DATABASE_URL'), ping: pingPostgres },
];

function variable(name: string): ServiceProbe['place'] {
  return ({ load: { environment } }) => {
    const url = environment[name];
    return url === undefined || url === '' ? undefined : { url, setting: name };
  };
}

export async function checkServices(facts: Facts): Promise<Finding[]> {
  if (facts.offline) return [];
  const findings = await Promise.all(SERVICES.map((service) => checkService(facts, service)));
  return findings.flat();
}

async function checkService(facts: Facts, { name, place, ping }: ServiceProbe): Promise<Finding[]> {
  const given = place(facts);
  if (given === undefined) return [];
  const url = URL.parse(given.url);
  if (url === null || url.hostname === '')
    return [failure(name, `${given.setting} is no URL`, `correct ${given.setting}`)];
  const shown = `${url.protocol}//${url.host}`; // never with its password
  try {
    return [ok(name, `${shown} ${await ping(url, facts.signal)}`)];
  } catch (error) {
    facts.signal.throwIfAborted();
    const { code, message } = error as NodeJS.ErrnoException;
    return [
      failure(
        name,
        `${shown} does not answer as ${name} (${code ?? message})`,
        `start it, or correct ${given.setting}`,
      ),
    ];
  }
}

async function pingRedis(url: URL, signal: AbortSignal): Promise<string> {
  const answer = await exchange(url, { port: 6379, tls: url.protocol === 'rediss:', question: 'PING\r\n' }, signal);
  if (answer.startsWith('+PONG')) return 'answers';
  if (answer.startsWith('-NOAUTH')) return 'answers, and wants a password';
  throw new Error('it speaks something else');
}

/** The SSLRequest of the wire protocol: a server answers with one letter before anybody has signed in. */
async function pingPostgres(url: URL, signal: AbortSignal): Promise<string> {
  const question = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);
  const answer = await exchange(url, { port: 5432, tls: false, question }, signal);
  if (answer === 'S') return 'answers, with TLS';
  if (answer === 'N') return 'answers, without TLS';
  throw new Error('it speaks something else');
}

interface Exchange {
  port: number;
  tls: boolean;
  question: string | Uint8Array;
}

/** The beginning of what a server answers. */
function exchange(url: URL, { port, tls, question }: Exchange, signal: AbortSignal): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const place = { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || port) };
  const socket = tls ? connectTls({ ...place, servername: place.host }) : connect(place);
  const stop = () => socket.destroy(new Error('interrupted'));
  signal.addEventListener('abort', stop, { once: true });
  socket.setTimeout(PING_TIMEOUT_MS, () => socket.destroy(new Error(`no answer within ${PING_TIMEOUT_MS / 1000} s`)));
  socket.once(tls ? 'secureConnect' : 'connect', () => socket.write(question));
  socket.once('data', (data: Buffer) => resolve(data.toString('latin1', 0, ANSWER_BYTES_MAX)));
  socket.once('error', reject);
  socket.once('close', () => reject(new Error('it hung up')));
  return promise.finally(() => {
    signal.removeEventListener('abort', stop);
    socket.destroy();
  });
}
