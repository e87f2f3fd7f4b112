import assert from 'node:assert/strict';
import { assertInstantAllowed } from '../../src/models/instant.ts';
import { AIModelManager } from '../../src/models/manager.ts';
import { createMockCodeReviewTask } from '../../src/models/mock-task.ts';
import { parseTask } from '../../src/protocol/task.ts';

describe('the model instant', () => {
  it('approves whatever it is given, under its own name', async () => {
    const manager = new AIModelManager({ models: { quick: { provider: 'instant' } } });
    const judgement = await manager.predict(parseTask(createMockCodeReviewTask()));
    assert.deepEqual([judgement.vote, judgement.complete, judgement.model.family], ['approve', true, 'instant']);
  });

  it('is refused wherever a verdict means something, also as a fallback', () => {
    const models = [{ provider: 'embedded' }, { provider: 'instant' }];
    for (const kind of ['testnet', 'mainnet'] as const)
      assert.throws(() => assertInstantAllowed(models, kind), { code: 'INVALID_CONFIG', message: new RegExp(kind) });
    assert.doesNotThrow(() => assertInstantAllowed(models, 'devnet'));
    assert.doesNotThrow(() => assertInstantAllowed(models.slice(0, 1), 'mainnet'));
  });
});
