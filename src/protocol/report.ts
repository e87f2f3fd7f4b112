import type { CborValue } from './cbor.ts';
import { decodeCanonical, encodeCanonical } from './cbor.ts';
import { ProtocolError } from './errors.ts';
import { arrayOf, integerOf, listOf, optional, textOf, wordOf } from './fields.ts';
import { type Digest, hash } from './hash.ts';
import {
  CATEGORIES,
  type Coverage,
  type Finding,
  type Judgement,
  type RequirementFeedback,
  SEVERITIES,
  type Usage,
} from './judgement.ts';
import {
  CRITERIA_CHARS_MAX,
  CRITERIA_ITEMS_MAX,
  FILES_MAX,
  FINDING_CHARS_MAX,
  FINDINGS_MAX,
  IDENTIFIER_CHARS_MAX,
  NAME_CHARS_MAX,
  REPORT_BYTES_MAX,
} from './limits.ts';
import { PPM, ppmToNumber, probabilityToPpm } from './ppm.ts';
import type { ValidationResult } from './validation-result.ts';

/** The version of the report's form. */
export const REPORT_VERSION = 1;

/** The part of a judgement that people read; content-addressed, and only its digest is voted on. */
export type Report = Pick<Judgement, 'summary' | 'findings' | 'coverage' | 'feedback' | 'level' | 'usage'>;

const COUNT_MAX = 2 ** 31 - 1;
const OMISSIONS_MAX = 200;

/**
 * Canonical bytes of a report, shortened to its limits where a model said too much.
 * @throws ProtocolError if it is over {@link REPORT_BYTES_MAX} even so
 */
export function encodeReport(report: Report): Uint8Array {
  const { summary, findings, coverage, feedback, level, usage } = report;
  const bytes = encodeCanonical([
    REPORT_VERSION,
    text(summary, FINDING_CHARS_MAX),
    findings.slice(0, FINDINGS_MAX).map(findingToCbor),
    coverageToCbor(coverage),
    feedback === undefined ? null : feedback.slice(0, CRITERIA_ITEMS_MAX).map(feedbackToCbor),
    level ?? null,
    usage === undefined ? null : [usage.promptTokens, usage.completionTokens, usage.costMicros],
  ]);
  if (bytes.length > REPORT_BYTES_MAX) throw new ProtocolError(`a report of ${bytes.length} bytes is over the limit`);
  return bytes;
}

/** @throws ProtocolError */
export function decodeReport(bytes: Uint8Array): Report {
  if (bytes.length > REPORT_BYTES_MAX) throw new ProtocolError(`a report of ${bytes.length} bytes is over the limit`);
  const [version, summary, findings, coverage, feedback, level, usage] = arrayOf(decodeCanonical(bytes), 'report', 7);
  integerOf(version, 'report version', REPORT_VERSION, REPORT_VERSION);
  const notes = optional(feedback, (items) => listOf(items, 'feedback', CRITERIA_ITEMS_MAX, feedbackFromCbor));
  const reached = optional(level, (value) => integerOf(value, 'level', 0, COUNT_MAX));
  const used = optional(usage, usageFromCbor);
  return {
    summary: textOf(summary, 'summary', FINDING_CHARS_MAX),
    findings: listOf(findings, 'findings', FINDINGS_MAX, findingFromCbor),
    coverage: coverageFromCbor(coverage),
    ...(notes === null ? {} : { feedback: notes }),
    ...(reached === null ? {} : { level: reached }),
    ...(used === null ? {} : { usage: used }),
  };
}

export function reportDigestOf(reportBytes: Uint8Array): Digest {
  return hash('pheme/report/1', reportBytes);
}

export function coverageDigestOf(coverage: Coverage): Digest {
  return hash('pheme/coverage/1', coverageToCbor(coverage));
}

/** What the signed result must say of its report, recomputed from the report's bytes. */
export function reportMatches(result: ValidationResult, reportBytes: Uint8Array): boolean {
  if (reportDigestOf(reportBytes) !== result.reportDigest) return false;
  return coverageDigestOf(decodeReport(reportBytes).coverage) === result.coverageDigest;
}

