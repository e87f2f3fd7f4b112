import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { createHash, hash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import * as browserBuffer from '../../src/dashboard/browser/buffer.ts';
import * as browserCrypto from '../../src/dashboard/browser/crypto.ts';
import * as browserUtil from '../../src/dashboard/browser/util.ts';
import { type CheckInput, checkResult } from '../../src/dashboard/logic/check-result.ts';
import { coreView } from '../../src/dashboard/logic/core.ts';
import { applyChange, epochChangeToJson, proposeChange, signChange } from '../../src/protocol/epoch-change.ts';
import { genesisToJson } from '../../src/protocol/genesis.ts';
import type { Vote } from '../../src/protocol/judgement.ts';
import { genesisOf, makeResult, signerOf, TASK } from '../node/result-fixture.ts';

describe('what stands in for Node.js in the browser', () => {
  it('hashes as node:crypto does', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        assert.equal(browserCrypto.hash('sha256', bytes, 'hex'), hash('sha256', bytes, 'hex'));
        const digest = browserCrypto.createHash('sha512').update(bytes).digest();
        assert.deepEqual(Buffer.from(digest), createHash('sha512').update(bytes).digest());
      }),
    );
  });

  it('compares as node:util does, for whatever JSON can hold', () => {
    const json = fc.jsonValue({ maxDepth: 3 });
    fc.assert(
      fc.property(json, json, fc.boolean(), (a, b, same) => {
        const other = same ? structuredClone(a) : b;
        assert.equal(browserUtil.isDeepStrictEqual(a, other), isDeepStrictEqual(a, other));
      }),
    );
    assert.equal(browserUtil.isDeepStrictEqual({ a: undefined }, {}), false);
    assert.equal(browserUtil.isDeepStrictEqual([], {}), false);
  });

  it('handles bytes and text as node:buffer does', () => {
    const Twin = browserBuffer.Buffer;
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.uint8Array(), fc.uint8Array(), (text, a, b) => {
        assert.equal(Twin.byteLength(text), Buffer.byteLength(text));
        assert.deepEqual([...Twin.from(text)], [...Buffer.from(text)]);
        assert.equal(Twin.compare(a, b), Buffer.compare(a, b));
        assert.equal(Twin.from(a).toString('hex'), Buffer.from(a).toString('hex'));
        assert.equal(browserBuffer.isUtf8(a), isUtf8(a));
      }),
    );
  });
});

describe('a result checked in the browser', () => {
  const { genesis, committee, result } = makeResult({ task: TASK });
  const input = (change: Partial<CheckInput> = {}): CheckInput => ({
    result,
    genesis: genesisToJson(genesis),
    networkId: committee.networkId,
    taskId: result.taskId,
    task: TASK,
    ...change,
  });

  it('is authentic as the validators signed it, and its core can be read', () => {
    const checked = checkResult(input());
    assert.equal(checked.authentic, true);
    assert.ok(checked.checks.some(({ name, ok }) => name === 'task' && ok));
    assert.equal(coreView(result, genesisToJson(genesis)).tallies.approveWeight, 3);
  });

  it('is checked under the validators of its own epoch', () => {
    const proposed = proposeChange(committee, genesisOf(5));
    const change = [0, 1, 2].reduce((signed, index) => signChange(committee, signed, signerOf(index)), proposed);
    const votes: Vote[] = ['approve', 'approve', 'approve', 'approve', 'reject'];
    const made = makeResult({ committee: applyChange(committee, change), votes, signers: [0, 1, 2, 4] }).result;
    const later = { ...made, epochs: [epochChangeToJson(change)] };
    assert.equal(checkResult(input({ result: later, taskId: later.taskId })).authentic, true);
    assert.equal(checkResult(input({ result: made, taskId: made.taskId })).authentic, false);
    const { quorum, totalWeight } = coreView(later, genesisToJson(genesis));
    assert.deepEqual([quorum, totalWeight], [4, 5]);
  });

  it('is refused with any field altered', () => {
    const alterations: Record<string, unknown> = {
      taskId: '0'.repeat(64),
      networkId: '0'.repeat(64),
      configDigest: '0'.repeat(64),
      outcome: 'REJECTED',
      approved: false,
      confidence: 0.5,
      decidedAt: '2020-01-01T00:00:00.000Z',
      validators: [...result.validators].reverse(),
      signatures: result.signatures.map(() => '0'.repeat(128)),
      core: `${result.core.slice(0, -2)}00`,
      certificate: { ...result.certificate, round: result.certificate.round + 1 },
      judgements: result.judgements!.slice(1),
      modelFamilies: 9,
      findings: result.findings!.slice(1),
    };
    for (const name of Object.keys(result)) assert.ok(name in alterations, `${name} must be altered too`);
    for (const [name, value] of Object.entries(alterations)) {
      assert.equal(checkResult(input({ result: { ...result, [name]: value } })).authentic, false, name);
    }
  });

  it('is refused for another input than it was judged on, and for another task', () => {
    const other = { ...TASK, subject: 'somebody else' };
    assert.equal(checkResult(input({ task: other })).authentic, false);
    assert.equal(checkResult(input({ taskId: '1'.repeat(64), task: null })).authentic, false);
  });

  it('is refused where the node brings another network, whole and well signed', () => {
    const foreign = makeResult({ genesis: genesisOf(4, 'another'), task: TASK });
    const checked = checkResult(
      input({ result: foreign.result, taskId: foreign.result.taskId, genesis: genesisToJson(foreign.genesis) }),
    );
    assert.deepEqual([checked.authentic, checked.networkId], [false, foreign.committee.networkId]);
    assert.match(checked.checks[0]!.detail, /you expect/);
  });
});
