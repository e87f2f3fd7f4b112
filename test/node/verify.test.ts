import assert from 'node:assert/strict';
import fc from 'fast-check';
import { verifyResult } from '../../src/node/verify.ts';
import type { ConsensusResult } from '../../src/protocol/consensus-result.ts';
import { ValidationError } from '../../src/protocol/errors.ts';
import { type Genesis, genesisToJson, parseGenesis } from '../../src/protocol/genesis.ts';
import { parseTask, type Task } from '../../src/protocol/task.ts';
import { genesisOf, makeResult, TASK } from './result-fixture.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

function failedChecks(result: unknown, genesis: Genesis, expectations = {}): string[] {
  const { authentic, checks } = verifyResult(result, genesis, expectations);
  const failed = checks.filter(({ ok }) => !ok).map(({ name }) => name as string);
  assert.equal(
    authentic,
    failed.every((name) => name === 'approved'),
  );
  return failed;
}

const copy = (result: ConsensusResult) => structuredClone(result);

describe('node/verify', () => {
  const { result, genesis } = makeResult();

  it('accepts what a quorum signed, with every expectation met', () => {
    const { taskId } = result;
    const verification = verifyResult(result, genesis, {
      task: TASK,
      taskId,
      headSha: 'a'.repeat(40),
      requireApproved: true,
    });
    assert.deepEqual(
      verification.checks.map(({ name, ok }) => [name, ok]),
      [
        'form',
        'core',
        'network',
        'rules',
        'fields',
        'validators',
        'quorum',
        'signatures',
        'aggregate',
        'judgements',
        'taskId',
        'task',
        'headSha',
        'approved',
      ].map((name) => [name, true]),
    );
    assert.ok(verification.authentic && verification.satisfied);
  });

  it('accepts any quorum, any round, a single validator, and a result without judgements', () => {
    const { modelFamilies: _families, findings: _findings, ...underived } = result;
    assert.deepEqual(failedChecks(underived, genesis), []);
    const { judgements: _none, ...bare } = underived;
    assert.deepEqual(failedChecks(bare, genesis), []);
    for (const options of [
      { signers: [0, 1, 2, 3] },
      { signers: [1, 2, 3], round: 7 },
      { genesis: genesisOf(1), votes: ['reject' as const], signers: [0] },
    ]) {
      const other = makeResult(options);
      assert.deepEqual(failedChecks(other.result, other.genesis), []);
    }
  });

  it('tells an authentic rejection from an unmet requirement', () => {
    const rejected = makeResult({ votes: ['reject', 'reject', 'reject', 'abstain'] });
    const { authentic, satisfied } = verifyResult(rejected.result, rejected.genesis, { requireApproved: true });
    assert.deepEqual([authentic, satisfied], [true, false]);
    assert.deepEqual(failedChecks(rejected.result, rejected.genesis, { requireApproved: true }), ['approved']);
  });

  it('refuses another input than the one that was judged', () => {
    const other = parseTask({ ...TASK, headSha: 'b'.repeat(40) });
    assert.deepEqual(failedChecks(result, genesis, { task: other }), ['task']);
    assert.deepEqual(failedChecks(result, genesis, { taskId: '0'.repeat(64) }), ['taskId']);
    assert.deepEqual(failedChecks(result, genesis, { task: TASK, headSha: 'b'.repeat(40) }), ['headSha']);
    assert.deepEqual(failedChecks(result, genesis, { headSha: 'a'.repeat(40) }), ['headSha']);
    const { headSha: _none, ...unbound } = TASK;
    const loose = makeResult({ task: unbound as Task });
    assert.deepEqual(failedChecks(loose.result, loose.genesis, { task: unbound as Task, headSha: 'a'.repeat(40) }), [
      'headSha',
    ]);
  });

  const forgeries: [string, (forged: ConsensusResult) => void, string[]][] = [
    ['an unknown field', (forged) => Object.assign(forged, { note: 'fine' }), ['form']],
    ['an unknown field of a judgement', (forged) => Object.assign(forged.judgements![0]!, { note: 'fine' }), ['form']],
    ['a missing field', (forged) => Reflect.deleteProperty(forged, 'outcome'), ['form']],
    ['another verdict', (forged) => Object.assign(forged, { outcome: 'REJECTED' }), ['fields']],
    ['approved alone', (forged) => Object.assign(forged, { approved: false }), ['fields']],
    ['another confidence', (forged) => Object.assign(forged, { confidence: 0.99 }), ['fields']],
    ['another time', (forged) => Object.assign(forged, { decidedAt: '2020-01-01T00:00:00.000Z' }), ['fields']],
    ['an added score', (forged) => Object.assign(forged, { score: 1 }), ['fields']],
    ['an added reason', (forged) => Object.assign(forged, { reason: 'split' }), ['fields']],
    ['another task id beside the core', (forged) => Object.assign(forged, { taskId: '1'.repeat(64) }), ['fields']],
    ['validators in another order', (forged) => forged.validators.reverse(), ['validators']],
    ['signatures in another order', (forged) => forged.signatures.reverse(), ['validators']],
    ['a signature too few', (forged) => dropSigner(forged, 0), ['quorum']],
    ['a signer counted twice', (forged) => duplicateSigner(forged), ['quorum']],
    ['signers in another order', (forged) => reverseSigners(forged), ['quorum']],
    [
      'a signer that is not in the genesis',
      (forged) => Object.assign(forged.certificate.precommits[2]!, { validatorIndex: 9 }),
      ['validators', 'quorum', 'signatures'],
    ],
    ['no signers', (forged) => dropSigner(forged, 0, 3), ['quorum']],
    ['another round', (forged) => Object.assign(forged.certificate, { round: 2 }), ['signatures']],
    [
      'another position in the batch',
      (forged) => Object.assign(forged.certificate.precommits[1]!, { leafIndex: 0 }),
      ['signatures'],
    ],
    [
      'another size of the batch',
      (forged) => Object.assign(forged.certificate.precommits[1]!, { leafCount: 4 }),
      ['signatures'],
    ],
    [
      'a step of a path too many',
      (forged) => forged.certificate.precommits[1]!.path.push('0'.repeat(64)),
      ['signatures'],
    ],
    ['a judgement too few', (forged) => forged.judgements!.pop(), ['judgements']],
    ['judgements in another order', (forged) => forged.judgements!.reverse(), ['judgements']],
    ['a judgement twice', (forged) => Object.assign(forged.judgements!, { 1: forged.judgements![0] }), ['judgements']],
    [
      'another vote in a judgement',
      (forged) => Object.assign(forged.judgements![3]!, { vote: 'approve' }),
      ['judgements'],
    ],
    [
      'another finding in a report',
      (forged) => Object.assign(forged.judgements![0]!.report!.findings[0]!, { line: 2 }),
      ['judgements'],
    ],
    [
      'another coverage in a report',
      (forged) => Object.assign(forged.judgements![0]!.report!.coverage, { linesJudged: 0 }),
      ['judgements'],
    ],
    [
      'the report of another validator',
      (forged) => Object.assign(forged.judgements![0]!, { report: forged.judgements![1]!.report }),
      ['judgements'],
    ],
    ['text that encoding would cut off', (forged) => growSummary(forged), ['judgements']],
    ['more model families than judged', (forged) => Object.assign(forged, { modelFamilies: 9 }), ['judgements']],
    [
      'more agreement than the reports hold',
      (forged) => Object.assign(forged.findings![0]!.agreement, { found: 4 }),
      ['judgements'],
    ],
    ['a finding left out', (forged) => forged.findings!.pop(), ['judgements']],
    ['findings without judgements', (forged) => Reflect.deleteProperty(forged, 'judgements'), ['judgements']],
    [
      'a core of other bytes',
      (forged) => Object.assign(forged, { core: `${forged.core.slice(0, -2)}00` }),
      ['signatures'],
    ],
    ['a core that is cut', (forged) => Object.assign(forged, { core: forged.core.slice(0, -2) }), ['core']],
    ['a core that goes on', (forged) => Object.assign(forged, { core: `${forged.core}00` }), ['core']],
  ];
  for (const [what, forge, expected] of forgeries) {
    it(`refuses ${what}, and names ${expected.join(', ')}`, () => {
      const forged = copy(result);
      forge(forged);
      assert.deepEqual(failedChecks(forged, genesis), expected);
    });
  }

  it('refuses what a dishonest quorum signed against the rules', () => {
    const approved = makeResult({
      votes: ['reject', 'reject', 'reject', 'reject'],
      tamper: (core) => ({ ...core, outcome: 'APPROVED' }),
    });
    assert.deepEqual(failedChecks(approved.result, approved.genesis), ['aggregate']);
    const stranger = makeResult({ tamper: (core) => ({ ...core, unrevealed: [7] }) });
    assert.deepEqual(failedChecks(stranger.result, stranger.genesis), ['core']);
    const twice = makeResult({ tamper: (core) => ({ ...core, unrevealed: [0] }) });
    assert.deepEqual(failedChecks(twice.result, twice.genesis), ['core']);
  });

  it('refuses the result of another network, naming it', () => {
    assert.deepEqual(failedChecks(result, genesisOf(4, 'other')), ['network', 'rules', 'signatures']);
    const stricter = { ...genesis, rules: { ...genesis.rules, minConfidencePpm: 900_001 } };
    assert.ok(failedChecks(result, stricter).includes('rules'));
  });

  // A refused signature costs a millisecond: one signer for every byte, a quorum for some.
  const single = makeResult({ genesis: genesisOf(1), votes: ['approve'], signers: [0] });

  it('refuses any changed byte of the core', () => {
    for (const [{ result, genesis }, step] of [
      [single, 1],
      [makeResult(), 11],
    ] as const) {
      const bytes = Buffer.from(result.core, 'hex');
      for (let at = 0; at < bytes.length; at += step) {
        const core = Buffer.from(bytes);
        core[at]! ^= 1 << (at % 8);
        assert.notDeepEqual(failedChecks({ ...result, core: core.toString('hex') }, genesis), [], `byte ${at}`);
      }
    }
  }).timeout(10_000);

  it('refuses any changed byte of any signature, in both places at once', () => {
    result.signatures.forEach((signature, signer) => {
      for (let at = 0; at < 64; at += 3) {
        const bytes = Buffer.from(signature, 'hex');
        bytes[at]! ^= 1 << (at % 8);
        const forged = copy(result);
        forged.signatures[signer] = bytes.toString('hex');
        forged.certificate.precommits[signer]!.signature = bytes.toString('hex');
        assert.deepEqual(failedChecks(forged, genesis), ['signatures'], `byte ${at} of signature ${signer}`);
      }
    });
  });

  it('refuses any changed byte of the genesis', () => {
    const text = JSON.stringify(genesisToJson(single.genesis));
    let parsed = 0;
    for (let at = 0; at < text.length; at++) {
      const changed = text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ 1) + text.slice(at + 1);
      const other = tryGenesis(changed);
      if (other === undefined) continue;
      parsed++;
      assert.notDeepEqual(failedChecks(single.result, other), [], `byte ${at}: ${changed.slice(at - 10, at + 10)}`);
    }
    assert.ok(parsed > 10, `${parsed} changed files were still a genesis`);
  }).timeout(10_000);

  it('refuses any one changed value of the JSON, and never crashes', () => {
    const paths = leafPaths(result as unknown as Json, []);
    const change = fc.record({
      path: fc.constantFrom(...paths),
      value: fc.oneof(fc.jsonValue(), fc.string(), fc.nat(), fc.constant(-0)),
    });
    fc.assert(
      fc.property(change, ({ path, value }) => {
        const forged = copy(result) as unknown as Json;
        const before = replace(forged, path, value as Json);
        fc.pre(JSON.stringify(before) !== JSON.stringify(value));
        assert.notDeepEqual(failedChecks(forged, genesis), [], path.join('.'));
      }),
      { numRuns: 300 },
    );
  });

  it('answers any JSON with a verification', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        assert.deepEqual(failedChecks(value, genesis), ['form']);
      }),
      { numRuns: 100 },
    );
  });
});

