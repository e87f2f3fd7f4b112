import assert from 'node:assert/strict';
import type { Clock, Judge, Logger, NetworkHandlers, Store } from '../../src/engine/ports.ts';
import { createMockCodeReviewTask } from '../../src/models/mock-task.ts';
import { InProcessHub } from '../../src/node/in-process-network.ts';
import { systemClock } from '../../src/node/system.ts';
import { ValidatorNode } from '../../src/node/validator-node.ts';
import { toHex } from '../../src/protocol/bytes.ts';
import { createSigner } from '../../src/protocol/ed25519.ts';
import { DEVNET_TIMERS, GENESIS_FORMAT, parseGenesis } from '../../src/protocol/genesis.ts';
import { createMemoryStore } from '../../src/store/memory-store.ts';

const logger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
const judge: Judge = { judge: () => new Promise(() => {}) };
const seed = new Uint8Array(32).fill(7);
const publicKey = toHex(createSigner(seed).publicKey);
const genesis = parseGenesis({
  format: GENESIS_FORMAT,
  name: 'alone',
  kind: 'devnet',
  createdAt: 1,
  validators: [{ publicKey, weight: 1 }],
  validation: { minConfidence: '0.8', requiredValidators: 1, consensusThreshold: '0.7', minModelFamilies: 1 },
  timers: DEVNET_TIMERS,
});

/** The system's clock, counting the timers that are set and neither fired nor cancelled. */
function countingClock(): { clock: Clock; running: Set<symbol> } {
  const running = new Set<symbol>();
  const setTimer: Clock['setTimer'] = (delayMs, action) => {
    const timer = Symbol('timer');
    running.add(timer);
    const cancel = systemClock.setTimer(delayMs, () => {
      running.delete(timer);
      action();
    });
    return () => {
      running.delete(timer);
      cancel();
    };
  };
  return { clock: { nowMs: systemClock.nowMs, setTimer }, running };
}

describe('ValidatorNode', () => {
  it('leaves nothing running when the network cannot be joined', async () => {
    const { clock, running } = countingClock();
    const connect = () => Promise.reject(new Error('the port is in use'));
    const started = ValidatorNode.start(
      { genesis, seed },
      { store: createMemoryStore(), judge, connect, logger, clock },
    );
    await assert.rejects(started, /port is in use/);
    assert.equal(running.size, 0);
  });

  it('stops in bounded time though its database cannot be written', async () => {
    const store: Store = createMemoryStore();
    store.write = () => Promise.reject(new Error('no space left'));
    const connect = async (handlers: NetworkHandlers) => new InProcessHub([publicKey]).join(publicKey, handlers);
    const node = await ValidatorNode.start({ genesis, seed }, { store, judge, connect, logger });
    const submitted = assert.rejects(node.submit(createMockCodeReviewTask()), { code: 'STOPPING' });
    while (node.engine.writeFault === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
    const { healthy, database } = await node.health.checkHealth();
    assert.equal(healthy, false);
    assert.match(database.reasons.join(), /no space left/);
    await node.stop();
    await submitted;
  });
});
