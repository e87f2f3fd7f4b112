import assert from 'node:assert/strict';
import fc from 'fast-check';
import { agreedFindingSchema, agreementOf } from '../../src/protocol/agreement.ts';
import type { Finding, Vote } from '../../src/protocol/judgement.ts';

const key = (index: number) => index.toString(16).padStart(64, '0');

function finding(change: Partial<Finding> = {}): Finding {
  return {
    rule: 'js/sql-injection',
    severity: 'error',
    category: 'security',
    file: 'a.js',
    line: 3,
    quote: 'db.query(sql)',
    message: 'text becomes a statement',
    ...change,
  };
}

/** Judgements by position; undefined for one whose report is not held. */
function judged(...found: (Finding[] | undefined)[]) {
  return found.map((findings, index) => ({
    validator: key(index),
    vote: 'reject' as Vote,
    model: { family: `family-${index}` },
    ...(findings === undefined ? {} : { report: { findings } }),
  }));
}

const agreements = (...found: (Finding[] | undefined)[]) =>
  agreementOf(judged(...found)).findings.map(({ agreement }) => `${agreement.found} of ${agreement.of}`);

describe('agreement behind findings', () => {
  it('joins what different validators say of one line, whatever they call the rule', () => {
    const other = finding({ rule: 'model/tainted query', message: 'injection' });
    const { findings } = agreementOf(judged([finding()], [], [other], [finding({ rule: 'tokens/resembles' })]));
    assert.equal(findings.length, 1);
    const [{ rules, validators, agreement, message }] = findings as [(typeof findings)[0]];
    assert.deepEqual(agreement, { found: 3, of: 4 });
    assert.deepEqual(rules, ['js/sql-injection', 'model/tainted query', 'tokens/resembles']);
    assert.deepEqual(validators, [key(0), key(2), key(3)]);
    assert.equal(message, 'text becomes a statement');
    agreedFindingSchema.parse(findings[0]);
  });

  it('counts a validator once, however often it repeats itself', () => {
    assert.deepEqual(agreements([finding(), finding({ rule: 'js/x' }), finding()], []), ['1 of 2']);
  });

  it('keeps other lines, files and topics apart', () => {
    const secret = finding({ rule: 'secret/aws-access-key' });
    const style = finding({ rule: 'js/long-line', category: 'style', severity: 'note' });
    const naming = finding({ rule: 'js/naming', category: 'style', severity: 'note' });
    assert.deepEqual(
      agreements([finding()], [finding({ line: 4 })], [finding({ file: 'b.js' })], [secret, style], [naming]),
      Array.from({ length: 6 }, () => '1 of 5'),
    );
    assert.deepEqual(agreements([style], [{ ...style, rule: 'py/long-line' }]), ['2 of 2']);
  });

  it('leaves judgements whose report is not held out of the count', () => {
    assert.deepEqual(agreements([finding()], undefined, [finding()], undefined), ['2 of 2']);
    assert.deepEqual(agreementOf(judged(undefined)).findings, []);
  });

  it('takes the median severity: one of four neither raises nor lowers it', () => {
    const severities = (...own: Finding['severity'][]) =>
      agreementOf(judged(...own.map((severity) => [finding({ severity })]))).findings[0]!.severity;
    assert.equal(severities('error', 'note', 'note', 'note'), 'note');
    assert.equal(severities('note', 'error', 'error', 'error'), 'error');
    assert.equal(severities('error', 'warning', 'note'), 'warning');
  });

  it('puts the most agreed first, then the gravest', () => {
    const note = finding({ line: 1, severity: 'note' });
    const late = finding({ line: 9 });
    const lines = agreementOf(judged([note, late], [finding({ line: 5 }), late])).findings.map(({ line }) => line);
    assert.deepEqual(lines, [9, 5, 1]);
  });

  it('counts families of those that gave a verdict only', () => {
    const judgements = judged([], [], [], []).map((item, index) => ({
      ...item,
      vote: (index === 3 ? 'abstain' : 'approve') as Vote,
      model: { family: index === 1 ? 'family-0' : item.model.family },
    }));
    assert.equal(agreementOf(judgements).modelFamilies, 2);
  });

  it('shows at most as many findings as one report may hold', () => {
    const many = (file: string) => Array.from({ length: 200 }, (_, line) => finding({ file, line }));
    assert.equal(agreementOf(judged(many('a'), many('b'))).findings.length, 200);
  });

  it('never counts more voices than validators, and every reader gets the same', () => {
    const findings = fc.array(
      fc.record({ line: fc.nat(3), file: fc.constantFrom('a', 'b'), rule: fc.constantFrom('js/x', 'y', 'secret/z') }),
    );
    fc.assert(
      fc.property(fc.array(fc.option(findings, { nil: undefined }), { maxLength: 5 }), (reports) => {
        const judgements = judged(...reports.map((report) => report?.map(finding)));
        const agreement = agreementOf(judgements);
        const held = reports.filter((report) => report !== undefined).length;
        for (const { agreement: count, validators } of agreement.findings) {
          assert.ok(count.found >= 1 && count.found <= count.of && count.of === held);
          assert.equal(new Set(validators).size, count.found);
        }
        assert.deepEqual(agreementOf(structuredClone(judgements)), agreement);
      }),
    );
  });
});
