import assert from 'node:assert/strict';
import { Registry } from 'prom-client';
import { endpointFaults } from '../../src/models/openai/memory.ts';
import type { ModelSettings } from '../../src/models/settings.ts';
import { registerEndpointMetrics } from '../../src/node/endpoint-metrics.ts';
import { WorkerPool, type WorkerPoolOptions } from '../../src/node/worker-pool.ts';
import { CLEAN, FakeEndpoint, json, type Reply, says } from '../models/fake-endpoint.ts';
import { addition, review } from '../models/tasks.ts';

const KEY = ['sk', 'canary', 'fedcba9876543210fedcba9876543210'].join('-');
const forever = new AbortController().signal;
const change = (name: string) => review(addition(`src/${name}.js`, [`run(${name});`]));

/** What no budget cuts takes this long and longer. */
const WITHOUT_BUDGET_MS = 10_000;

describe('a pool of judges behind an endpoint', function () {
  this.timeout(30_000);
  const pools: WorkerPool[] = [];
  const endpoints: FakeEndpoint[] = [];
  const start = async (
    reply: Reply,
    settings: Partial<ModelSettings> = {},
    options: Partial<WorkerPoolOptions> = {},
  ) => {
    const endpoint = await FakeEndpoint.start(reply);
    endpoints.push(endpoint);
    const model = {
      provider: 'openai',
      endpoint: endpoint.url,
      apiKey: KEY,
      promptCostMicros: 1000,
      ...settings,
    } as const;
    const local = { provider: 'embedded', variant: 'rules' } as const;
    const pool = new WorkerPool({ models: { models: { gpt4: model, local } }, concurrency: 1, ...options });
    pools.push(pool);
    return { pool, endpoint };
  };

  afterEach(async () => {
    await Promise.all(pools.splice(0).map((pool) => pool.stop()));
    await Promise.all(endpoints.splice(0).map((endpoint) => endpoint.stop()));
  });

  it('remembers an answer beyond the worker that got it', async () => {
    const { pool, endpoint } = await start(says(CLEAN), {}, { maxJobsPerWorker: 1 });
    const first = await pool.judge(change('a'), forever);
    const again = await pool.judge(change('a'), forever);
    assert.deepEqual([first.usage!.promptTokens, again.usage!.promptTokens], [100, 0]);
    assert.deepEqual({ ...again, usage: first.usage }, first);
    assert.equal(endpoint.seen.length, 1);
    const [gpt4] = pool.snapshot().endpoints;
    assert.deepEqual([gpt4!.cacheHits, gpt4!.answers, gpt4!.costMicros], [1, 1, 100]);
  });

  it('leaves a broken endpoint alone in every worker, says so in health and metrics, and tells no key', async () => {
    const refuse: Reply = (response) => json(response, 401, { error: { message: KEY } });
    const { pool, endpoint } = await start(refuse, { fallbacks: ['local'] }, { maxJobsPerWorker: 2 });
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      assert.equal((await pool.judge(change(name), forever)).model.id, 'embedded:rules');
    }
    assert.equal(endpoint.seen.length, 3);
    const { endpoints: states } = pool.snapshot();
    assert.match(endpointFaults(states).join(), /model gpt4 is left alone until .*the endpoint answered 401/);
    const registry = new Registry();
    registerEndpointMetrics(registry, () => pool.snapshot().endpoints);
    const text = await registry.metrics();
    assert.match(text, /^pheme_model_circuit_open\{model="gpt4"\} 1$/m);
    assert.match(text, /^pheme_model_failures_total\{model="gpt4"\} 3$/m);
    assert.ok(![text, JSON.stringify(pool.snapshot())].join().includes(KEY));
  });

  it('shows tokens and cost as they stand, however often they are read', async () => {
    const { pool } = await start(says(CLEAN), { completionCostMicros: 50_000 });
    const registry = new Registry();
    registerEndpointMetrics(registry, () => pool.snapshot().endpoints);
    for (const name of ['a', 'b']) {
      await pool.judge(change(name), forever);
      await registry.metrics();
    }
    const text = await registry.metrics();
    assert.match(text, /^pheme_model_tokens_total\{model="gpt4",kind="prompt"\} 200$/m);
    assert.match(text, /^pheme_model_tokens_total\{model="gpt4",kind="completion"\} 40$/m);
    assert.match(text, /^pheme_model_cost_micros_total\{model="gpt4"\} 2200$/m);
  });

  it('abstains within the budget of the task, its wait for a worker included, and keeps its worker', async () => {
    const { pool, endpoint } = await start(says(CLEAN));
    await pool.judge(change('a'), forever); // loads the worker
    endpoint.reply = () => undefined;
    const startMs = performance.now();
    const [first, second] = await Promise.all([
      pool.judge(change('b'), forever, 1000),
      pool.judge(change('c'), forever, 2000),
    ]);
    assert.ok(performance.now() - startMs < WITHOUT_BUDGET_MS);
    assert.deepEqual([first.abstainReason, second.abstainReason], ['timeout', 'timeout']);
    assert.equal(pool.snapshot().workers, 1);
  });

  it('gives up a worker that does not even start within the budget', async () => {
    const { pool } = await start(says(CLEAN));
    const startMs = performance.now();
    assert.equal((await pool.judge(change('a'), forever, 10)).abstainReason, 'timeout');
    assert.ok(performance.now() - startMs < WITHOUT_BUDGET_MS);
    assert.equal(pool.snapshot().workers, 0);
  });
});
