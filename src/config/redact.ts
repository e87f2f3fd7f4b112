import type { Config } from './load.ts';

const REDACTED = 'redacted';
const SECRET_KEYS = new Set(['apiKey', 'rpcToken']);
/** A seed, also one with a digit too few. */
const SEED = /^[0-9a-f]{32,}$/i;

/** A copy of the configuration that may be shown: secrets, and passwords within URLs, are replaced. */
export function redact(config: Config): Config {
  return redactValue(config) as Config;
}

function redactValue(value: unknown): unknown {
  if (typeof value === 'string') return withoutPassword(value);
  if (Array.isArray(value)) return value.map(redactValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, isSecret(key, inner) ? REDACTED : redactValue(inner)]),
  );
}

function isSecret(key: string, value: unknown): boolean {
  // VALIDATOR_KEY is a secret if it is the seed, but not if it names a file.
  return SECRET_KEYS.has(key) || (key === 'validatorKey' && SEED.test(String(value)));
}

function withoutPassword(text: string): string {
  const url = text.includes('://') ? URL.parse(text) : null;
  if (url === null || (url.username === '' && url.password === '')) return text;
  url.username = REDACTED;
  url.password = '';
  return url.href;
}
