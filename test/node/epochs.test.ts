import assert from 'node:assert/strict';
import type { Logger } from '../../src/engine/ports.ts';
import { InstantModel } from '../../src/models/instant.ts';
import { InProcessHub } from '../../src/node/in-process-network.ts';
import { ValidatorNode } from '../../src/node/validator-node.ts';
import { verifyResult } from '../../src/node/verify.ts';
import { toHex } from '../../src/protocol/bytes.ts';
import { committeesOf, type EpochChange, proposeChange, signChange } from '../../src/protocol/epoch-change.ts';
import type { Genesis } from '../../src/protocol/genesis.ts';
import type { Task } from '../../src/protocol/task.ts';
import { createMemoryStore } from '../../src/store/memory-store.ts';
import { genesisOf, signerOf, TASK } from './result-fixture.ts';

const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} };
const WAIT_MS = 15_000;
const FOUR = genesisOf(4);
const FIVE = genesisOf(5);

const taskNamed = (subject: string): Task => ({ ...TASK, subject });

/** The change to other validators, signed by these of the epoch before. */
function changeTo(genesis: Genesis, before: readonly EpochChange[], signers: readonly number[]): EpochChange {
  const committee = committeesOf(FOUR, before).at(-1)!;
  return signers.reduce(
    (signed, index) => signChange(committee, signed, signerOf(index)),
    proposeChange(committee, genesis),
  );
}

const TO_FIVE = changeTo(FIVE, [], [0, 1, 2]);

/** Validators of one process that can be stopped, and started again over their stores. */
class Machine {
  readonly #hub = new InProcessHub(FOUR.validators.map(({ publicKey }) => publicKey));
  readonly #stores = Array.from({ length: 5 }, () => createMemoryStore());
  readonly running = new Map<number, ValidatorNode>();

  async start(indexes: readonly number[], changes: readonly EpochChange[], formerUntilMs?: number): Promise<void> {
    for (const index of indexes) {
      const model = new InstantModel();
      const options = { genesis: FOUR, changes, seed: new Uint8Array(32).fill(index + 1) };
      const node = await ValidatorNode.start(
        { ...options, ...(formerUntilMs === undefined ? {} : { formerUntilMs }) },
        {
          store: this.#stores[index]!,
          judge: { judge: () => model.predict() },
          connect: async (handlers) => this.#hub.join(toHex(signerOf(index).publicKey), handlers),
          logger: SILENT,
        },
      );
      this.running.set(index, node);
    }
  }

  async stop(indexes: readonly number[] = [...this.running.keys()]): Promise<void> {
    for (const index of indexes) {
      await this.running.get(index)!.stop();
      this.running.delete(index);
    }
  }

  node(index: number): ValidatorNode {
    return this.running.get(index)!;
  }

  /** The result at each of the nodes that run, verified by the first genesis alone; its core is the same everywhere. */
  async agreed(taskId: string, task: Task): Promise<{ epochs: number; signers: number; judges: number }> {
    const signal = AbortSignal.timeout(WAIT_MS);
    const nodes = [...this.running.values()];
    const results = await Promise.all(nodes.map((node) => node.waitForResult(taskId, WAIT_MS, signal)));
    for (const result of results) {
      const { authentic, checks } = verifyResult(JSON.parse(JSON.stringify(result)), FOUR, { taskId, task });
      assert.ok(authentic, JSON.stringify(checks.filter(({ ok }) => !ok)));
      assert.equal(result.core, results[0]!.core);
    }
    const { epochs = [], validators, judgements = [] } = results[0]!;
    return { epochs: epochs.length, signers: validators.length, judges: judgements.length };
  }
}

