import assert from 'node:assert/strict';
import { BaseModel } from '../../src/models/base-model.ts';
import { EMBEDDED_VARIANTS } from '../../src/models/embedded/registry.ts';
import { AIModelManager } from '../../src/models/manager.ts';
import { createMockCodeReviewTask } from '../../src/models/mock-task.ts';
import type { ModelSettings } from '../../src/models/settings.ts';
import type { AbstainReason, Judgement } from '../../src/protocol/judgement.ts';
import { CLEAN, FakeEndpoint, json, type Reply, says } from './fake-endpoint.ts';
import { assessment } from './tasks.ts';

/** A model that abstains for a reason, or throws. */
class Failing extends BaseModel {
  readonly identity = { id: 'failing', family: 'failing' };
  calls = 0;
  readonly #reason: AbstainReason | Error;
  constructor(reason: AbstainReason | Error) {
    super();
    this.#reason = reason;
  }
  override async predict(): Promise<Judgement> {
    this.calls++;
    if (this.#reason instanceof Error) throw this.#reason;
    const coverage = { filesTotal: 0, filesJudged: 0, linesTotal: 0, linesJudged: 0, omitted: [] };
    return {
      vote: 'abstain',
      abstainReason: this.#reason,
      confidence: 0.5,
      complete: false,
      summary: 's',
      findings: [],
      coverage,
      model: this.identity,
    };
  }
}

const task = createMockCodeReviewTask();
const withFallback = (failing: Failing) =>
  new AIModelManager({
    models: { second: { provider: 'embedded', variant: 'rules' } },
    instances: { first: failing },
    default: 'first',
  });

describe('AIModelManager', () => {
  it('judges with the embedded models when nothing is configured', async () => {
    const manager = new AIModelManager();
    assert.deepEqual(
      [(await manager.predict(task)).model.id, manager.chain(task)],
      ['embedded:rules', ['embedded:rules']],
    );
    for (const variant of EMBEDDED_VARIANTS) {
      assert.equal(
        (await new AIModelManager({ default: `embedded:${variant}` }).predict(task)).model.id,
        `embedded:${variant}`,
      );
    }
  });

  it('selects by type of task', async () => {
    const manager = new AIModelManager({ byTaskType: { SKILL_ASSESSMENT: 'embedded:profile' } });
    assert.equal((await manager.predict(task)).model.id, 'embedded:rules');
    assert.equal((await manager.predict(assessment('words', ['words']))).model.id, 'embedded:profile');
  });

  it('asks another model, with its own fallbacks, about a task that escalates a decided one', async () => {
    const models = {
      quick: { provider: 'embedded' as const, variant: 'rules' },
      thorough: { provider: 'embedded' as const, variant: 'flow', fallbacks: ['quick'] },
    };
    const manager = new AIModelManager({ models, escalation: 'thorough' });
    const again = { ...task, escalates: { taskId: '1'.repeat(64), reason: 'split' } };
    assert.deepEqual([manager.chain(task), manager.chain(again)], [['quick'], ['thorough', 'quick']]);
    assert.equal((await manager.predict(task)).model.id, 'embedded:rules');
    assert.equal((await manager.predict(again)).model.id, 'embedded:flow');
    assert.throws(() => new AIModelManager({ models, escalation: 'nobody' }), /no model is named "nobody"/);
  });

  it('falls back along the configured chain after a failure, and not after an answer', async () => {
    const models = {
      a: { provider: 'openai' as const, endpoint: 'http://127.0.0.1:9', timeoutMs: 200, fallbacks: ['b'] },
      b: { provider: 'embedded' as const, variant: 'flow' },
    };
    const manager = new AIModelManager({ models });
    assert.equal((await manager.predict(task)).model.id, 'embedded:flow');
    assert.deepEqual(Object.keys(manager.latencyMs).sort(), ['a', 'b']);
    assert.deepEqual(manager.chain(task), ['a', 'b']);
  });

  it('does not fall back where nothing is configured', async () => {
    const failing = new Failing('timeout');
    const judgement = await withFallback(failing).predict(task);
    assert.deepEqual([judgement.vote, judgement.abstainReason, failing.calls], ['abstain', 'timeout', 1]);
  });

  it('turns a throwing model into an abstention that tells nothing of its text', async () => {
    const judgement = await withFallback(new Failing(new TypeError('secret sk-123'))).predict(task);
    assert.deepEqual([judgement.vote, judgement.abstainReason], ['abstain', 'model_error']);
    assert.ok(!JSON.stringify(judgement).includes('sk-123'));
  });

  it('measures the mean latency of each model', async () => {
    const manager = new AIModelManager();
    assert.deepEqual(manager.latencyMs, {});
    await manager.predict(task);
    await manager.predict(task);
    assert.ok(manager.latencyMs['embedded:rules']! > 0);
  });

  it('refuses settings that do not fit together', () => {
    const embedded = { provider: 'embedded' as const };
    const cases: [ConstructorParameters<typeof AIModelManager>[0], RegExp][] = [
      [{ default: 'nobody' }, /no model is named "nobody"/],
      [{ models: { a: { ...embedded, variant: 'magic' } } }, /models\.a\.variant: must be one of rules, flow/],
      [{ models: { a: { ...embedded, variant: 'rules', fallbacks: ['b'] } } }, /no model is named "b"/],
    ];
    for (const [options, message] of cases)
      assert.throws(() => new AIModelManager(options), { code: 'INVALID_CONFIG', message });
  });

  it('rejects only when aborted', async () => {
    await assert.rejects(new AIModelManager().predict(task, { signal: AbortSignal.abort(new Error('stop')) }), /stop/);
  });

  describe('with endpoints', () => {
    const endpoints: FakeEndpoint[] = [];
    const at = async (reply: Reply, settings: Partial<ModelSettings> = {}): Promise<ModelSettings> => {
      const endpoint = await FakeEndpoint.start(reply);
      endpoints.push(endpoint);
      return { provider: 'openai', endpoint: endpoint.url, ...settings };
    };
    afterEach(async () => {
      await Promise.all(endpoints.splice(0).map((endpoint) => endpoint.stop()));
    });

    const timed = async (models: Record<string, ModelSettings>, budgetMs: number) => {
      const startMs = performance.now();
      const judgement = await new AIModelManager({ models }).predict(task, { budgetMs });
      return { judgement, elapsedMs: performance.now() - startMs };
    };

    it('leaves each later model its share of the one budget, and of an endpoint that hangs takes no more', async () => {
      const hanging = await at(() => undefined);
      const { judgement, elapsedMs } = await timed(
        { a: { ...hanging, fallbacks: ['b', 'c'] }, b: hanging, c: await at(says(CLEAN)) },
        1200,
      );
      assert.deepEqual([judgement.vote, judgement.model.id], ['approve', 'c']);
      assert.ok(elapsedMs > 700 && elapsedMs < 1200, `${elapsedMs} ms`);
    });

    it('gives a first model nearly all of it where only a local one or a quick one waits', async () => {
      const slowly: Reply = (response, seen, count) => void setTimeout(() => says(CLEAN)(response, seen, count), 900);
      const local = { provider: 'embedded', variant: 'rules' } as const;
      const first = await timed({ a: { ...(await at(slowly)), fallbacks: ['b'] }, b: local }, 2500);
      assert.equal(first.judgement.model.id, 'a');
      const quick = await at(says(CLEAN), { timeoutMs: 200 });
      const second = await timed({ a: { ...(await at(slowly)), fallbacks: ['b'] }, b: quick }, 1500);
      assert.equal(second.judgement.model.id, 'a');
    });

    it('ends before its budget does when every model hangs', async () => {
      const hanging = await at(() => undefined);
      const { judgement, elapsedMs } = await timed({ a: { ...hanging, fallbacks: ['b'] }, b: hanging }, 1500);
      assert.equal(judgement.abstainReason, 'timeout');
      assert.ok(elapsedMs < 1500, `${elapsedMs} ms`);
    });

    it('falls back at once from an endpoint that is left alone, and adds up what all models used', async () => {
      const garbled = await at(says('no JSON'), { promptCostMicros: 1000, fallbacks: ['b'] });
      const paid = await timed({ a: garbled, b: await at(says(CLEAN), { promptCostMicros: 2000 }) }, 5000);
      assert.deepEqual(paid.judgement.usage, { promptTokens: 300, completionTokens: 60, costMicros: 400 });
      const broken = await at((response) => json(response, 500, {}, { 'retry-after': '0' }), { fallbacks: ['b'] });
      const manager = new AIModelManager({ models: { a: broken, b: await at(says(CLEAN)) } });
      for (let i = 0; i < 5; i++) {
        const again = { ...task, attempt: i };
        assert.equal((await manager.predict(again)).model.id, 'b');
      }
      assert.equal(endpoints.at(-2)!.seen.length, 9, 'three attempts of three requests');
    });
  });
});
