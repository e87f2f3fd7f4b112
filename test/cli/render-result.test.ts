import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { Output } from '../../src/cli/io.ts';
import { renderResult } from '../../src/cli/render-result.ts';
import type { ConsensusResult } from '../../src/protocol/consensus-result.ts';
import { makeResult } from '../node/result-fixture.ts';
import { HOSTILE_TEXTS, isInertLine } from './hostile-texts.ts';
import { Captured } from './run.ts';

const { result, committee } = makeResult();

/** The result with this finding as the only one of all judgements. */
function withFinding(change: Record<string, string>): ConsensusResult {
  const [first, ...others] = result.judgements!;
  const finding = { ...first!.report!.findings[0]!, ...change };
  return {
    ...result,
    judgements: [
      { ...first!, report: { ...first!.report!, summary: '', findings: [finding] } },
      ...others.map(({ report: _report, ...view }) => view),
    ],
  };
}

function shown(of: ConsensusResult): string[] {
  const stdout = new Captured();
  const out = new Output(
    { stdin: Readable.from([]), stdout, stderr: new Captured(), env: {}, signal: new AbortController().signal },
    false,
  );
  for (const { text, tone } of renderResult(of, committee)) out.line(text, tone);
  return stdout.text.trimEnd().split('\n');
}

function judgementLine(lines: readonly string[], index: number): string {
  return lines.find((line) => line.startsWith(`validator ${index} `))!;
}

describe('a result for people', () => {
  it('keeps its lines whatever findings say: none forges, hides or commands', () => {
    const linesExpected = shown(withFinding({})).length;
    for (const text of Object.values(HOSTILE_TEXTS)) {
      for (const field of ['file', 'rule', 'quote', 'message', 'suggestion']) {
        const lines = shown(withFinding({ [field]: text }));
        assert.equal(lines.length, linesExpected, field);
        assert.ok(lines.every(isInertLine), field);
      }
    }
  });

  it('names a validator without a result', () => {
    const lines = shown({ ...result, judgements: result.judgements!.slice(1) });
    assert.match(judgementLine(lines, 0), /^validator 0 \([0-9a-f]{8}\) {2}is not in the result$/);
  });

  it('says why one abstained and when only a part was judged', () => {
    const [first, second, ...others] = result.judgements!;
    const abstained = { ...first!, vote: 'abstain' as const, abstainReason: 'timeout' as const };
    const lines = shown({ ...result, judgements: [abstained, { ...second!, complete: false }, ...others] });
    assert.match(judgementLine(lines, 0), /model-0 {2}abstains: timeout$/);
    assert.ok(lines.some((line) => /model-1 .*part of the input only, which counts as an abstention$/.test(line)));
  });

  it('says that a verdict below the confidence that the network asks for does not count', () => {
    const [first, ...others] = result.judgements!;
    const lines = shown({ ...result, judgements: [{ ...first!, confidence: 0.79 }, ...others] });
    assert.match(judgementLine(lines, 0), /approves, confidence 79\.0%, which counts as an abstention$/);
  });

  it('begins with what was found and by how many, recomputed from the judgements', () => {
    const forged = { ...result, modelFamilies: 99, findings: [{ ...result.findings![0]!, message: 'all is well' }] };
    const lines = shown(forged);
    assert.deepEqual(lines.slice(0, 5), [
      'findings',
      '    3 of 3  x.js:1  warning  js/x',
      '      | b',
      '      look',
      '      try: c',
    ]);
    assert.ok(lines.includes('models    verdicts of 4 model families'));
  });

  it('says that one family stands behind every verdict', () => {
    const judgements = result.judgements!.map((view) => ({ ...view, model: { ...view.model, family: 'gpt' } }));
    assert.ok(shown({ ...result, judgements }).includes('models    verdicts of one model family, which errs as one'));
  });

  it('cuts a long list of findings and says so', () => {
    const [first, ...others] = result.judgements!;
    const findings = Array.from({ length: 25 }, (_, at) => ({ ...first!.report!.findings[0]!, line: at + 1 }));
    const lines = shown({ ...result, judgements: [{ ...first!, report: { ...first!.report!, findings } }, ...others] });
    assert.ok(lines.some((line) => line.includes('and 5 more; --json shows them')));
  });

  it('says what a model behind an endpoint used', () => {
    const [first, ...others] = result.judgements!;
    const using = (costMicros: number) => {
      const usage = { promptTokens: 1200, completionTokens: 34, costMicros };
      return shown({ ...result, judgements: [{ ...first!, report: { ...first!.report!, usage } }, ...others] });
    };
    assert.ok(using(1500).includes('    used 1200 + 34 tokens, cost 0.001500'));
    assert.ok(using(0).includes('    used 1200 + 34 tokens'));
  });

  it('never rounds a confidence up to certainty', () => {
    const lines = shown({ ...result, confidence: 0.99999 });
    assert.ok(lines.some((line) => line.includes('confidence 99.9%')));
  });
});
