import { z } from 'zod';
import { CATEGORIES, SEVERITIES } from '../../protocol/judgement.ts';
import { ANSWER_FINDINGS_MAX, ANSWER_TEXT_MAX } from './limits.ts';

const text = z.string().max(ANSWER_TEXT_MAX);
const share = z.number().min(0).max(1);

/** What a model says of a change. The rationale stands first, so that scores follow from it. */
export const reviewAnswer = z.strictObject({
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
