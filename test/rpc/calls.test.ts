import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { NodeStatus } from '../../src/rpc/api.ts';
import { BATCH_CALLS_MAX, WAIT_MS_MAX } from '../../src/rpc/limits.ts';
import { METHODS } from '../../src/rpc/methods.ts';
import { makeResult, TASK } from '../node/result-fixture.ts';
import { NETWORK_ID, READ_TOKEN, type Served, useServer, VALIDATOR, WRITE_TOKEN } from './fake-node.ts';

interface Reply {
  jsonrpc: string;
  id: unknown;
  result?: unknown;
  error?: {
    code: number;
    message: string;
    data: { code: string; faults?: { path: string; message: string }[]; methods?: string[] };
  };
}

const ID = 'a'.repeat(64);

describe('rpc/calls', () => {
  const serve = useServer();

  async function post(
    { server }: Served,
    body: unknown,
    token: string | null = WRITE_TOKEN,
  ): Promise<{ status: number; reply: Reply; replies: Reply[] }> {
    const authorization = token === null ? {} : { authorization: `Bearer ${token}` };
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...authorization },
      body: text,
    });
    const answer = await response.text();
    const json = answer === '' ? undefined : JSON.parse(answer);
    return { status: response.status, reply: json, replies: json };
  }
  const request = (method: string, params?: unknown, id: unknown = 1) => ({
    jsonrpc: '2.0',
    method,
    ...(params === undefined ? {} : { params }),
    id,
  });

  it('submits a task, gives the same id again, and shows it', async () => {
    const served = await serve();
    const first = await post(served, request('pheme_submitTask', { task: TASK }));
    const second = await post(served, request('pheme_submitTask', { task: { ...TASK, version: 1, attempt: 0 } }));
    assert.deepEqual(first.reply.result, second.reply.result);
    const { taskId } = first.reply.result as { taskId: string };
    const { reply } = await post(served, request('pheme_getTask', { taskId }));
    assert.deepEqual((reply.result as { task: unknown }).task, TASK);
  });

  it('gives results, and waits for them', async () => {
    const served = await serve();
    const { result } = makeResult();
    served.node.results.set(result.taskId, result);
    const params = { taskId: result.taskId };
    assert.deepEqual((await post(served, request('pheme_getResult', params))).reply.result, result);
    assert.deepEqual(
      (await post(served, request('pheme_waitForResult', { ...params, timeoutMs: 10 }))).reply.result,
      result,
    );
    assert.deepEqual((await post(served, request('pheme_getResult', { taskId: ID }))).reply, {
      jsonrpc: '2.0',
      id: 1,
      result: null,
    });
    const late = await post(served, request('pheme_waitForResult', { taskId: ID, timeoutMs: 10 }));
    assert.deepEqual([late.status, late.reply.error?.code, late.reply.error?.data.code], [200, -32001, 'TIMEOUT']);
  });

  it('echoes ids of every kind, and answers no notification', async () => {
    const served = await serve();
    for (const id of ['x', 0, -1.5, null])
      assert.equal((await post(served, request('pheme_peers', {}, id))).reply.id, id);
    const { status, reply } = await post(served, { jsonrpc: '2.0', method: 'pheme_peers' });
    assert.deepEqual([status, reply], [204, undefined]);
    assert.equal((await post(served, { jsonrpc: '2.0', method: 'nonsense' })).status, 204);
  });

  it('answers a batch in order, leaving notifications out', async () => {
    const served = await serve();
    const batch = [
      request('pheme_status', undefined, 'a'),
      { jsonrpc: '2.0', method: 'pheme_peers' },
      5,
      request('nope', [], 'b'),
      request('pheme_metrics', [], 'c'),
    ];
    const { status, replies } = await post(served, batch);
    assert.equal(status, 200);
    assert.deepEqual(
      replies.map(({ id, error }) => [id, error?.code]),
      [
        ['a', undefined],
        [null, -32600],
        ['b', -32601],
        ['c', undefined],
      ],
    );
    assert.equal((replies[0]!.result as NodeStatus).networkId, NETWORK_ID);
    assert.equal((await post(served, [{ jsonrpc: '2.0', method: 'pheme_peers' }])).status, 204);
  });

  it('bounds a batch', async () => {
    const served = await serve();
    const full = await post(
      served,
      Array.from({ length: BATCH_CALLS_MAX }, (_, id) => request('pheme_status', {}, id)),
    );
    assert.equal(full.replies.length, BATCH_CALLS_MAX);
    for (const batch of [[], Array.from({ length: BATCH_CALLS_MAX + 1 }, () => 1)]) {
      const { status, reply } = await post(served, batch);
      assert.deepEqual([status, reply.error?.code, reply.id], [400, -32600, null]);
    }
  });

  it('stops a batch whose answers get too large', async () => {
    const served = await serve();
    served.node.validators = () => Array.from({ length: 60_000 }, (_, index) => ({ ...VALIDATOR, index }));
    const { replies } = await post(
      served,
      Array.from({ length: 4 }, (_, id) => request('pheme_validators', {}, id)),
    );
    const codes = replies.map(({ error }) => error?.data.code);
    assert.deepEqual(codes, [undefined, undefined, 'ANSWER_TOO_LARGE', 'ANSWER_TOO_LARGE']);
    assert.deepEqual(
      replies.map(({ id }) => id),
      [0, 1, 2, 3],
    );
  }).timeout(10_000);

  const bad: [string, unknown, number, string, RegExp][] = [
    ['text that is no JSON', '{"jsonrpc":', -32700, 'PARSE_ERROR', /not JSON/],
    ['nothing', '', -32700, 'PARSE_ERROR', /not JSON/],
    ['a key twice', '{"jsonrpc":"2.0","method":"pheme_peers","id":1,"id":2}', -32700, 'PARSE_ERROR', /key "id" twice/],
    [
      '__proto__',
      '{"jsonrpc":"2.0","method":"pheme_peers","id":1,"params":{"__proto__":{}}}',
      -32700,
      'PARSE_ERROR',
      /__proto__/,
    ],
    ['a number', 5, -32600, 'INVALID_REQUEST', /not a JSON-RPC 2\.0 request/],
    ['JSON-RPC 1.0', { method: 'pheme_peers', id: 1 }, -32600, 'INVALID_REQUEST', /jsonrpc "2\.0"/],
    ['an unknown member', { ...request('pheme_peers'), auth: 1 }, -32600, 'INVALID_REQUEST', /not a JSON-RPC/],
    ['an id that is an object', request('pheme_peers', {}, {}), -32600, 'INVALID_REQUEST', /not a JSON-RPC/],
    ['a very long id', request('pheme_peers', {}, 'x'.repeat(257)), -32600, 'INVALID_REQUEST', /not a JSON-RPC/],
    ['an unknown method', request('pheme_statu'), -32601, 'METHOD_NOT_FOUND', /the methods are pheme_status, /],
    ['a method of Object', request('constructor'), -32601, 'METHOD_NOT_FOUND', /no such method/],
    [
      'params by position',
      request('pheme_getTask', [ID]),
      -32602,
      'INVALID_PARAMS',
      /params must be an object of taskId/,
    ],
    [
      'a missing parameter',
      request('pheme_getTask', {}),
      -32602,
      'INVALID_PARAMS',
      /taskId must be a task id: 64 lower-case hex digits/,
    ],
    [
      'a task id in capitals',
      request('pheme_getResult', { taskId: 'A'.repeat(64) }),
      -32602,
      'INVALID_PARAMS',
      /taskId must be/,
    ],
    [
      'an unknown parameter',
      request('pheme_getResult', { taskId: ID, x: 1 }),
      -32602,
      'INVALID_PARAMS',
      /params has unknown names; known are taskId/,
    ],
    [
      'parameters where there are none',
      request('pheme_status', { x: 1 }),
      -32602,
      'INVALID_PARAMS',
      /known are no names at all/,
    ],
    [
      'a wait without end',
      request('pheme_waitForResult', { taskId: ID, timeoutMs: WAIT_MS_MAX + 1 }),
      -32602,
      'INVALID_PARAMS',
      /timeoutMs must be a whole number from 0 to/,
    ],
    [
      'a page of none',
      request('pheme_listResults', { limit: 0 }),
      -32602,
      'INVALID_PARAMS',
      /limit must be a whole number from 1 to 100/,
    ],
    [
      'an unknown order',
      request('pheme_listResults', { order: 'random' }),
      -32602,
      'INVALID_PARAMS',
      /order must be newest or oldest/,
    ],
    [
      'an unknown outcome',
      request('pheme_listResults', { outcome: 'FINE' }),
      -32602,
      'INVALID_PARAMS',
      /outcome must be one of APPROVED/,
    ],
    ['no task', request('pheme_submitTask', {}), -32602, 'INVALID_PARAMS', /task is missing: give a task/],
    [
      'an unknown task type',
      request('pheme_submitTask', { task: { type: 'POEM' } }),
      -32003,
      'INVALID_TASK',
      /type: must be CODE_REVIEW/,
    ],
    [
      'a task with missing fields',
      request('pheme_submitTask', { task: { type: 'CODE_REVIEW' } }),
      -32003,
      'INVALID_TASK',
      /pullRequest: is missing/,
    ],
    [
      'a task that is too large',
      request('pheme_submitTask', {
        task: { ...TASK, pullRequest: { url: '', diff: 'x'.repeat(4 * 1024 * 1024), files: [] } },
      }),
      -32004,
      'TASK_TOO_LARGE',
      /split the change/,
    ],
  ];
  for (const [what, body, code, word, message] of bad) {
    it(`refuses ${what} with ${word}`, async () => {
      const { reply } = await post(await serve(), body);
      assert.deepEqual([reply.jsonrpc, reply.error?.code, reply.error?.data.code], ['2.0', code, word]);
      assert.match(reply.error!.message, message);
      if (word === 'INVALID_PARAMS' || word === 'INVALID_TASK') assert.ok(reply.error!.data.faults!.length > 0);
      if (word === 'METHOD_NOT_FOUND') assert.deepEqual(reply.error!.data.methods, Object.keys(METHODS));
    });
  }

  it('keeps what went wrong inside to its log', async () => {
    const served = await serve();
    served.node.failure = new Error('secret detail /etc/key');
    const { reply } = await post(served, request('pheme_health'));
    assert.deepEqual(reply.error, {
      code: -32603,
      message: 'internal error: see the log of the node',
      data: { code: 'INTERNAL' },
    });
    assert.equal(served.errors.length, 1);
    assert.match(String(served.errors[0]), /secret detail/);
  });

  it('bounds the waits, and frees a place when a caller goes away', async () => {
    const served = await serve({ limits: { connections: 64, waits: 2, callsPerSecond: 1000 } });
    const gone = new AbortController();
    const wait = (signal?: AbortSignal) => {
      const body = JSON.stringify(request('pheme_waitForResult', { taskId: ID, timeoutMs: 60_000 }));
      return fetch(served.server.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        ...(signal && { signal }),
      });
    };
    const first = wait(gone.signal);
    const second = wait(gone.signal);
    await until(() => served.node.waiting === 2);
    const third = (await (await wait()).json()) as Reply;
    assert.equal(third.error?.data.code, 'TOO_MANY_REQUESTS');
    gone.abort();
    await Promise.allSettled([first, second]);
    await until(() => served.node.waiting === 0);
    const { reply } = await post(served, request('pheme_waitForResult', { taskId: ID, timeoutMs: 1 }));
    assert.equal(reply.error?.data.code, 'TIMEOUT');
  });

  it('bounds the rate, counting the calls of a batch', async () => {
    const served = await serve({ limits: { connections: 64, waits: 2, callsPerSecond: 5 } });
    const { replies } = await post(
      served,
      Array.from({ length: 12 }, (_, id) => request('pheme_peers', {}, id)),
    );
    assert.deepEqual(replies.map(({ error }) => error?.data.code).slice(-2), [
      'TOO_MANY_REQUESTS',
      'TOO_MANY_REQUESTS',
    ]);
    const { status } = await post(served, request('pheme_peers'));
    assert.equal(status, 429);
  });

  it('refuses writes with the token that reads, within a batch too', async () => {
    const served = await serve();
    const submit = request('pheme_submitTask', { task: TASK });
    for (const token of [READ_TOKEN, null]) {
      const single = await post(served, submit, token);
      assert.deepEqual([single.status, single.reply.error?.data.code], [401, 'UNAUTHORIZED']);
      const batch = await post(served, [request('pheme_peers'), submit], token);
      assert.deepEqual([batch.status, ...batch.replies.map(({ error }) => error?.code)], [200, undefined, -32002]);
    }
    assert.equal(served.node.tasks.size, 0);
  });

  it('answers any parameters of any method with a result or a typed error, never an internal one', async () => {
    const served = await serve();
    const names = Object.keys(METHODS);
    const keys = fc.constantFrom('taskId', 'timeoutMs', 'limit', 'cursor', 'order', 'outcome', 'task', 'x');
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.constantFrom(ID, 'newest', 0, 1, -1, 2 ** 53, 1e308, TASK),
    );
    const params = fc.oneof(fc.dictionary(keys, value, { maxKeys: 4 }), fc.jsonValue());
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), params, async (method, input) => {
        const bounded = method === 'pheme_waitForResult' && isObject(input) ? { ...input, timeoutMs: 0 } : input;
        const { status, reply } = await post(served, request(method, bounded));
        assert.ok(status < 500, `${status}`);
        assert.ok(reply.error === undefined || reply.error.data.code !== 'INTERNAL', JSON.stringify(reply));
      }),
      { numRuns: 400 },
    );
    assert.deepEqual(served.errors, []);
  }).timeout(10_000);
});

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Turns of the event loop until something holds; the test's own timeout bounds it. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2));
}
