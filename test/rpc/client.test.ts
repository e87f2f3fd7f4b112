import assert from 'node:assert/strict';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ValidationError } from '../../src/protocol/errors.ts';
import { createRpcClient } from '../../src/rpc/client.ts';
import { makeResult, TASK } from '../node/result-fixture.ts';
import { READ_TOKEN, useServer, WRITE_TOKEN } from './fake-node.ts';

describe('rpc/client', () => {
  const serve = useServer();
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close().closeAllConnections();
  });

  /** A server of any kind; its URL. */
  async function listen(answer: RequestListener): Promise<string> {
    const server = createServer(answer);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
  const answering = (text: string) => listen((_, response) => response.end(text));
  const status = (url: string, options = {}) => createRpcClient({ url, ...options }).call('pheme_status', {});

  it('calls a node', async () => {
    const { server, node } = await serve();
    const client = createRpcClient({ url: server.url, token: WRITE_TOKEN });
    const { taskId } = await client.call('pheme_submitTask', { task: TASK });
    assert.deepEqual((await client.call('pheme_getTask', { taskId }))?.task, TASK);
    assert.equal(await client.call('pheme_getResult', { taskId }), null);
    const { result } = makeResult();
    node.results.set(taskId, result);
    assert.deepEqual(await client.call('pheme_waitForResult', { taskId, timeoutMs: 10 }), result);
    assert.deepEqual(await client.call('pheme_listResults', {}), { results: [], next: null });
  });

  it("carries the node's own codes through", async () => {
    const { server } = await serve();
    const taskId = 'a'.repeat(64);
    const anonymous = createRpcClient({ url: server.url });
    const reading = createRpcClient({ url: server.url, token: READ_TOKEN });
    const wrong = createRpcClient({ url: server.url, token: 'x'.repeat(64) });
    await assert.rejects(anonymous.call('pheme_submitTask', { task: TASK }), {
      code: 'UNAUTHORIZED',
      message: /needs the token that may write/,
    });
    await assert.rejects(reading.call('pheme_submitTask', { task: TASK }), { code: 'UNAUTHORIZED' });
    await assert.rejects(wrong.call('pheme_status', {}), { code: 'UNAUTHORIZED', message: /not a token of this node/ });
    await assert.rejects(anonymous.call('pheme_waitForResult', { taskId, timeoutMs: 1 }), { code: 'TIMEOUT' });
    await assert.rejects(anonymous.call('pheme_getTask', { taskId: 'x' }), (error: ValidationError) => {
      assert.deepEqual([error.code, error.details['rpcCode']], ['INVALID_PARAMS', -32602]);
      return Array.isArray(error.details['faults']);
    });
  });

  it('says that nothing is there', async () => {
    const url = await answering('');
    servers.splice(0)[0]!.close();
    await assert.rejects(status(url), {
      code: 'UNREACHABLE',
      message: /cannot be reached \(ECONNREFUSED\): is the node running \(pheme start\)/,
    });
    const unknown = await listen((_, response) => response.destroy());
    await assert.rejects(status(unknown), { code: 'UNREACHABLE' });
  });

  for (const url of ['', 'localhost:80', 'ftp://x', 'http://user:secret@x/', 'file:///etc/passwd']) {
    it(`refuses the address "${url}"`, () => {
      assert.throws(
        () => createRpcClient({ url }),
        (error: ValidationError) => error.code === 'INVALID_URL' && !error.message.includes('secret'),
      );
    });
  }

  const nonsense: [string, string][] = [
    ['nothing', ''],
    ['a page', '<html>'],
    ['another JSON', '{"ok":true}'],
    ['another version', '{"jsonrpc":"1.0","result":1}'],
    ['a key twice', '{"jsonrpc":"2.0","result":1,"result":2}'],
    ['__proto__', '{"jsonrpc":"2.0","result":{"__proto__":{}}}'],
    ['deep nesting', `{"jsonrpc":"2.0","result":${'['.repeat(5000)}${']'.repeat(5000)}}`],
    ['an error of no form', '{"jsonrpc":"2.0","error":"no"}'],
    ['a code of no form', '{"jsonrpc":"2.0","error":{"code":1,"message":"x","data":{"code":"\\u001b[31m"}}}'],
  ];
  for (const [what, text] of nonsense) {
    it(`refuses ${what} as an answer`, async () => {
      await assert.rejects(status(await answering(text)), {
        code: 'BAD_ANSWER',
        message: /is this the RPC of a pheme node\?/,
      });
    });
  }

  it('bounds answers and the time for them', async () => {
    const endless = await listen((_, response) => {
      const timer = setInterval(() => response.write(Buffer.alloc(64 * 1024)), 1);
      response.on('close', () => clearInterval(timer));
    });
    await assert.rejects(status(endless, { answerBytesMax: 1024 * 1024 }), {
      code: 'BAD_ANSWER',
      message: /is over 1048576 bytes/,
    });
    const silent = await listen(() => undefined);
    await assert.rejects(status(silent, { timeoutMs: 50 }), {
      code: 'TIMEOUT',
      message: /did not answer within 50 ms/,
    });
    const dripping = await listen((_, response) => {
      const timer = setInterval(() => response.write(' '), 5);
      response.on('close', () => clearInterval(timer));
    });
    await assert.rejects(status(dripping, { timeoutMs: 100 }), { code: 'TIMEOUT' });
  });

  it('asks again what only reads, when the connection broke or the node was busy', async () => {
    let asked = 0;
    const ok = '{"jsonrpc":"2.0","id":1,"result":{"taskId":"x"}}';
    const busy =
      '{"jsonrpc":"2.0","id":1,"error":{"code":-32006,"message":"busy","data":{"code":"TOO_MANY_REQUESTS","retryAfterSeconds":0}}}';
    const failing = await listen((_, response) => {
      asked++;
      if (asked === 1) response.destroy();
      else response.end(asked === 2 ? busy : ok);
    });
    assert.deepEqual(await status(failing), { taskId: 'x' });
    assert.equal(asked, 3);
    asked = 0;
    const writing = createRpcClient({ url: failing }).call('pheme_submitTask', { task: TASK });
    await assert.rejects(writing, { code: 'UNREACHABLE' });
    assert.equal(asked, 1, 'what writes may have been done');
    asked = 0;
    await assert.rejects(status(failing, { attempts: 1 }), { code: 'UNREACHABLE' });
    assert.equal(asked, 1);
  });

  it('puts the answers of a batch in the order of its calls, and refuses one that leaves a call out', async () => {
    const calls = [
      { method: 'pheme_peers', params: {} },
      { method: 'pheme_getResult', params: { taskId: 'a'.repeat(64) } },
    ] as const;
    const backwards = await answering('[{"jsonrpc":"2.0","id":2,"result":null},{"jsonrpc":"2.0","id":1,"result":[]}]');
    assert.deepEqual(await createRpcClient({ url: backwards }).batch(calls), [{ result: [] }, { result: null }]);
    for (const text of ['[{"jsonrpc":"2.0","id":1,"result":[]}]', '[]', '{"jsonrpc":"2.0","result":[]}', '[1,2]']) {
      const url = await answering(text);
      await assert.rejects(createRpcClient({ url }).batch(calls), { code: 'BAD_ANSWER' });
    }
    const refusing = await answering(
      '{"jsonrpc":"2.0","id":null,"error":{"code":-32002,"message":"no","data":{"code":"UNAUTHORIZED"}}}',
    );
    await assert.rejects(createRpcClient({ url: refusing }).batch(calls), { code: 'UNAUTHORIZED' });
  });

  it('takes its token nowhere else', async () => {
    const seen: (string | undefined)[] = [];
    const elsewhere = await listen((request, response) => {
      seen.push(request.headers.authorization);
      response.end('{"jsonrpc":"2.0","result":{}}');
    });
    const redirecting = await listen((_, response) => response.writeHead(307, { location: elsewhere }).end());
    await assert.rejects(status(redirecting, { token: WRITE_TOKEN }), { code: 'UNREACHABLE' });
    assert.deepEqual(seen, []);
  });

  it("ends with the caller's reason", async () => {
    const silent = await listen(() => undefined);
    const reason = new Error('enough');
    const calling = createRpcClient({ url: silent }).call('pheme_status', {}, { signal: AbortSignal.abort(reason) });
    await assert.rejects(calling, reason);
  });
});
