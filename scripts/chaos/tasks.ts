import { readFileSync } from 'node:fs';

const FILE_HEADER = /^\+\+\+ b\/(.*)$/gm;
/** Most models abstain on it. */
const UNSURE = `--- a/src/count.js\n+++ b/src/count.js\n@@ -1,3 +1,3 @@\n export function count(items) {\n-  return items.length + 1;\n+  return items.length;\n }\n`;
const DIFFS = [sample('sql-injection.diff'), sample('tidy-fix.diff'), UNSURE];
const SKILL = JSON.parse(sample('skill-task.json')) as { submission: { content: string } };
const REQUIREMENTS = { style: true, security: true, performance: true };

/** Tasks of every outcome in turn: rejected, approved, undecided for lack of opinions, a skill. */
export function taskOf(number: number, name: string): unknown {
  const diff = DIFFS[number % (DIFFS.length + 1)];
  if (diff === undefined) {
    const content = `${SKILL.submission.content} (${name})`;
    return { ...SKILL, submission: { ...SKILL.submission, content } };
  }
  const files = [...diff.matchAll(FILE_HEADER)].map(([, file]) => file);
  return {
    type: 'CODE_REVIEW',
    pullRequest: { url: `https://example.org/pull/${name}`, diff, files },
    requirements: REQUIREMENTS,
  };
}

function sample(name: string): string {
  return readFileSync(new URL(`../samples/${name}`, import.meta.url), 'utf8');
}