describe('a network over epochs', function () {
  this.timeout(60_000);
  let machine: Machine;
  beforeEach(() => {
    machine = new Machine();
  });
  afterEach(() => machine.stop());

  it('R36, R37: grows from four to five: an open task ends under its own set, old results stay, new ones are of all', async () => {
    await machine.start([0, 1, 2, 3], []);
    const old = await machine.node(0).submit(taskNamed('decided before'));
    await machine.agreed(old, taskNamed('decided before'));
    await machine.stop([2, 3]);
    const open = await machine.node(0).submit(taskNamed('open meanwhile')); // two of four decide nothing
    await machine.stop();
    await machine.start([0, 1, 2, 3, 4], [TO_FIVE]);
    assert.deepEqual(
      [...machine.running.values()].map(({ committee, validatorIndex }) => [committee.epoch, validatorIndex]),
      [0, 1, 2, 3, 4].map((index) => [1, index]),
    );
    const ended = await machine.agreed(open, taskNamed('open meanwhile'));
    assert.deepEqual(ended, { epochs: 0, signers: ended.signers, judges: 4 });
    assert.equal((await machine.agreed(old, taskNamed('decided before'))).epochs, 0); // the fifth fetched it
    const fresh = await machine.node(4).submit(taskNamed('after'));
    const later = await machine.agreed(fresh, taskNamed('after'));
    assert.deepEqual(later, { epochs: 1, signers: later.signers, judges: 5 });
    assert.ok(later.signers >= 4);
    assert.equal(machine.node(4).store.resultCount(), 3);
  });

  it('R37: in a rolling restart tasks of both epochs are taken, and none is lost', async () => {
    await machine.start([0, 1, 2, 3], []);
    await machine.stop([0]);
    await machine.start([0, 4], [TO_FIVE]);
    const former = await machine.node(1).submit(taskNamed('at one that lags'));
    const latter = await machine.node(0).submit(taskNamed('at one that went on'));
    assert.equal((await machine.agreed(former, taskNamed('at one that lags'))).epochs, 0);
    assert.equal(await machine.node(0).getResult(latter), null); // two of five decide nothing
    const [note] = machine.node(1).health.report().validators.reasons;
    assert.match(note ?? '', /speak of epoch 1, this node knows epoch 0 .*pheme epoch apply/);
    for (const index of [1, 2, 3]) {
      await machine.stop([index]);
      await machine.start([index], [TO_FIVE]);
    }
    assert.equal((await machine.agreed(latter, taskNamed('at one that went on'))).epochs, 1);
  });

  it('R37: takes nothing new into a former epoch once its time is over, and still serves what it decided', async () => {
    await machine.start([0, 1, 2, 3], []);
    const old = await machine.node(0).submit(taskNamed('before'));
    await machine.agreed(old, taskNamed('before'));
    await machine.stop([0, 1]);
    await machine.start([0, 1], [TO_FIVE], 0);
    const late = await machine.node(2).submit(taskNamed('too late'));
    const fresh = await machine.node(0).submit(taskNamed('after'));
    await assert.rejects(machine.node(2).waitForResult(late, 1_500, AbortSignal.timeout(WAIT_MS)), { code: 'TIMEOUT' });
    assert.deepEqual([...machine.node(0).engine.openTasks.keys()], [fresh]);
    assert.equal((await machine.agreed(old, taskNamed('before'))).epochs, 0);
  });

  it('R36: a removed validator votes no more, follows, and keeps what it had', async () => {
    const removal = changeTo({ ...FIVE, validators: FIVE.validators.slice(1) }, [TO_FIVE], [1, 2, 3, 4]);
    await machine.start([0, 1, 2, 3, 4], [TO_FIVE]);
    const old = await machine.node(0).submit(taskNamed('of five'));
    assert.equal((await machine.agreed(old, taskNamed('of five'))).judges, 5);
    await machine.stop();
    await machine.start([0, 1, 2, 3, 4], [TO_FIVE, removal]);
    assert.equal(machine.node(0).validatorIndex, null);
    await assert.rejects(machine.node(0).submit(taskNamed('of mine')), { code: 'OBSERVER' });
    const fresh = await machine.node(1).submit(taskNamed('of the four that stayed'));
    assert.deepEqual((await machine.agreed(fresh, taskNamed('of the four that stayed'))).judges, 4);
    assert.equal((await machine.agreed(old, taskNamed('of five'))).epochs, 1);
    assert.deepEqual(
      machine
        .node(1)
        .explainer.presence.absences()
        .map(({ index }) => index),
      [],
    );
  });
});
