import { z } from 'zod';
import { taskSchema } from '../protocol/task.ts';
import { rpcFailure } from './errors.ts';
import type { Method } from './method.ts';
import { parseStrictJson } from './strict-json.ts';

export const none = z.strictObject({});

export const taskId = z
  .string('must be a task id: 64 lower-case hex digits')
  .regex(/^[0-9a-f]{64}$/, 'must be a task id: 64 lower-case hex digits');
export const byTask = z.strictObject({ taskId });

/** Whole numbers of a range. */
export function whole(min: number, max: number) {
  const message = `must be a whole number from ${min} to ${max}`;
  return z.int(message).min(min, message).max(max, message);
}

/** One of a list of words. */
export function word<const Words extends readonly string[]>(words: Words) {
  return z.enum(words, `must be one of ${words.join(', ')}`);
}

/** One value or a list of them; behind it always a list. */
export function oneOrMore<Item extends z.ZodType>(item: Item, itemsMax: number, message: string) {
  return z.union([item.transform((value) => [value]), z.array(item).min(1).max(itemsMax)], message);
}

/** A task is read by `parseTask`, whose faults name its own fields; here it only must be there. */
export const givenTask = z.custom<unknown>((task) => task !== undefined, 'is missing: give a task');
export const givenJson = z.custom<unknown>((value) => value !== undefined, 'is missing');

/** What stands in the published document for schemas that only code can check. */
export const DOCUMENTED: ReadonlyMap<unknown, z.ZodType> = new Map<unknown, z.ZodType>([
  [givenTask, taskSchema],
  [givenJson, z.unknown()],
]);

const FAULTS_MAX = 20;

/** @throws ValidationError INVALID_PARAMS with `details.faults` */
export function parseParams<Params extends z.ZodObject>(
  { params: schema }: Pick<Method<Params>, 'params'>,
  params: unknown,
): z.output<Params> {
  const parsed = schema.safeParse(params ?? {});
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.slice(0, FAULTS_MAX).map((issue) => {
    if (issue.code === 'unrecognized_keys')
      return { path: 'params', message: `has unknown names; known are ${known(schema)}` };
    if (issue.path.length === 0 && issue.code !== 'custom')
      return { path: 'params', message: `must be an object of ${known(schema)}` };
    return { path: issue.path.join('.') || 'params', message: issue.message };
  });
  const lines = faults.map(({ path, message }) => `${path} ${message}`);
  throw rpcFailure('INVALID_PARAMS', `invalid parameters: ${lines.join('; ')}`, { faults });
}

function known(schema: z.ZodObject): string {
  return Object.keys(schema.shape).join(', ') || 'no names at all';
}

/**
 * Parameters of a GET. A value is text where the method takes that text, else JSON (a number, true, a list, an
 * object); a name that stands several times is a list.
 * @throws ValidationError INVALID_PARAMS for a name that stands twice without being a list
 */
export function queryParams({ params: { shape } }: Pick<Method, 'params'>, query: URLSearchParams) {
  const names = [...new Set(query.keys())];
  return Object.fromEntries(
    names.map((name): [string, unknown] => {
      const field = Object.hasOwn(shape, name) ? (shape[name] as z.ZodType) : undefined;
      const values = query.getAll(name).map((text) => queryValue(text, field));
      if (values.length === 1) return [name, values[0]];
      if (field?.safeParse(values).success === true) return [name, values];
      throw rpcFailure('INVALID_PARAMS', `invalid parameters: ${name} stands ${values.length} times`, {
        faults: [{ path: name, message: `stands ${values.length} times: give it once` }],
      });
    }),
  );
}

/** Text that a field refuses may be JSON; if it is not, the field's own check says what it wants. */
function queryValue(text: string, field: z.ZodType | undefined): unknown {
  const isOpaque = field !== undefined && DOCUMENTED.has(unwrapped(field));
  if (field === undefined || (!isOpaque && field.safeParse(text).success)) return text;
  try {
    return parseStrictJson(text);
  } catch {
    return text;
  }
}

/** The schema within `.optional()` and `.default()`. */
export function unwrapped(schema: z.ZodType): z.ZodType {
  let inner: unknown = schema;
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodDefault) inner = inner.unwrap();
  return inner as z.ZodType;
}
