import assert from 'node:assert/strict';
import { signBatch } from '../../src/protocol/batch.ts';
import { encodeLeaf } from '../../src/protocol/leaf.ts';
import { encodeTask, taskIdOf } from '../../src/protocol/task.ts';
import { approve, fakeCommittee, openingOf, Speaker } from '../consensus/fixture.ts';
import { certOf, frameOf, leavesFrame, signerOf, startNode, taskOf } from './fixture.ts';
import { startNetwork } from './network.ts';

const committee = fakeCommittee();
const idOf = (number: number) => taskIdOf(committee.networkId, committee.epoch, encodeTask(taskOf(number)));

describe('what is held against peers', () => {
  it('is nothing among honest validators, whatever the network loses, doubles and delays', async () => {
    const links = { loss: 0.1, duplication: 0.2, delayMsMax: 200, stragglerMs: 3_000 };
    const world = await startNetwork(committee, [], links);
    for (let n = 0; n < 20; n++) {
      void world.engines[n % 4]!.submit(taskOf(n)).catch(() => {});
      await world.clock.pass(500);
    }
    await world.clock.pass(120_000);
    for (const engine of world.engines) assert.equal(engine.openTasks.size, 0);
    assert.deepEqual(world.accusations, []);
    for (const engine of world.engines) engine.stop();
  });

  it('is an equivocation, held against who signed and not against who passed it on', async () => {
    const node = await startNode({ committee });
    void node.engine.submit(taskOf(1));
    await node.clock.pass(30);
    const speaker = new Speaker(committee, idOf(1));
    for (const draw of [1, 2]) {
      const { leaf } = speaker.commit(3, openingOf(3, {}, draw));
      node.engine.onFrame(leavesFrame(committee, 3, [{ leaf, attachment: null }]), 'relay');
    }
    const equivocator = committee.validators[3]!.publicKey;
    assert.deepEqual(node.network.offences, [{ peer: equivocator, offence: 'equivocation' }]);
    node.engine.stop();
  });

  it('lets nothing be passed on that was not checked here, so that no relay can be blamed for it', async () => {
    const node = await startNode({ committee });
    const cert = certOf(committee, taskOf(1));
    assert.equal(node.engine.onFrame(frameOf({ bundles: [cert] }), 'p'), 'accept');
    await node.clock.pass(30);
    // Of a decided task nothing is checked any more: a forgery in its name stops here.
    const forged = { ...cert, coreBytes: Uint8Array.of(1) };
    assert.equal(node.engine.onFrame(frameOf({ bundles: [forged] }), 'p'), 'ignore');
    const { leaf } = new Speaker(committee, idOf(2)).commit(1, approve(1));
    assert.equal(
      node.engine.onFrame(leavesFrame(committee, 1, [{ leaf, attachment: null }]), 'p'),
      'ignore',
      'of a task that nobody knows',
    );
    node.engine.stop();
  });

  it('a replay under another number is checked, and is no news', async () => {
    const node = await startNode({ committee });
    void node.engine.submit(taskOf(1));
    await node.clock.pass(30);
    const { leaf } = new Speaker(committee, idOf(1)).commit(2, approve(2));
    const bytes = encodeLeaf(leaf);
    const batch = signBatch(committee.configDigest, 2, [bytes], signerOf(committee, 2));
    const again = () =>
      frameOf({ batch: { validatorIndex: 2, batch, repeat: false, statements: [{ leaf, attachment: null, bytes }] } });
    assert.deepEqual(
      [again(), again(), again()].map((frame) => node.engine.onFrame(frame, 'p')),
      ['accept', 'ignore', 'ignore'],
    );
    assert.deepEqual(node.network.offences, []);
    node.engine.stop();
  });
});