/** Cuts text to a limit of UTF-16 units, never through a surrogate pair, and mends lone surrogates. */
function text(value: string, charsMax: number): string {
  return value.slice(0, charsMax).toWellFormed();
}

function findingToCbor(finding: Finding): CborValue {
  return [
    text(finding.rule, IDENTIFIER_CHARS_MAX),
    SEVERITIES.indexOf(finding.severity),
    CATEGORIES.indexOf(finding.category),
    text(finding.file, NAME_CHARS_MAX),
    finding.line,
    text(finding.quote, FINDING_CHARS_MAX),
    text(finding.message, FINDING_CHARS_MAX),
    finding.suggestion === undefined ? null : text(finding.suggestion, FINDING_CHARS_MAX),
  ];
}

function findingFromCbor(value: CborValue): Finding {
  const [rule, severity, category, file, line, quote, message, suggestion] = arrayOf(value, 'finding', 8);
  const advice = optional(suggestion, (present) => textOf(present, 'suggestion', FINDING_CHARS_MAX));
  return {
    rule: textOf(rule, 'rule', IDENTIFIER_CHARS_MAX),
    severity: wordOf(severity, 'severity', SEVERITIES),
    category: wordOf(category, 'category', CATEGORIES),
    file: textOf(file, 'file', NAME_CHARS_MAX),
    line: integerOf(line, 'line', 0, COUNT_MAX),
    quote: textOf(quote, 'quote', FINDING_CHARS_MAX),
    message: textOf(message, 'message', FINDING_CHARS_MAX),
    ...(advice === null ? {} : { suggestion: advice }),
  };
}

function coverageToCbor(coverage: Coverage): CborValue {
  const { filesTotal, filesJudged, linesTotal, linesJudged, omitted } = coverage;
  const left = omitted
    .slice(0, OMISSIONS_MAX)
    .map(({ what, reason }) => [text(what, NAME_CHARS_MAX), text(reason, IDENTIFIER_CHARS_MAX)]);
  return [filesTotal, filesJudged, linesTotal, linesJudged, left];
}

function coverageFromCbor(value: CborValue | undefined): Coverage {
  const [filesTotal, filesJudged, linesTotal, linesJudged, omitted] = arrayOf(value, 'coverage', 5);
  return {
    filesTotal: integerOf(filesTotal, 'filesTotal', 0, FILES_MAX * 100),
    filesJudged: integerOf(filesJudged, 'filesJudged', 0, FILES_MAX * 100),
    linesTotal: integerOf(linesTotal, 'linesTotal', 0, COUNT_MAX),
    linesJudged: integerOf(linesJudged, 'linesJudged', 0, COUNT_MAX),
    omitted: listOf(omitted, 'omitted', OMISSIONS_MAX, (item) => {
      const [what, reason] = arrayOf(item, 'omission', 2);
      return { what: textOf(what, 'what', NAME_CHARS_MAX), reason: textOf(reason, 'reason', IDENTIFIER_CHARS_MAX) };
    }),
  };
}

function feedbackToCbor({ requirement, score, comment }: RequirementFeedback): CborValue {
  return [text(requirement, CRITERIA_CHARS_MAX), probabilityToPpm(score), text(comment, FINDING_CHARS_MAX)];
}

function feedbackFromCbor(value: CborValue): RequirementFeedback {
  const [requirement, score, comment] = arrayOf(value, 'feedback', 3);
  return {
    requirement: textOf(requirement, 'requirement', CRITERIA_CHARS_MAX),
    score: ppmToNumber(integerOf(score, 'score', 0, PPM)),
    comment: textOf(comment, 'comment', FINDING_CHARS_MAX),
  };
}

function usageFromCbor(value: CborValue): Usage {
  const numbers = arrayOf(value, 'usage', 3).map((item) => integerOf(item, 'usage', 0, Number.MAX_SAFE_INTEGER));
  const [promptTokens, completionTokens, costMicros] = numbers as [number, number, number];
  return { promptTokens, completionTokens, costMicros };
}
