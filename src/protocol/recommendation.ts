import { z } from 'zod';

/** An open task that a caller wants ranked for a worker; `level` from 0 to 100 on the caller's own scale. */
export const openSkillTaskSchema = z.strictObject({
  id: z.string('must be text').min(1, 'must not be empty').max(256, 'must have at most 256 characters'),
  skill: z.string('must be text').min(1, 'must not be empty').max(256, 'must have at most 256 characters'),
  level: z.int('must be a whole number from 0 to 100').min(0).max(100),
  requirements: z.array(z.string().max(4096)).max(64).default([]),
});
export type OpenSkillTask = z.output<typeof openSkillTaskSchema>;

/** Tasks in one call: a board's page, not its archive. */
export const OPEN_TASKS_RANKED_MAX = 1000;

const share = z.number().min(0).max(1);

/** A task's place for a subject, and why. */
export const recommendationSchema = z.strictObject({
  id: z.string(),
  /** What the order follows: fit and growth, a little less where little is known. */
  rank: share,
  /** Probability that the subject meets the task. */
  fit: share,
  /** How much there is to learn: highest a little above what was shown, low for what is far below or far above. */
  growth: share,
  /** How much the subject's results say about this skill; 0 where nothing is known. */
  confidence: share,
  /** In words for people; they quote names of skills, so show them inert. */
  reasons: z.array(z.string()),
  /** Ids of the decided tasks that were counted, the most telling first. */
  evidence: z.array(z.string()),
});
export type Recommendation = z.infer<typeof recommendationSchema>;

/** The answer to a call: how many signed verdicts about the subject this node holds, and the tasks, best first. */
export const recommendationsSchema = z.strictObject({
  subject: z.string(),
  results: z.int().min(0),
  recommendations: z.array(recommendationSchema),
});
export type Recommendations = z.infer<typeof recommendationsSchema>;
