import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Circuit, type Outcome } from '../../../src/models/openai/circuit.ts';
import { CIRCUIT_FAILURES_MAX, CIRCUIT_PAUSE_MS, CIRCUIT_PAUSE_MS_MAX } from '../../../src/models/openai/limits.ts';

const FAILED: Outcome = { ok: false, fault: 'it answered 500' };

describe('the circuit of an endpoint', () => {
  const broken = () => {
    const circuit = new Circuit();
    for (let i = 0; i < CIRCUIT_FAILURES_MAX; i++) circuit.settle(FAILED, 0);
    return circuit;
  };

  it('opens after failures in a row, not before, and a success starts the row anew', () => {
    const circuit = new Circuit();
    for (let i = 0; i < 10; i++) {
      for (let n = 1; n < CIRCUIT_FAILURES_MAX; n++) circuit.settle(FAILED, 0);
      assert.ok(circuit.admit(0));
      circuit.settle({ ok: true }, 0);
    }
    assert.deepEqual(circuit.state, { failuresInRow: 0 });
    assert.deepEqual(broken().state, { failuresInRow: 3, fault: 'it answered 500', retryAtMs: CIRCUIT_PAUSE_MS });
  });

  it('lets one probe through after the pause, and another if nothing is heard of it', () => {
    const circuit = broken();
    assert.equal(circuit.admit(CIRCUIT_PAUSE_MS - 1), false);
    assert.deepEqual([circuit.admit(CIRCUIT_PAUSE_MS), circuit.admit(CIRCUIT_PAUSE_MS)], [true, false]);
    assert.equal(circuit.admit(2 * CIRCUIT_PAUSE_MS), true);
  });

  it('doubles its pause with each failed probe, up to a limit, and closes with a success', () => {
    const circuit = broken();
    let nowMs = 0;
    for (let pauseMs = CIRCUIT_PAUSE_MS; pauseMs < 100 * CIRCUIT_PAUSE_MS_MAX; pauseMs *= 2) {
      const dueMs = nowMs + Math.min(pauseMs, CIRCUIT_PAUSE_MS_MAX);
      assert.deepEqual([circuit.admit(dueMs - 1), circuit.admit(dueMs)], [false, true]);
      circuit.settle(FAILED, dueMs);
      nowMs = dueMs;
    }
    circuit.settle({ ok: true }, nowMs);
    assert.ok(circuit.admit(nowMs) && circuit.admit(nowMs));
  });

  it('opens at once for as long as the endpoint asks, within the limit', () => {
    for (const [waitMs, pauseMs] of [
      [60_000, 60_000],
      [86_400_000, CIRCUIT_PAUSE_MS_MAX],
    ]) {
      const circuit = new Circuit();
      circuit.settle({ ...FAILED, waitMs: waitMs! }, 0);
      assert.deepEqual([circuit.admit(pauseMs! - 1), circuit.admit(pauseMs!)], [false, true]);
    }
  });

  it('never shuts an endpoint out for longer than the limit, whatever happens', () => {
    const outcome = fc.oneof(
      fc.constant<Outcome>({ ok: true }),
      fc.record({ ok: fc.constant(false as const), fault: fc.constant('x'), waitMs: fc.nat() }),
    );
    const steps = fc.array(fc.record({ afterMs: fc.nat(400_000), outcome, ask: fc.boolean() }));
    fc.assert(
      fc.property(steps, (events) => {
        const circuit = new Circuit();
        let nowMs = 0;
        for (const { afterMs, outcome, ask } of events) {
          nowMs += afterMs;
          if (ask) circuit.admit(nowMs);
          else circuit.settle(outcome, nowMs);
        }
        assert.ok(circuit.admit(nowMs + CIRCUIT_PAUSE_MS_MAX));
      }),
    );
  });
});
