import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { type SarifInput, sarifLog } from '../../../src/adapters/exporters/sarif.ts';
import { inert } from '../../../src/cli/inert.ts';
import type { AgreedFinding } from '../../../src/protocol/agreement.ts';
import { findingIds } from '../../../src/protocol/finding-id.ts';
import { HOSTILE_TEXTS, isInertLine } from '../../cli/hostile-texts.ts';
import { makeResult } from '../../node/result-fixture.ts';

const FINDING: AgreedFinding = {
  file: 'src/a b%.js',
  line: 3,
  category: 'security',
  severity: 'error',
  rules: ['js/sql-injection', 'sql-injection'],
  quote: 'query(x)',
  message: 'joins [input](https://evil.example) {0}',
  validators: [],
  agreement: { found: 3, of: 4 },
};

interface Log {
  version: string;
  runs: {
    tool: { driver: { rules: { id: string; help: { text: string } }[] } };
    invocations: { executionSuccessful: boolean; toolExecutionNotifications: { level: string }[] }[];
    results: {
      ruleId: string;
      ruleIndex: number;
      level: string;
      message: { text: string };
      baselineState?: string;
      locations: { physicalLocation: { artifactLocation: { uri: string }; region?: { startLine: number } } }[];
      partialFingerprints: Record<string, string>;
    }[];
  }[];
}

function logOf(findings: AgreedFinding[], more: Partial<SarifInput> = {}): Log {
  const names = findingIds(findings);
  const ids = new Map(findings.map((finding, at) => [finding, names[at]!]));
  return sarifLog({ result: makeResult().result, findings, ids, plain: inert, ...more }) as unknown as Log;
}

/** Path of the official schema (sarif-schema-2.1.0.json), which is not ours to pass on: checked against where it is given. */
const SCHEMA = process.env['SARIF_SCHEMA'];

describe('SARIF', () => {
  it('tells a finding once, with its rule, help, level, place and fingerprint', () => {
    const [run] = logOf([FINDING, { ...FINDING, line: 0, category: 'style', severity: 'note' }]).runs;
    const [first, second] = run!.results;
    assert.equal(first!.level, 'error');
    assert.equal(run!.tool.driver.rules[first!.ruleIndex]!.id, 'js/sql-injection');
    assert.ok(run!.tool.driver.rules[first!.ruleIndex]!.help.text.length > 20);
    const place = first!.locations[0]!.physicalLocation;
    assert.equal(place.artifactLocation.uri, 'src/a%20b%25.js');
    assert.equal(place.region?.startLine, 3);
    assert.match(first!.partialFingerprints['phemeFinding/v1']!, /^[0-9a-f]{64}$/);
    assert.equal(second!.locations[0]!.physicalLocation.region, undefined, 'SARIF counts lines from 1');
  });

  it('escapes links and placeholders', () => {
    const [result] = logOf([FINDING]).runs[0]!.results;
    assert.match(result!.message.text, /\\\[input\\\]\(https:\/\/evil\.example\) \{\{0\}\}/);
  });

  it('says that nothing was judged where there is no verdict', () => {
    const { result } = makeResult({ votes: ['approve', 'approve', 'reject', 'reject'] });
    const [invocation] = logOf([], { result }).runs[0]!.invocations;
    assert.equal(invocation!.executionSuccessful, false);
    assert.equal(invocation!.toolExecutionNotifications[0]!.level, 'error');
  });

  it('marks what is new and what an earlier review had', () => {
    const [known] = findingIds([FINDING]);
    const other = { ...FINDING, quote: 'other' };
    const log = logOf([FINDING, other], { baselineOf: (id) => (id === known ? 'unchanged' : 'new') });
    assert.deepEqual(
      log.runs[0]!.results.map(({ baselineState }) => baselineState),
      ['unchanged', 'new'],
    );
  });

  for (const [name, text] of Object.entries(HOSTILE_TEXTS)) {
    it(`is inert with ${name}`, () => {
      const log = logOf([{ ...FINDING, file: text, message: text, quote: text, suggestion: text, rules: [text] }], {
        leftOut: [text],
      });
      const strings: string[] = [];
      JSON.stringify(log, (_, value) => {
        if (typeof value === 'string') strings.push(value);
        return value as unknown;
      });
      for (const each of strings) assert.ok(isInertLine(each), JSON.stringify(each));
    });
  }

  if (SCHEMA !== undefined) {
    it('is valid by the official schema', () => {
      const { $schema: _, id: __, ...schema } = JSON.parse(readFileSync(SCHEMA, 'utf8')) as Record<string, unknown>;
      const ajv = new Ajv({ strict: false, unicodeRegExp: false }); // the schema is of draft 4
      addFormats.default(ajv);
      const isValid = ajv.compile(schema);
      const findings = [FINDING, { ...FINDING, line: 0, category: 'style' as const, severity: 'note' as const }];
      const undecided = makeResult({ votes: ['approve', 'approve', 'reject', 'reject'] }).result;
      const hostile = Object.values(HOSTILE_TEXTS).map((text) =>
        logOf([{ ...FINDING, file: text, message: text, quote: text }]),
      );
      const baseline = logOf(findings, { baselineOf: () => 'new' as const });
      for (const log of [logOf([]), logOf(findings), logOf([], { result: undecided }), baseline, ...hostile])
        assert.ok(isValid(log), ajv.errorsText(isValid.errors));
      assert.ok(!isValid({ ...logOf([]), version: '2.0.0' }));
    });
  }
});
