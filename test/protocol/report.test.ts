import assert from 'node:assert/strict';
import fc from 'fast-check';
import { encodeCanonical } from '../../src/protocol/cbor.ts';
import { ProtocolError } from '../../src/protocol/errors.ts';
import type { Finding } from '../../src/protocol/judgement.ts';
import { FINDING_CHARS_MAX, FINDINGS_MAX, IDENTIFIER_CHARS_MAX, REPORT_BYTES_MAX } from '../../src/protocol/limits.ts';
import {
  coverageDigestOf,
  decodeReport,
  encodeReport,
  type Report,
  reportDigestOf,
  reportMatches,
} from '../../src/protocol/report.ts';
import { mutationsOf, resultOf } from './samples.ts';

const finding: Finding = {
  rule: 'js/sql-injection',
  severity: 'error',
  category: 'security',
  file: 'src/db.ts',
  line: 12,
  quote: 'db.query(text)',
  message: 'A query is built from user input.',
  suggestion: 'Bind parameters.',
};
const report: Report = {
  summary: 'One injection.',
  findings: [finding],
  coverage: {
    filesTotal: 2,
    filesJudged: 1,
    linesTotal: 9,
    linesJudged: 8,
    omitted: [{ what: 'logo.png', reason: 'binary' }],
  },
  feedback: [{ requirement: 'explains unions', score: 0.25, comment: 'Barely.' }],
  level: 3,
  usage: { promptTokens: 10, completionTokens: 20, costMicros: 30 },
};
const bare: Report = { summary: '', findings: [], coverage: { ...report.coverage, omitted: [] } };

describe('a report', () => {
  it('reads back as it was written, with and without its optional parts', () => {
    const { suggestion: _none, ...terse } = finding;
    for (const each of [report, bare, { ...report, findings: [terse] }]) {
      assert.deepEqual(decodeReport(encodeReport(each)), each);
    }
  });

  it('is shortened to its limits where a model said too much, once and for all', () => {
    const long = 'x'.repeat(3000);
    const wordy: Report = {
      ...report,
      summary: long,
      findings: Array(300).fill({ ...finding, rule: long, message: long }),
    };
    const read = decodeReport(encodeReport({ ...wordy, findings: wordy.findings.slice(0, 100) }));
    assert.equal(read.summary.length, FINDING_CHARS_MAX);
    assert.equal(read.findings[0]!.rule.length, IDENTIFIER_CHARS_MAX);
    assert.deepEqual(decodeReport(encodeReport(read)), read);
    const short = { ...wordy, findings: Array<Finding>(300).fill(finding) };
    assert.equal(decodeReport(encodeReport(short)).findings.length, FINDINGS_MAX);
    const wide = { ...wordy, findings: Array<Finding>(200).fill({ ...finding, message: '\u20ac'.repeat(2000) }) };
    assert.throws(() => encodeReport(wide), /over the limit/);
  });

  it('is cut through no surrogate pair, and mends lone ones', () => {
    const cut = decodeReport(encodeReport({ ...bare, summary: `${'x'.repeat(FINDING_CHARS_MAX - 1)}\u{1f600}` }));
    assert.ok(cut.summary.isWellFormed());
    assert.equal(decodeReport(encodeReport({ ...bare, summary: 'a\ud800' })).summary, 'a\ufffd');
  });

  it('is refused or another report with any byte changed', () => {
    const bytes = encodeReport(report);
    for (const mutated of mutationsOf(bytes)) {
      const read = orRefusal(() => decodeReport(mutated));
      if (read !== undefined) assert.notDeepEqual(read, report);
    }
  });

  it('is refused, never crashed at, as arbitrary bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => void orRefusal(() => decodeReport(bytes))));
    assert.throws(() => decodeReport(new Uint8Array(REPORT_BYTES_MAX + 1)), /over the limit/);
    assert.throws(
      () => decodeReport(encodeCanonical([2, '', [], [0, 0, 0, 0, []], null, null, null])),
      /report version/,
    );
  });

  it('belongs to a result by its digest and by that of its coverage', () => {
    const bytes = encodeReport(report);
    const result = resultOf({ reportDigest: reportDigestOf(bytes), coverageDigest: coverageDigestOf(report.coverage) });
    assert.ok(reportMatches(result, bytes));
    assert.ok(!reportMatches(result, encodeReport(bare)));
    assert.ok(!reportMatches({ ...result, coverageDigest: coverageDigestOf(bare.coverage) }, bytes));
  });
});

function orRefusal<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    assert.ok(error instanceof ProtocolError, `${error}`);
    return undefined;
  }
}
