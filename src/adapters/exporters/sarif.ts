import type { AgreedFinding } from '../../protocol/agreement.ts';
import type { ConsensusResult } from '../../protocol/consensus-result.ts';
import type { Category } from '../../protocol/judgement.ts';

/** How a finding stands against an earlier review, in SARIF's words. */
export type BaselineState = 'new' | 'unchanged';

export interface SarifInput {
  result: ConsensusResult;
  /** Those to tell, most agreed first. */
  findings: readonly AgreedFinding[];
  /** The stable id of each finding, from `findingIds` over all findings of the result. */
  ids: ReadonlyMap<AgreedFinding, string>;
  /** By these ids; without an earlier review none has a state. */
  baselineOf?: (id: string) => BaselineState;
  /** Paths that were left out of the review. */
  leftOut?: readonly string[];
  headSha?: string | undefined;
  /** Makes one line of others' text safe to show. */
  plain: (text: string) => string;
}

const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';

const HELP: Readonly<Record<Category, string>> = {
  security: 'The changed line may let somebody do what they must not: check where its data comes from.',
  correctness: 'The changed line may not do what it is meant to do: check it, or test it.',
  performance: 'The changed line may cost more time or memory than it needs.',
  style: 'The changed line is harder to read or to keep than it needs to be.',
};

/** One SARIF 2.1.0 log with one run: the findings that validators agreed on (OASIS SARIF 2.1.0, section 3). */
export function sarifLog(input: SarifInput): Record<string, unknown> {
  const { findings, ids, plain } = input;
  const rules = rulesOf(findings, plain);
  const results = findings.map((finding) => resultOf(finding, ids.get(finding)!, rules, input));
  return { $schema: SCHEMA, version: '2.1.0', runs: [runOf(input, rules, results)] };
}

function runOf({ result, leftOut = [], headSha, plain }: SarifInput, rules: Rule[], results: unknown[]) {
  const { taskId, networkId, outcome, reason, confidence } = result;
  const judged = outcome === 'APPROVED' || outcome === 'REJECTED';
  const notifications = [
    ...(judged ? [] : [`The network gave no verdict: ${outcome}${reason === undefined ? '' : ` (${reason})`}.`]),
    ...leftOut.map((path) => `Left out of the review: ${plain(path)}`),
  ].map((text, at) => ({ level: !judged && at === 0 ? 'error' : 'note', message: { text: literal(text) } }));
  return {
    tool: { driver: { name: 'pheme', rules } },
    columnKind: 'utf16CodeUnits',
    originalUriBaseIds: { SRCROOT: { description: { text: 'The root of the reviewed repository.' } } },
    invocations: [{ executionSuccessful: judged, toolExecutionNotifications: notifications }],
    results,
    properties: { taskId, networkId, outcome, confidence, ...(headSha === undefined ? {} : { headSha }) },
  };
}

interface Rule {
  id: string;
  shortDescription: { text: string };
  help: { text: string };
  properties: { tags: string[] };
}

function rulesOf(findings: readonly AgreedFinding[], plain: (text: string) => string): Rule[] {
  const categories = new Map(findings.map((finding) => [plain(finding.rules[0]!), finding.category]));
  return [...categories].map(([id, category]) => ({
    id,
    shortDescription: { text: literal(`${category}: ${id}`) },
    help: { text: HELP[category] },
    properties: { tags: [category] },
  }));
}

function resultOf(finding: AgreedFinding, id: string, rules: readonly Rule[], { baselineOf, plain }: SarifInput) {
  const { file, line, severity, quote, message, suggestion, agreement, rules: named } = finding;
  const ruleId = plain(named[0]!);
  const advice = suggestion === undefined ? '' : ` Try: ${plain(suggestion)}`;
  const share = `Found by ${agreement.found} of ${agreement.of} validators.`;
  return {
    ruleId,
    ruleIndex: rules.findIndex((rule) => rule.id === ruleId),
    level: severity,
    message: { text: literal(`${plain(message)}${advice} ${share}`) },
    locations: [{ physicalLocation: { artifactLocation: artifactOf(file), ...regionOf(line, plain(quote)) } }],
    partialFingerprints: { 'phemeFinding/v1': id },
    ...(baselineOf === undefined ? {} : { baselineState: baselineOf(id) }),
  };
}

/** A path as a relative URI: a colon, a space or a percent sign in a file's name is no part of the URI's form. */
function artifactOf(file: string) {
  const uri = file.toWellFormed().split('/').map(encodeURIComponent).join('/');
  return { uri, uriBaseId: 'SRCROOT' };
}

function regionOf(line: number, quote: string) {
  return line === 0 ? {} : { region: { startLine: line, snippet: { text: quote } } };
}

/** Brackets and braces mean links and placeholders in a SARIF message unless they are escaped (3.11.5, 3.11.6). */
function literal(text: string): string {
  return text.replace(/[\\[\]]/g, '\\$&').replace(/[{}]/g, '$&$&');
}
