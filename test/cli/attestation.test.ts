import assert from 'node:assert/strict';
import { attestationOf } from '../../src/cli/attestation.ts';
import type { VerifyingClient } from '../../src/node/client.ts';
import type { ConsensusResult } from '../../src/protocol/consensus-result.ts';
import { taskOf } from '../engine/fixture.ts';

describe('the attestation of a result', () => {
  const result = { taskId: 'ab'.repeat(32), core: '' } as ConsensusResult;

  /** A node that holds the task, and whose validators have not stored the decision yet. */
  function clientThatWaits() {
    const asked: string[] = [];
    const call = async (method: string) => {
      asked.push(method);
      return method === 'pheme_getTask' ? { task: taskOf(1) } : null;
    };
    return { asked, client: { rpc: { call } } as unknown as VerifyingClient };
  }

  it('is asked for again for a moment, and then said to be unavailable', async () => {
    const { asked, client } = clientThatWaits();
    await assert.rejects(attestationOf(client, result, new AbortController().signal), { code: 'UNAVAILABLE' });
    assert.equal(asked.filter((method) => method === 'pheme_getAttestation').length, 6);
  });

  it('is not asked for again once the caller has gone', async () => {
    const { asked, client } = clientThatWaits();
    await assert.rejects(attestationOf(client, result, AbortSignal.timeout(100)), { name: 'AbortError' });
    assert.equal(asked.filter((method) => method === 'pheme_getAttestation').length, 1);
  });
});
