import assert from 'node:assert/strict';
import { aggregate } from '../../src/consensus/aggregate.ts';
import { createAuthenticator } from '../../src/protocol/authenticator.ts';
import { verifyLeafProof } from '../../src/protocol/batch.ts';
import type { Cert } from '../../src/protocol/bundle.ts';
import { toHex } from '../../src/protocol/bytes.ts';
import { parseConsensusResult, proofFromJson, renderConsensusResult } from '../../src/protocol/consensus-result.ts';
import { createVerifier } from '../../src/protocol/ed25519.ts';
import { coverageDigestOf, encodeReport, reportDigestOf } from '../../src/protocol/report.ts';
import { type Core, closesDigestOf, encodeCore, valueIdOf } from '../../src/protocol/value.ts';
import { committeeOf, digestOf, resultOf } from './samples.ts';
import { bundleOf, SIGNERS } from './signing.ts';

const committee = committeeOf();
const taskId = digestOf(1);
const report = {
  summary: 'Fine.',
  findings: [],
  coverage: { filesTotal: 1, filesJudged: 1, linesTotal: 1, linesJudged: 1, omitted: [] },
};
const reportBytes = encodeReport(report);
const reportDigest = reportDigestOf(reportBytes);
const reveals = [0, 1, 3].map((index) => ({
  index,
  result: resultOf({
    reportDigest,
    coverageDigest: coverageDigestOf(report.coverage),
    scorePpm: 500_000,
    promptDigest: digestOf(6),
  }),
  salt: digestOf(index),
}));
const core: Core = {
  networkId: committee.networkId,
  configDigest: committee.configDigest,
  taskId,
  ...aggregate(committee, reveals),
  reveals,
  unrevealed: [],
  closesDigest: closesDigestOf([]),
};

function certOf(of: Core, signers = [3, 0, 1]): Cert {
  const coreBytes = encodeCore(of);
  const leaf = { type: 'PRECOMMIT', taskId, round: 2, valueId: valueIdOf(coreBytes) } as const;
  const votes = signers.map((signer) => ({ signer, leaf }));
  return createAuthenticator(committee).openBundle(bundleOf(committee, 'CERT', taskId, votes, coreBytes)) as Cert;
}

describe('a consensus result', () => {
  const cert = certOf(core);
  const rendered = renderConsensusResult(committee, cert, new Map([[reportDigest, reportBytes]]));

  it('shows the agreed core in the words of the domain', () => {
    const {
      core: coreHex,
      certificate: _proofs,
      judgements: _judgements,
      modelFamilies: _families,
      findings: _findings,
      validators,
      signatures: _signatures,
      ...fields
    } = rendered;
    assert.deepEqual(fields, {
      taskId,
      networkId: committee.networkId,
      configDigest: committee.configDigest,
      outcome: 'APPROVED',
      approved: true,
      confidence: 0.9,
      score: 0.5,
      decidedAt: '2023-11-14T22:13:20.000Z',
    });
    assert.equal(coreHex, toHex(cert.coreBytes));
    assert.deepEqual(
      validators,
      [0, 1, 3].map((index) => committee.validators[index]!.publicKey),
    );
  });

  it('carries proofs that verify by themselves, in the order of the committee', () => {
    assert.equal(rendered.certificate.round, 2);
    const leafBytes = cert.votes[0]!.bytes;
    rendered.certificate.precommits.forEach((entry, position) => {
      const proof = proofFromJson(entry);
      assert.equal(proof.validatorIndex, [0, 1, 3][position]);
      assert.equal(entry.signature, rendered.signatures[position]);
      const verifier = createVerifier(SIGNERS[proof.validatorIndex]!.publicKey);
      assert.ok(verifyLeafProof(committee.configDigest, leafBytes, proof, verifier));
    });
  });

  it('lists judgements where reports were asked for, each with the report that is held', () => {
    const [first] = rendered.judgements!;
    assert.deepEqual(first!.report, report);
    assert.equal(first!.vote, 'approve');
    assert.equal(first!.promptDigest, digestOf(6));
    assert.equal('abstainReason' in first!, false);
    assert.equal(renderConsensusResult(committee, cert).judgements, undefined);
    const without = renderConsensusResult(committee, cert, new Map());
    assert.equal(without.judgements!.length, 3);
    assert.equal('report' in without.judgements![0]!, false);
    assert.deepEqual([without.modelFamilies, without.findings], [1, []]);
  });

  it('shows a reason and no score where the core says so', () => {
    const split = [0, 1, 2, 3].map((index) => ({
      index,
      result: resultOf({ vote: index < 2 ? 'approve' : 'reject' }),
      salt: digestOf(index),
    }));
    const shown = renderConsensusResult(committee, certOf({ ...core, ...aggregate(committee, split), reveals: split }));
    assert.equal(shown.outcome, 'INCONCLUSIVE');
    assert.equal(shown.reason, 'split');
    assert.equal(shown.approved, false);
    assert.equal('score' in shown, false);
  });

  it('survives JSON and its own parser', () => {
    assert.deepEqual(parseConsensusResult(JSON.parse(JSON.stringify(rendered))), rendered);
  });

  const places: [string, (json: Record<string, unknown>) => void][] = [
    ['an unknown field', (json) => Object.assign(json, { extra: 1 })],
    ['an unknown field in the certificate', (json) => Object.assign(json['certificate'] as object, { extra: 1 })],
    ['an unknown outcome', (json) => Object.assign(json, { outcome: 'MAYBE' })],
    ['upper-case hex', (json) => Object.assign(json, { taskId: taskId.toUpperCase().replace(/0/g, 'A') })],
    ['a short digest', (json) => Object.assign(json, { networkId: 'ab' })],
    ['an odd core', (json) => Object.assign(json, { core: 'abc' })],
    ['an empty core', (json) => Object.assign(json, { core: '' })],
    ['a confidence above 1', (json) => Object.assign(json, { confidence: 1.1 })],
    ['a confidence as text', (json) => Object.assign(json, { confidence: '0.9' })],
    ['another certificate version', (json) => Object.assign(json['certificate'] as object, { version: 2 })],
    ['no certificate', (json) => Object.assign(json, { certificate: null })],
    ['a negative round', (json) => Object.assign(json['certificate'] as object, { round: -1 })],
    ['a batch past its size', (json) => Object.assign(entryOf(json), { leafCount: 4097 })],
    ['a fractional place', (json) => Object.assign(entryOf(json), { leafIndex: 0.5 })],
    ['a short signature', (json) => Object.assign(json, { signatures: ['ab'] })],
    ['an unknown vote', (json) => Object.assign((json['judgements'] as object[])[0]!, { vote: 'maybe' })],
  ];
  for (const [what, spoil] of places) {
    it(`is refused with ${what}`, () => {
      const json = JSON.parse(JSON.stringify(rendered)) as Record<string, unknown>;
      spoil(json);
      assert.throws(() => parseConsensusResult(json), { code: 'MALFORMED', message: /^not a ConsensusResult: / });
    });
  }

  it('is refused as anything else, with few words', () => {
    for (const input of [null, 1, 'x', [], {}]) {
      assert.throws(
        () => parseConsensusResult(input),
        (error: Error) => error.message.length < 2000,
      );
    }
  });
});

function entryOf(json: Record<string, unknown>): object {
  return (json['certificate'] as { precommits: object[] }).precommits[0]!;
}
