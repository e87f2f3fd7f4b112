import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { createMockCodeReviewTask } from '../../src/models/mock-task.ts';
import { createNodeApi } from '../../src/node/node-api.ts';
import { ValidationNetwork } from '../../src/node/validation-network.ts';
import type { ValidatorNode } from '../../src/node/validator-node.ts';
import { authenticEnvelope } from '../../src/node/verify-attestation.ts';
import { fromHex } from '../../src/protocol/bytes.ts';
import { createCommittee } from '../../src/protocol/committee.ts';
import type { ConsensusResult } from '../../src/protocol/consensus-result.ts';
import type { DsseEnvelope } from '../../src/protocol/dsse.ts';
import { parseTask } from '../../src/protocol/task.ts';
import { decodeCore } from '../../src/protocol/value.ts';
import { createMemoryStore } from '../../src/store/memory-store.ts';
import { systemProgram } from '../system-programs.ts';

const VERIFIER = fileURLToPath(new URL('../protocol/dsse-verifier.py', import.meta.url));
const FACTS = {
  notes: createMemoryStore().notes,
  version: '0',
  peerId: '',
  defaultModel: '',
  judging: () => ({ queued: 0, active: 0, workers: 0, workersLost: 0, endpoints: [] }),
  dataFolder: null,
  events: { subscribe: () => () => undefined },
  escalations: { linksOf: async () => ({}) },
  playground: { judge: () => Promise.reject(new Error('nobody asked')) },
  retention: {
    counts: { bodies: 0, reports: 0, forgotten: 0 },
    forget: () => Promise.reject(new Error('nobody asked')),
  },
};

/** What the independent verifier says: its exit code and the number of keys that signed. */
function independently(python: string, input: unknown): Promise<{ code: number; signed: number }> {
  return new Promise((resolve) => {
    const child = execFile(python, [VERIFIER], (error, stdout) =>
      resolve({ code: Number(error?.code ?? 0), signed: Number(stdout) }),
    );
    child.stdin!.end(JSON.stringify(input));
  });
}

describe('an attestation of a decided task', () => {
  const task = parseTask({ ...createMockCodeReviewTask(), headSha: 'b'.repeat(40) });
  let network: ValidationNetwork;
  let nodes: ValidatorNode[];
  let result: ConsensusResult;

  before(async () => {
    network = new ValidationNetwork();
    nodes = await network.nodes();
    result = (await network.validate(task)).result;
    const signal = AbortSignal.timeout(10_000);
    await Promise.all(nodes.map((node) => node.waitForResult(result.taskId, 10_000, signal)));
  });
  after(() => network.stop());

  const collected = (index: number) => nodes[index]!.engine.attestation(result.taskId);
  const attested = () => ({ core: decodeCore(fromHex(result.core)), task });
  const statementOf = (envelope: DsseEnvelope) => JSON.parse(Buffer.from(envelope.payload, 'base64').toString());

  it('R34: holds the signatures of all validators over the same bytes, whoever collects them', async () => {
    const envelopes = await Promise.all(nodes.map((_, index) => collected(index)));
    const first = envelopes[0]!;
    assert.equal(first.signatures.length, 4);
    for (const envelope of envelopes) assert.deepEqual(envelope, first);
    assert.deepEqual(authenticEnvelope(first, createCommittee(network.genesis!), attested()), first);
  });

  it('names what anybody can hash: the diff and the commit', async () => {
    const { subject, predicateType } = statementOf((await collected(1))!);
    assert.equal(result.outcome, 'APPROVED');
    assert.equal(predicateType, 'https://in-toto.io/attestation/svr/v0.2');
    assert.ok(task.type === 'CODE_REVIEW');
    const sha256 = createHash('sha256').update(task.pullRequest.diff).digest('hex');
    assert.deepEqual(subject[0].digest, { sha256: result.taskId });
    assert.deepEqual(subject[1].digest, { sha256 });
    assert.deepEqual(subject[2].digest, { gitCommit: 'b'.repeat(40) });
  });

  it('never looks green for what was not approved', async () => {
    const rejected = parseTask({
      type: 'SKILL_ASSESSMENT',
      submission: { content: 'What is a closure?', evidence: [] },
      criteria: { skill: 'JavaScript', level: 3, requirements: ['What is a closure?'] },
    });
    const outcome = (await network.validate(rejected)).result;
    assert.notEqual(outcome.outcome, 'APPROVED');
    const { predicateType, predicate } = statementOf((await nodes[0]!.engine.attestation(outcome.taskId))!);
    assert.equal(predicateType, 'https://in-toto.io/attestation/test-result/v0.1');
    assert.equal(predicate.result, 'FAILED');
  });

  it('is accepted at the quorum by an independent verifier, and refused with one signature fewer', async function () {
    const python = systemProgram(this, 'securesystemslib') && systemProgram(this, 'python3');
    const envelope = (await collected(2))!;
    const keys = network.genesis!.validators.map(({ publicKey }) => publicKey);
    const threshold = nodes[0]!.committee.quorum;
    const quorum = { ...envelope, signatures: envelope.signatures.slice(0, threshold) };
    assert.deepEqual(await independently(python, { envelope: quorum, keys, threshold }), { code: 0, signed: 3 });
    const fewer = { ...quorum, signatures: quorum.signatures.slice(1) };
    assert.deepEqual(await independently(python, { envelope: fewer, keys, threshold }), { code: 1, signed: 2 });
    const other = { ...quorum, payload: Buffer.from('{}').toString('base64') };
    assert.deepEqual(await independently(python, { envelope: other, keys, threshold }), { code: 1, signed: 0 });
  });

  it('is not believed where a node alters it, or has too few signatures', async () => {
    const envelope = (await collected(0))!;
    const approve = { ...statementOf(envelope), predicateType: 'https://example.org/approved' };
    const altered = { ...envelope, payload: Buffer.from(JSON.stringify(approve)).toString('base64') };
    const few = { ...envelope, signatures: envelope.signatures.slice(0, 2) };
    const otherTask = { ...attested(), task: { ...task, headSha: 'c'.repeat(40) } };
    assert.throws(() => authenticEnvelope(altered, createCommittee(network.genesis!), attested()), {
      code: 'NOT_AUTHENTIC',
    });
    assert.throws(() => authenticEnvelope(few, createCommittee(network.genesis!), attested()), { code: 'UNAVAILABLE' });
    assert.throws(() => authenticEnvelope(envelope, createCommittee(network.genesis!), otherTask), {
      code: 'NOT_AUTHENTIC',
    });
  });

  it('is null for a task that is not decided', async () => {
    const api = createNodeApi(nodes[0]!, FACTS);
    assert.equal(await api.getAttestation('0'.repeat(64)), null);
  });
});
