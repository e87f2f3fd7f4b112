import assert from 'node:assert/strict';
import { ConsensusProtocol } from '../../src/consensus/protocol.ts';
import { approve, fakeCommittee, openingOf, reject, TASK_ID } from './fixture.ts';

describe('ConsensusProtocol', () => {
  const protocol = new ConsensusProtocol(fakeCommittee(), 0);
  const said = (...openings: { result: ReturnType<typeof approve>['result'] }[]) =>
    openings.map(({ result }, index) => ({ index, result }));

  it('R9: says what the network would say of results, in any order', () => {
    const results = said(approve(0), approve(1), reject(2), approve(3));
    assert.equal(protocol.reachConsensus(results).outcome, 'APPROVED');
    assert.deepEqual(protocol.reachConsensus([...results].reverse()), protocol.reachConsensus(results));
    assert.equal(protocol.reachConsensus([]).outcome, 'EXPIRED');
    const unsure = said(approve(0), approve(1), openingOf(2, { confidencePpm: 1 }));
    assert.equal(protocol.reachConsensus(unsure).reason, 'low_confidence');
  });

  it('makes an instance for a task, and takes it a step on', () => {
    const instance = protocol.instance(TASK_ID);
    assert.deepEqual(
      protocol.step(instance, { kind: 'start' }).map(({ kind }) => kind),
      ['timer'],
    );
    assert.equal(instance.taskId, TASK_ID);
  });
});
