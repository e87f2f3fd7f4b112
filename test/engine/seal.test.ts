import assert from 'node:assert/strict';
import fc from 'fast-check';
import { sealJudgement } from '../../src/engine/seal.ts';
import { abstention } from '../../src/protocol/abstention.ts';
import { decodeCanonical, encodeCanonical } from '../../src/protocol/cbor.ts';
import { ABSTAIN_REASONS, type Finding, type Judgement } from '../../src/protocol/judgement.ts';
import { REPORT_BYTES_MAX } from '../../src/protocol/limits.ts';
import { decodeReport, reportMatches } from '../../src/protocol/report.ts';
import { validationResultFromCbor, validationResultToCbor } from '../../src/protocol/validation-result.ts';
import { APPROVAL } from './fixture.ts';

const finding: Finding = {
  rule: 'r',
  severity: 'note',
  category: 'style',
  file: 'f',
  line: 1,
  quote: 'q',
  message: 'm',
};

describe('a sealed judgement', () => {
  it('is what the model said, in integers and digests, bound to its report', () => {
    const { result, reportBytes } = sealJudgement({ ...APPROVAL, confidence: 0.123456789, score: 0.5, level: 2 }, 99);
    assert.deepEqual([result.confidencePpm, result.scorePpm, result.judgedAtSeconds], [123_457, 500_000, 99]);
    assert.ok(reportMatches(result, reportBytes));
    assert.equal(decodeReport(reportBytes).level, 2);
  });

  it('can be signed, whatever a model says', () => {
    const anyJudgement = fc.record(
      {
        vote: fc.constantFrom('approve' as const, 'reject' as const, 'abstain' as const),
        abstainReason: fc.constantFrom(...ABSTAIN_REASONS),
        confidence: fc.double(),
        score: fc.double(),
        complete: fc.boolean(),
        summary: fc.string({ unit: 'binary', maxLength: 3000 }),
        findings: fc.array(fc.record({ message: fc.string({ unit: 'binary' }), rule: fc.string({ maxLength: 300 }) }), {
          maxLength: 5,
        }),
        model: fc.record({ id: fc.string({ unit: 'binary', maxLength: 300 }), family: fc.string({ maxLength: 300 }) }),
      },
      { requiredKeys: ['vote', 'confidence', 'complete', 'summary', 'findings', 'model'] },
    );
    fc.assert(
      fc.property(anyJudgement, (said) => {
        const findings = said.findings.map((each) => ({ ...finding, ...each }));
        const judgement = { ...APPROVAL, ...said, findings } as Judgement;
        const { result, reportBytes } = sealJudgement(judgement, 1);
        const read = validationResultFromCbor(decodeCanonical(encodeCanonical(validationResultToCbor(result))));
        assert.deepEqual(read, result);
        assert.ok(reportMatches(result, reportBytes));
        assert.equal(result.abstainReason !== null, result.vote === 'abstain');
      }),
    );
  });

  it('loses its last findings where they are too many, and keeps its verdict', () => {
    const wordy = { ...finding, message: '\u20ac'.repeat(2000), quote: '\u20ac'.repeat(2000) };
    const { result, reportBytes } = sealJudgement({ ...APPROVAL, findings: Array(200).fill(wordy) }, 1);
    const kept = decodeReport(reportBytes).findings.length;
    assert.ok(kept > 20 && kept < 200 && reportBytes.length <= REPORT_BYTES_MAX);
    assert.equal(result.vote, 'approve');
  });

  it('is an abstention with its reason where there is no judgement', () => {
    const { result } = sealJudgement(abstention('timeout', 'too slow'), 1);
    assert.deepEqual([result.vote, result.abstainReason, result.complete], ['abstain', 'timeout', false]);
    const { abstainReason: _none, ...silent } = abstention('timeout', 'x');
    assert.equal(sealJudgement(silent, 1).result.abstainReason, 'model_error');
  });
});
