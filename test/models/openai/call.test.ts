import assert from 'node:assert/strict';
import { reviewAnswer } from '../../../src/models/openai/answer.ts';
import { startBudget } from '../../../src/models/openai/budget.ts';
import { Call } from '../../../src/models/openai/call.ts';
import { Endpoint } from '../../../src/models/openai/endpoint.ts';
import { LocalEndpointMemory } from '../../../src/models/openai/memory.ts';
import { promptOf } from '../../../src/models/openai/prompt.ts';
import type { ModelSettings } from '../../../src/models/settings.ts';

/** The account of a call that ends before it asks anything, since its endpoint is left alone. */
async function accountOf(materials: readonly string[], settings: Partial<ModelSettings> = {}) {
  const memory = new LocalEndpointMemory();
  for (let i = 0; i < 3; i++) memory.settle('gpt4', { ok: false, fault: 'it hangs' });
  const given: ModelSettings = { provider: 'openai', ...settings };
  const identity = { id: 'gpt4', family: 'gpt' };
  const model = { identity, settings: given, endpoint: new Endpoint('gpt4', given), memory };
  const call = new Call(model, startBudget(1000, undefined), 0);
  const prompts = materials.map((material) => promptOf('Review this.', material));
  await assert.rejects(call.askAll(prompts, reviewAnswer), { reason: 'model_error' });
  return call.account();
}

describe('a call of a model behind an endpoint', () => {
  it('digests its prompts whatever their order, and however many of them were answered', async () => {
    const one = await accountOf(['part a', 'part b']);
    assert.deepEqual(one, await accountOf(['part b', 'part a']));
    assert.deepEqual(one.usage, { promptTokens: 0, completionTokens: 0, costMicros: 0 });
    const others = [
      await accountOf(['part a']),
      await accountOf(['part a', 'part c']),
      await accountOf(['part a', 'part b'], { topP: 0.5 }),
      await accountOf(['part a', 'part b'], { maxTokens: 1 }),
      await accountOf(['part a', 'part b'], { model: 'gpt-4o' }),
    ];
    assert.equal(new Set([one, ...others].map(({ promptDigest }) => promptDigest)).size, 6);
  });

  it('digests nothing of where and with which key it asks', async () => {
    const elsewhere = { endpoint: 'https://example.org/v1', apiKey: 'another' };
    assert.deepEqual(await accountOf(['part a']), await accountOf(['part a'], elsewhere));
  });
});
