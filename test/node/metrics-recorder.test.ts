import assert from 'node:assert/strict';
import { MetricsRecorder } from '../../src/node/metrics-recorder.ts';
import { abstention } from '../../src/protocol/abstention.ts';
import { REASON_TEXTS } from '../../src/protocol/explanation.ts';
import { ABSTAIN_REASONS } from '../../src/protocol/judgement.ts';
import { APPROVAL } from '../engine/fixture.ts';

describe('MetricsRecorder', () => {
  it('blames the model for what lies with it, in the words of explanations, and not for its input', () => {
    const recorder = new MetricsRecorder();
    const blamed = ABSTAIN_REASONS.filter((reason) => {
      recorder.judged(abstention(reason, ''), 5);
      const { lastFailure } = recorder;
      if (lastFailure !== undefined) assert.ok(lastFailure.endsWith(REASON_TEXTS[`abstained_${reason}`].words));
      return lastFailure !== undefined;
    });
    assert.deepEqual(blamed, ['model_error', 'timeout', 'unreadable_reply', 'overloaded', 'worker_crashed']);
    recorder.judged(APPROVAL, 5);
    assert.equal(recorder.lastFailure, undefined);
  });
});
