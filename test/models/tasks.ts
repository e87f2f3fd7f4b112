import type { CodeReviewTask, SkillAssessmentTask } from '../../src/protocol/task.ts';

/** A diff that adds lines to a file after some of its own. */
export function addition(path: string, added: readonly string[], context: readonly string[] = []): string {
  const body = [...context.map((line) => ` ${line}`), ...added.map((line) => `+${line}`)].join('\n');
  const sizes = `-10,${context.length} +10,${context.length + added.length}`;
  return `diff --git a/${path} b/${path}\n--- a/${path}\n+++ b/${path}\n@@ ${sizes} @@\n${body}\n`;
}

const EVERYTHING = { style: true, security: true, performance: true };

export function review(diff: string, requirements: CodeReviewTask['requirements'] = EVERYTHING): CodeReviewTask {
  return { type: 'CODE_REVIEW', pullRequest: { url: '', diff, files: [] }, requirements };
}

export function assessment(content: string, requirements: string[], evidence: string[] = []): SkillAssessmentTask {
  return {
    type: 'SKILL_ASSESSMENT',
    submission: { content, evidence },
    criteria: { skill: 'web security', level: 60, requirements },
  };
}

export const INJECTION_REQUIREMENTS = [
  'Explains what SQL injection is and how it happens',
  'Describes parameterized queries as the main defence',
  'Mentions least privilege for database accounts',
];

export const GOOD_ANSWER = `SQL injection happens when an application builds an SQL statement by joining user input into the query text,
so an attacker can change what the query does. The main defence is to use parameterized queries: the statement is prepared with
placeholders and the values are sent apart, so they are never parsed as SQL. In addition, the database account of the application
should follow least privilege, with only the rights that it needs, so that a successful attack does less harm.`;

export const FOREIGN_ANSWER = `I like pizza and football. My favourite team won the cup last year and we all celebrated in the streets
until the morning, which was a lovely time for the whole family.`;
