import { z } from 'zod';
import { CATEGORIES, type Finding, SEVERITIES, type Severity, type Vote } from './judgement.ts';
import { FINDINGS_MAX, VALIDATORS_MAX } from './limits.ts';

/** Findings of several validators about one line and one topic, and how many of them said so. */
export const agreedFindingSchema = z.strictObject({
  file: z.string(),
  line: z.int().min(0),
  category: z.enum(CATEGORIES),
  severity: z.enum(SEVERITIES),
  rules: z.array(z.string()).min(1).max(VALIDATORS_MAX),
  quote: z.string(),
  message: z.string(),
  suggestion: z.string().optional(),
  /** Public keys, in the committee's order. */
  validators: z.array(z.string().regex(/^[0-9a-f]{64}$/)).max(VALIDATORS_MAX),
  /** `of`: judgements whose reports are at hand; what is not held counts neither for nor against. */
  agreement: z.strictObject({ found: z.int().min(1), of: z.int().min(1) }),
});

export type AgreedFinding = z.infer<typeof agreedFindingSchema>;

/** What follows from the judgements of a result; unsigned, so whoever reads a result computes it again. */
export interface Agreement {
  /** Families of the models that approved or rejected: models of one family err together. */
  modelFamilies: number;
  /** Most agreed first, at most {@link FINDINGS_MAX}. */
  findings: AgreedFinding[];
}

/** What is read of a judgement. */
interface Judged {
  validator: string;
  vote: Vote;
  model: { family: string };
  report?: { findings: readonly Told[] } | undefined;
}

type Told = Omit<Finding, 'suggestion'> & { suggestion?: string | undefined };

/** What one validator says of a line and topic, the gravest where it says more. */
interface Voice {
  validator: string;
  finding: Told;
}

const RANK: Readonly<Record<Severity, number>> = { error: 0, warning: 1, note: 2 };

/** Groups what validators found by file, line and topic; each validator speaks once about each. */
export function agreementOf(judgements: readonly Judged[]): Agreement {
  const families = judgements.filter(({ vote }) => vote !== 'abstain').map(({ model }) => model.family);
  const held = judgements.filter(({ report }) => report !== undefined);
  const groups = new Map<string, Map<string, Told>>();
  for (const { validator, report } of held) {
    for (const finding of report!.findings) addVoice(groups, validator, finding);
  }
  const findings = [...groups.values()]
    .map((voices) =>
      agreedFinding(
        [...voices].map(([validator, finding]) => ({ validator, finding })),
        held.length,
      ),
    )
    .sort(byAgreement)
    .slice(0, FINDINGS_MAX);
  return { modelFamilies: new Set(families).size, findings };
}

function addVoice(groups: Map<string, Map<string, Told>>, validator: string, finding: Told): void {
  const key = JSON.stringify([finding.file, finding.line, topicOf(finding)]);
  const voices = groups.get(key) ?? new Map<string, Told>();
  groups.set(key, voices);
  const said = voices.get(validator);
  if (said === undefined || RANK[finding.severity] < RANK[said.severity]) voices.set(validator, finding);
}

const SECRET_RULE = /secret|credential|password/;

/**
 * What a finding is about. Models name security rules each in their own way and give one such finding a line, so their
 * category is the topic; secrets stand apart, and elsewhere the rule's own name, without its language, tells.
 */
export function topicOf({ rule, category }: Pick<Told, 'rule' | 'category'>): string {
  if (SECRET_RULE.test(rule)) return 'secret';
  return category === 'security' ? category : `${category}/${rule.slice(rule.lastIndexOf('/') + 1)}`;
}

/** Told in the words of the first validator of the median severity: a lying minority neither raises nor lowers it. */
function agreedFinding(voices: readonly Voice[], of: number): AgreedFinding {
  const ranked = [...voices].sort((a, b) => RANK[a.finding.severity] - RANK[b.finding.severity]);
  const { severity } = ranked[(ranked.length - 1) >> 1]!.finding;
  const told = voices.find(({ finding }) => finding.severity === severity)!.finding;
  const { file, line, category, quote, message, suggestion } = told;
  return {
    file,
    line,
    category,
    severity,
    rules: [...new Set(voices.map(({ finding }) => finding.rule))].sort(),
    quote,
    message,
    ...(suggestion === undefined ? {} : { suggestion }),
    validators: voices.map(({ validator }) => validator),
    agreement: { found: voices.length, of },
  };
}

/** Code units decide ties, so that every reader on every machine gets the same order. */
function byAgreement(a: AgreedFinding, b: AgreedFinding): number {
  return (
    b.agreement.found - a.agreement.found ||
    RANK[a.severity] - RANK[b.severity] ||
    (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) ||
    a.line - b.line
  );
}