function dropSigner(forged: ConsensusResult, at: number, count = 1): void {
  for (const list of [forged.validators, forged.signatures, forged.certificate.precommits]) list.splice(at, count);
}

function duplicateSigner(forged: ConsensusResult): void {
  for (const list of [forged.validators, forged.signatures, forged.certificate.precommits] as unknown[][])
    list[2] = list[1];
}

function reverseSigners(forged: ConsensusResult): void {
  for (const list of [forged.validators, forged.signatures, forged.certificate.precommits]) list.reverse();
}

function growSummary(forged: ConsensusResult): void {
  forged.judgements![0]!.report!.summary += '!';
}

function tryGenesis(text: string): Genesis | undefined {
  try {
    return parseGenesis(JSON.parse(text));
  } catch (error) {
    assert.ok(error instanceof SyntaxError || error instanceof ValidationError);
    return undefined;
  }
}

function leafPaths(value: Json, path: string[]): string[][] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) => leafPaths(inner as Json, [...path, key]));
}

/** Puts a value in place of another and returns the other. */
function replace(root: Json, path: string[], value: Json): Json {
  const parent = path.slice(0, -1).reduce<Json>((inner, key) => (inner as Record<string, Json>)[key]!, root) as Record<
    string,
    Json
  >;
  const last = path.at(-1)!;
  const before = parent[last]!;
  parent[last] = value;
  return before;
}
