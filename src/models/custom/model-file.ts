import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { ValidationError } from '../../protocol/errors.ts';
import { hash } from '../../protocol/hash.ts';
import { parseStrictJson } from '../openai/strict-json.ts';
import { FEATURES_VERSION } from './features.ts';
import { FEATURE_BUCKETS, MODEL_FILE_BYTES_MAX, TRAINING_ROWS_MAX } from './limits.ts';
import { PRIOR_NAMES } from './prior.ts';

/** The version of the file's form. */
const FILE_VERSION = 1;
/** A name stands in file names, families and signed results. */
export const CUSTOM_NAME = /^[A-Za-z][A-Za-z0-9._-]{0,63}$/;

const number = z.number().min(-1e6).max(1e6);
const share = z.number().min(0).max(1);
const rows = z.int().min(0).max(TRAINING_ROWS_MAX);
const figure = z.strictObject({ value: number, low: number, high: number });
const metrics = z.strictObject({ accuracy: figure, balancedAccuracy: figure, auc: figure, brier: figure });
const digest = z.string().regex(/^[0-9a-f]{64}$/);
/** Int8 weights in base64: exactly as many as there are buckets. */
const weights = z
  .string()
  .max(Math.ceil(FEATURE_BUCKETS / 3) * 4)
  .refine((text) => Buffer.from(text, 'base64').length === FEATURE_BUCKETS, 'must hold a weight for every bucket');

const head = z.strictObject({
  weights: z.strictObject({
    rows,
    strength: number,
    priorWeight: number,
    linear: z.strictObject({ buckets: z.literal(FEATURE_BUCKETS), bias: number, scale: number, weights }),
    calibration: z.strictObject({ slope: number, offset: number }),
  }),
  /** Rows by label, and how many groups they form. */
  approvals: rows,
  rejections: rows,
  groups: rows,
  holdOut: z.enum(['group', 'row']),
  rejectShare: share,
  metrics: z.strictObject({
    before: metrics,
    after: metrics,
    change: z.strictObject({ accuracy: figure, brier: figure }),
  }),
  /** Why what was learned is not used. */
  refused: z.string().max(500).optional(),
});

const content = z.strictObject({
  kind: z.literal('pheme-custom-model'),
  version: z.literal(FILE_VERSION),
  name: z.string().regex(CUSTOM_NAME),
  enabled: z.boolean(),
  features: z.literal(FEATURES_VERSION),
  prior: z.strictObject({ name: z.enum(PRIOR_NAMES), digest }),
  /** Of the rows' tasks and labels, in their order. */
  dataDigest: digest,
  heads: z.strictObject({ CODE_REVIEW: head.optional(), SKILL_ASSESSMENT: head.optional() }),
});
const file = content.extend({ digest });

/** What was learned for one type of task, with how it was measured. */
export type TrainedHead = z.infer<typeof head>;
/** A custom model without its digest. */
export type ModelContent = z.infer<typeof content>;
/** A custom model as its file has it. It holds hashes and figures, no text of the rows. */
export type ModelFile = z.infer<typeof file>;

export function sealed(model: ModelContent): ModelFile {
  const parsed = content.parse(model); // in the schema's order of keys, which the digest relies on
  return { ...parsed, digest: hash('pheme/custom-model/1', JSON.stringify(parsed)) };
}

/**
 * Parses the text of a model's file.
 * @param where how messages name it
 * @throws ValidationError INVALID_MODEL
 */
export function parseModelFile(text: string, where: string): ModelFile {
  const parsed = file.safeParse(versioned(text, where));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalidModel(where, `${issue?.path.join('.') || 'file'}: ${issue?.message}`);
  }
  const { digest: told, ...rest } = parsed.data;
  if (sealed(rest).digest === told) return parsed.data;
  throw invalidModel(where, 'its digest does not match its content: it was changed after training');
}

/** A file of another version is told apart from a damaged one: only training again helps. */
function versioned(text: string, where: string): unknown {
  let value: unknown;
  try {
    value = parseStrictJson(text);
  } catch {
    throw invalidModel(where, 'it is not JSON');
  }
  const { kind, version, features } = (value ?? {}) as Partial<Record<string, unknown>>;
  if (kind !== 'pheme-custom-model') throw invalidModel(where, 'it is no custom model');
  if (version === FILE_VERSION && features === FEATURES_VERSION) return value;
  const told = `it is of version ${String(version)} with features ${String(features)}`;
  throw invalidModel(where, `${told}, this package reads ${FILE_VERSION} with ${FEATURES_VERSION}`);
}

export function invalidModel(where: string, reason: string): ValidationError {
  const message = `the custom model ${where} cannot be used: ${reason}; train it again with pheme train`;
  return new ValidationError(message, 'INVALID_MODEL', { path: where });
}

/** @throws ValidationError INVALID_MODEL */
export async function readModelFile(path: string): Promise<ModelFile> {
  let text: string;
  try {
    const { size } = await stat(path);
    if (size > MODEL_FILE_BYTES_MAX) throw invalidModel(path, `it is over ${MODEL_FILE_BYTES_MAX} bytes`);
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof ValidationError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw invalidModel(path, code === 'ENOENT' ? 'there is no such file' : message);
  }
  return parseModelFile(text, path);
}

/**
 * Writes the whole file or nothing, and the folder that it stands in.
 * @throws ValidationError FILE_UNWRITABLE
 */
export async function writeModelFile(path: string, model: ModelFile): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(temporary, `${JSON.stringify(model, null, 1)}\n`, { flag: 'wx', flush: true });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined); // what could not be written need not be there
    const message = `cannot write the model to ${path}: ${(error as Error).message}`;
    throw new ValidationError(message, 'FILE_UNWRITABLE', { path }, error);
  }
}
