import { z } from 'zod';
import { ANCHOR_LEAVES_MAX } from '../protocol/anchor.ts';
import { WEBHOOK_EVENTS } from '../protocol/webhook.ts';

/** Sections of the outside systems that a node may be connected with; each is off unless it is given. */

const URL_CHARS_MAX = 4096; // no server takes a longer one

function isUrl(value: string, protocols: readonly string[]): boolean {
  const url = URL.parse(value);
  return url !== null && url.hostname !== '' && protocols.includes(url.protocol);
}

export const database = z.strictObject(
  {
    /** With user and password, and `sslmode=verify-full` beyond loopback. */
    url: z
      .string('must be text')
      .max(URL_CHARS_MAX, `must have at most ${URL_CHARS_MAX} characters`)
      .refine(
        (value) => isUrl(value, ['postgres:', 'postgresql:']),
        'must be a URL such as postgres://user:password@host:5432/database',
      )
      .optional(),
  },
  'must be a section with keys',
);

const wholeNumber = (min: number, max: number) => {
  const message = `must be a whole number from ${min} to ${max}`;
  return z.int(message).min(min, message).max(max, message);
};

/** BullMQ puts colons between a queue's name and its keys. */
const QUEUE_NAME = /^[A-Za-z0-9_.-]{1,128}$/;

export const queue = z
  .strictObject(
    {
      /** Redis server, as `redis://user:password@host:6379` or, with TLS, `rediss://`. */
      url: z
        .string('must be text')
        .max(URL_CHARS_MAX, `must have at most ${URL_CHARS_MAX} characters`)
        .refine((value) => isUrl(value, ['redis:', 'rediss:']), 'must be a URL such as redis://host:6379')
        .optional(),
      /** Before every key; equal for all that use one queue. */
      prefix: z
        .string('must be text')
        .regex(/^[A-Za-z0-9_.:-]{1,128}$/, 'must be 1 to 128 letters, digits and _ . : -')
        .default('pheme:worker'),
      /** Queue that tasks come in by. */
      name: z
        .string('must be text')
        .regex(QUEUE_NAME, 'must be 1 to 128 letters, digits and _ . -')
        .refine((value) => value !== 'judging', 'must not be judging: validators hand tasks to workers by that queue')
        .default('task-validation'),
      /** Milliseconds after which the jobs of a dead process are taken by another. */
      lockMs: wholeNumber(1_000, 3_600_000).default(30_000),
      /** Who judges: this node; `pheme worker` processes, else it abstains; or they, else this node. */
      judging: z
        .enum(['local', 'workers', 'workers-else-local'], 'must be local, workers or workers-else-local')
        .default('local'),
    },
    'must be a section with keys',
  )
  .refine(
    ({ url, judging }) => judging === 'local' || url !== undefined,
    'url must be given to hand judging to workers: set it, or REDIS_URL',
  );

const CHAIN_NEEDS = ['rpcUrl', 'contract', 'chainId'] as const;

