import type { Config } from './load.ts';

const REDACTED = 'redacted';
const SECRET_KEYS = new Set(['apiKey', 'rpcToken']);
/** A seed, also one with a digit too few. */
const SEED = /^[0-9a-f]{32,}$/i;
/** What drivers and services take secrets by within a query. */
const SECRET_PARAMETER = /pass|token|secret|key|signature/i;

/** A copy of the configuration that may be shown: secrets, and passwords within URLs, are replaced. */
export function redact(config: Config): Config {
  return redactValue(config) as Config;
}

function redactValue(value: unknown): unknown {
  if (typeof value === 'string') return withoutPassword(value);
  if (Array.isArray(value)) return value.map(redactValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, redactEntry(key, inner)]));
}

function redactEntry(key: string, value: unknown): unknown {
  if (isSecret(key, value)) return REDACTED;
  if (key === 'chain') return redactValue(withoutChainSecrets(value as Config['chain']));
  return key === 'webhooks' && Array.isArray(value) ? value.map(withoutPath) : redactValue(value);
}

/** Many receivers of webhooks know their senders by a secret in the path or the query. */
function withoutPath(webhook: { url: string }): unknown {
  return { ...webhook, url: `${URL.parse(webhook.url)?.origin ?? ''}/${REDACTED}` };
}

/** Providers of chains know their customers by a secret in the path. */
function withoutChainSecrets({ key, rpcUrl, ...shown }: Config['chain']): unknown {
  return {
    ...(rpcUrl === undefined ? {} : { rpcUrl: `${URL.parse(rpcUrl)?.origin ?? ''}/${REDACTED}` }),
    ...shown,
    ...(key === undefined ? {} : { key: REDACTED }),
  };
}

function isSecret(key: string, value: unknown): boolean {
  // VALIDATOR_KEY is a secret if it is the seed, but not if it names a file.
  return SECRET_KEYS.has(key) || (key === 'validatorKey' && SEED.test(String(value)));
}

function withoutPassword(text: string): string {
  const url = text.includes('://') ? URL.parse(text) : null;
  if (url === null) return text;
  const secrets = [...url.searchParams.keys()].filter((name) => SECRET_PARAMETER.test(name));
  if (url.username === '' && url.password === '' && secrets.length === 0) return text;
  if (url.username !== '' || url.password !== '') url.username = REDACTED;
  url.password = '';
  for (const name of secrets) url.searchParams.set(name, REDACTED);
  return url.href;
}
