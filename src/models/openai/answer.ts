import { z } from 'zod';
import { CATEGORIES, SEVERITIES } from '../../protocol/judgement.ts';
import { ANSWER_FINDINGS_MAX, ANSWER_TEXT_MAX } from './limits.ts';
import { visible } from './prompt.ts';
import { parseStrictJson } from './strict-json.ts';

const text = z.string().max(ANSWER_TEXT_MAX);
const share = z.number().min(0).max(1);

/** What a model says of a change. The rationale stands before the scores, so that they follow from it. */
export const reviewAnswer = z.strictObject({
  echo: text,
  rationale: text,
  findings: z
    .array(
      z.strictObject({
        rationale: text,
        rule: z.string().max(100),
        category: z.enum(CATEGORIES),
        severity: z.enum(SEVERITIES),
        file: text,
        line: z
          .int()
          .min(0)
          .max(2 ** 31 - 1),
        quote: text,
        message: text,
        suggestion: text,
        certainty: share,
      }),
    )
    .max(ANSWER_FINDINGS_MAX),
  soundness: share,
});

/** What a model says of an answer: a score for every requirement, in their order. */
export const assessmentAnswer = z.strictObject({
  echo: text,
  rationale: text,
  requirements: z.array(z.strictObject({ number: z.int().min(1).max(256), rationale: text, score: share })).max(256),
});

export type ReviewAnswer = z.infer<typeof reviewAnswer>;
export type AssessmentAnswer = z.infer<typeof assessmentAnswer>;

/** JSON Schema as endpoints take it: strict mode knows no lengths and bounds, which zod checks afterwards. */
export function jsonSchemaOf(schema: z.ZodType): Record<string, unknown> {
  return withoutBounds(z.toJSONSchema(schema, { target: 'draft-7' })) as Record<string, unknown>;
}

const BOUNDS = new Set(['$schema', 'maxLength', 'minLength', 'maxItems', 'minItems', 'minimum', 'maximum']);

function withoutBounds(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutBounds);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !BOUNDS.has(key))
      .map(([key, item]) => [key, withoutBounds(item)]),
  );
}

/** Reads a model's text. What nobody sees in it is spelled out, and `apiKey`, which an endpoint may echo, is masked. */
export function readAnswer<Answer>(
  text: string,
  schema: z.ZodType<Answer>,
  apiKey: string | undefined,
): { ok: true; answer: Answer } | { ok: false; fault: string } {
  try {
    const parsed = schema.safeParse(parseStrictJson(text));
    if (parsed.success) return { ok: true, answer: mapTexts(parsed.data, (part) => visible(masked(part, apiKey))) };
    const [issue] = parsed.error.issues;
    return { ok: false, fault: `${issue?.path.join('.')}: ${issue?.message}` };
  } catch {
    return { ok: false, fault: 'it does not parse as JSON' };
  }
}

function masked(text: string, apiKey: string | undefined): string {
  return apiKey ? text.replaceAll(apiKey, '****') : text;
}

function mapTexts<Value>(value: Value, change: (text: string) => string): Value {
  if (typeof value === 'string') return change(value) as Value;
  if (Array.isArray(value)) return value.map((item: unknown) => mapTexts(item, change)) as Value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapTexts(item, change)])) as Value;
}