export const chain = z
  .strictObject(
    {
      /** HTTP RPC of a node of an EVM chain. */
      rpcUrl: z
        .string('must be text')
        .max(URL_CHARS_MAX, `must have at most ${URL_CHARS_MAX} characters`)
        .refine((value) => isUrl(value, ['https:', 'http:']), 'must be an http or https URL')
        .optional(),
      /** What `pheme chain deploy` printed. */
      contract: z
        .string('must be text: put it in quotes')
        .regex(/^0x[0-9a-fA-F]{40}$/, 'must be an address: 0x and 40 hex digits, in quotes')
        .optional(),
      chainId: wholeNumber(1, Number.MAX_SAFE_INTEGER).optional(),
      /** Secp256k1 key that pays: made for this purpose, never the validator's. */
      key: z
        .string('must be text: put it in quotes')
        .regex(/^(?:0x)?[0-9a-fA-F]{64}$/, 'must be a key: 64 hex digits, in quotes')
        .optional(),
      /** File that holds it, mode 0600; relative to the home. */
      keyFile: z.string('must be text').min(1, 'must not be empty').max(URL_CHARS_MAX).optional(),
      /** Results of one transaction at most. */
      batchMax: wholeNumber(1, ANCHOR_LEAVES_MAX).default(256),
      /** Milliseconds that results are gathered for one transaction. */
      batchMs: wholeNumber(0, 86_400_000).default(60_000),
      /** Blocks that an anchor must be deep; nodes forget what was so deep after 128. */
      confirmations: wholeNumber(1, 100).default(12),
      /** Most that a unit of gas may cost; a transaction waits while it costs more. */
      feeMaxGwei: wholeNumber(1, 1_000_000).default(200),
    },
    'must be a section with keys',
  )
  .superRefine((given, context) => {
    const fault = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message });
    const settings = [...CHAIN_NEEDS, 'key', 'keyFile'] as const;
    if (settings.every((name) => given[name] === undefined)) return;
    for (const name of CHAIN_NEEDS) if (given[name] === undefined) fault(name, 'must be given to anchor results');
    if ((given.key === undefined) === (given.keyFile === undefined)) fault('keyFile', 'give this, or key; not both');
  });

const WEBHOOKS_MAX = 32; // each has a delivery of its own

const webhook = z
  .strictObject({
    url: z
      .string('must be text')
      .max(URL_CHARS_MAX, `must have at most ${URL_CHARS_MAX} characters`)
      .refine((value) => isUrl(value, ['https:', 'http:']), 'must be an https URL')
      .refine((value) => !holdsUser(value), 'must not hold a user or a password: requests are signed instead'),
    /** All of them unless given. */
    events: z
      .array(z.enum(WEBHOOK_EVENTS, `must be one of ${WEBHOOK_EVENTS.join(', ')}`), 'must be a list of events')
      .min(1, 'must name at least one event')
      .optional(),
    /** Lets it be on a private network or this machine, and speak http. */
    allowPrivate: z.boolean('must be true or false').default(false),
  })
  .refine(
    ({ url, allowPrivate }) => allowPrivate || url.toLowerCase().startsWith('https:'),
    'url: must be an https URL; http is for private networks only: set allowPrivate',
  );

export const webhooks = z
  .array(webhook, 'must be a list')
  .max(WEBHOOKS_MAX, `must have at most ${WEBHOOKS_MAX} items`)
  .refine((list) => new Set(list.map(({ url }) => url)).size === list.length, 'must not name a URL twice')
  .default([]);

function holdsUser(value: string): boolean {
  const url = URL.parse(value);
  return url !== null && (url.username !== '' || url.password !== '');
}

const HOUR_MS = 3_600_000;
const UNIT_MS = { h: HOUR_MS, d: 24 * HOUR_MS } as const;
/** Ten years: whoever keeps longer keeps for ever. */
const KEEP_DAYS_MAX = 3650;

const keep = z
  .string('must be forever, or a time such as 12h or 30d')
  .regex(/^(?:forever|[1-9]\d{0,5}[hd])$/, 'must be forever, or a time such as 12h or 30d')
  .refine((text) => (keepMs(text) ?? 0) <= KEEP_DAYS_MAX * UNIT_MS.d, `must be at most ${KEEP_DAYS_MAX}d, or forever`)
  .default('forever');

/** How long parts of decided tasks are kept, from when this node stored the result; certificates stay for ever. */
export const retention = z.strictObject(
  {
    /** What was submitted: private code, personal data. */
    bodies: keep,
    /** What the models said of it. */
    reports: keep,
  },
  'must be a section with keys',
);

/** Milliseconds of a time such as `30d`; null for `forever`. */
export function keepMs(text: string): number | null {
  return text === 'forever' ? null : Number(text.slice(0, -1)) * UNIT_MS[text.at(-1) as keyof typeof UNIT_MS];
}
