import { z } from 'zod';
import { invalidInput } from '../../protocol/errors.ts';
import { ABSTAIN_REASONS, CATEGORIES, type Judgement, SEVERITIES } from '../../protocol/judgement.ts';
import {
  CRITERIA_CHARS_MAX,
  CRITERIA_ITEMS_MAX,
  FILES_MAX,
  FINDING_CHARS_MAX,
  FINDINGS_MAX,
  IDENTIFIER_CHARS_MAX,
  NAME_CHARS_MAX,
} from '../../protocol/limits.ts';

const COUNT_MAX = 2 ** 31 - 1; // what a report holds
const OMISSIONS_MAX = 10_000; // a task has no more files
const FAULTS_SHOWN_MAX = 5;

const text = (charsMax: number) => z.string().max(charsMax);
const count = z.int().min(0).max(COUNT_MAX);
const share = z.number().min(0).max(1);
const digest = z.string().regex(/^[0-9a-f]{64}$/);
const name = text(IDENTIFIER_CHARS_MAX).min(1);

const form = z
  .strictObject({
    vote: z.enum(['approve', 'reject', 'abstain']),
    abstainReason: z.enum(ABSTAIN_REASONS).optional(),
    confidence: z.number().min(0.5).max(1),
    score: share.optional(),
    level: count.optional(),
    complete: z.boolean(),
    // A model may say more than a report holds: what is sealed is cut there.
    summary: text(CRITERIA_CHARS_MAX),
    findings: z
      .array(
        z.strictObject({
          rule: name,
          severity: z.enum(SEVERITIES),
          category: z.enum(CATEGORIES),
          file: text(NAME_CHARS_MAX),
          line: count,
          quote: text(CRITERIA_CHARS_MAX),
          message: text(CRITERIA_CHARS_MAX),
          suggestion: text(CRITERIA_CHARS_MAX).optional(),
        }),
      )
      .max(FINDINGS_MAX * 10),
    feedback: z
      .array(z.strictObject({ requirement: text(CRITERIA_CHARS_MAX), score: share, comment: text(CRITERIA_CHARS_MAX) }))
      .max(CRITERIA_ITEMS_MAX)
      .optional(),
    coverage: z.strictObject({
      filesTotal: count.max(FILES_MAX * 100),
      filesJudged: count.max(FILES_MAX * 100),
      linesTotal: count,
      linesJudged: count,
      omitted: z
        .array(z.strictObject({ what: text(NAME_CHARS_MAX), reason: text(FINDING_CHARS_MAX) }))
        .max(OMISSIONS_MAX),
    }),
    model: z.strictObject({ id: name, family: name, digest: digest.optional() }),
    promptDigest: digest.optional(),
    usage: z.strictObject({ promptTokens: count, completionTokens: count, costMicros: z.int().min(0) }).optional(),
  })
  .refine(
    ({ vote, abstainReason }) => (vote === 'abstain') === (abstainReason !== undefined),
    'abstainReason: must stand exactly with the vote abstain',
  );

/**
 * Reads a judgement that came from another machine, as strictly as any byte of a peer.
 * @throws ValidationError INVALID_JUDGEMENT with `details.faults`
 */
export function parseJudgement(input: unknown): Judgement {
  const parsed = form.safeParse(input);
  if (parsed.success) return parsed.data as Judgement;
  const faults = parsed.error.issues
    .slice(0, FAULTS_SHOWN_MAX)
    .map(({ path, message }) => ({ path: path.join('.'), message }));
  throw invalidInput('not a judgement', faults, 'INVALID_JUDGEMENT');
}
