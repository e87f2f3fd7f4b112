import assert from 'node:assert/strict';
import { connect, createServer, type Socket } from 'node:net';
import { BODY_BYTES_MAX, READ_BODY_BYTES_MAX } from '../../src/rpc/limits.ts';
import { TASK } from '../node/result-fixture.ts';
import { READ_TOKEN, useServer, WRITE_TOKEN } from './fake-node.ts';
import { rawPost, rawRequest, readResponse, sendRaw } from './raw-http.ts';

const call = (method: string, params: object = {}) => JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const codeOf = (body: string): string | undefined =>
  (JSON.parse(body) as { error?: { data: { code: string } } }).error?.data.code;

describe('rpc/server', () => {
  const serve = useServer();

  describe('routes', () => {
    it('answers reads by GET', async () => {
      const { server, node } = await serve();
      await node.submitTask(TASK);
      const [taskId] = [...node.tasks.keys()] as [string];
      const get = async (path: string) => (await fetch(server.url + path)).json() as Promise<{ result?: unknown }>;
      assert.equal(((await get('/rpc/pheme_status')).result as { version: string }).version, '0.1.0');
      assert.deepEqual(((await get(`/rpc/pheme_getTask?taskId=${taskId}`)).result as { task: unknown }).task, TASK);
      assert.deepEqual((await get('/rpc/pheme_listResults?limit=5&order=oldest')).result, { results: [], next: null });
      const digits = await get(`/rpc/pheme_getResult?taskId=${'1'.repeat(64)}`);
      assert.equal(digits.result, null, 'an id of digits only stays text');
    });

    const gets: [string, number, string][] = [
      ['/rpc/pheme_nope', 404, 'METHOD_NOT_FOUND'],
      ['/rpc/pheme_submitTask?task=x', 405, 'METHOD_NOT_ALLOWED'],
      ['/rpc/pheme_getTask', 400, 'INVALID_PARAMS'],
      ['/rpc/pheme_listResults?limit=5&limit=6', 400, 'INVALID_PARAMS'],
      ['/rpc/pheme_listResults?limit=many', 400, 'INVALID_PARAMS'],
      ['/rpc/pheme_status?x=1', 400, 'INVALID_PARAMS'],
      [`/rpc/pheme_waitForResult?timeoutMs=1&taskId=${'a'.repeat(64)}`, 504, 'TIMEOUT'],
      ['/rpc/', 404, 'METHOD_NOT_FOUND'],
      ['/rpc/%70heme_status', 404, 'METHOD_NOT_FOUND'],
      ['/nothing', 404, 'NOT_FOUND'],
      ['/livez/', 404, 'NOT_FOUND'],
      ['//livez', 404, 'NOT_FOUND'],
      ['/', 404, 'NOT_FOUND'],
      ['/assets/index-12345678.js', 404, 'NOT_FOUND'],
    ];
    for (const [path, status, code] of gets) {
      it(`answers GET ${path} with ${status} ${code}`, async () => {
        const { server } = await serve();
        const response = await sendRaw(server.port, rawRequest(`GET ${path} HTTP/1.1`));
        assert.deepEqual([response.status, codeOf(response.body)], [status, code]);
      });
    }

    it('says that it lives, whether it is ready and why not, and its metrics', async () => {
      const { server, node } = await serve();
      assert.deepEqual(await (await fetch(`${server.url}/livez`)).json(), { live: true });
      assert.deepEqual(await (await fetch(`${server.url}/readyz`)).json(), { ready: true, reasons: [] });
      node.readinessNow = { ready: false, reasons: ['1 of 3 needed validators connected'] };
      const unready = await fetch(`${server.url}/readyz`);
      assert.deepEqual([unready.status, await unready.json()], [503, node.readinessNow]);
      const metrics = await fetch(`${server.url}/metrics`);
      assert.match(metrics.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
      assert.match(await metrics.text(), /pheme_tasks 1/);
    });

    it('gives no page of another site a way in, and lets nothing be cached or guessed', async () => {
      const { server } = await serve();
      const { headers } = await sendRaw(server.port, rawRequest('GET /rpc/pheme_status HTTP/1.1'));
      assert.deepEqual(
        [headers['cache-control'], headers['x-content-type-options'], headers['access-control-allow-origin']],
        ['no-store', 'nosniff', undefined],
      );
      const preflight = await sendRaw(
        server.port,
        rawRequest('OPTIONS / HTTP/1.1', { 'access-control-request-method': 'POST' }),
      );
      assert.deepEqual(
        [preflight.status, preflight.headers['access-control-allow-origin'], preflight.headers['allow']],
        [204, undefined, 'GET, HEAD, POST, OPTIONS'],
      );
    });
  });

  describe('who may ask', () => {
    const requests: [string, string, number, string | undefined][] = [
      ['localhost', rawPost(call('pheme_peers')), 200, undefined],
      ['localhost with a port', rawPost(call('pheme_peers'), { host: 'localhost:1234' }), 200, undefined],
      ['127.0.0.1', rawPost(call('pheme_peers'), { host: '127.0.0.1:80' }), 200, undefined],
      ['[::1]', rawPost(call('pheme_peers'), { host: '[::1]:80' }), 200, undefined],
      ['a listed name', rawPost(call('pheme_peers'), { host: 'Node.Example:1' }), 200, undefined],
      ['another name', rawPost(call('pheme_peers'), { host: 'evil.example' }), 403, 'HOST_REFUSED'],
      [
        'a name that begins like one',
        rawPost(call('pheme_peers'), { host: 'localhost.evil.example' }),
        403,
        'HOST_REFUSED',
      ],
      ['another address', rawPost(call('pheme_peers'), { host: '10.0.0.1' }), 403, 'HOST_REFUSED'],
      ['a malformed name', rawPost(call('pheme_peers'), { host: 'localhost:80:80' }), 403, 'HOST_REFUSED'],
      ['an empty name', rawPost(call('pheme_peers'), { host: '' }), 403, 'HOST_REFUSED'],
      ['a name with a user', rawPost(call('pheme_peers'), { host: 'evil@localhost' }), 403, 'HOST_REFUSED'],
      ['no name', rawPost(call('pheme_peers'), { host: null }), 400, undefined],
      ['another name for a probe', rawRequest('GET /livez HTTP/1.1', { host: 'evil.example' }), 403, 'HOST_REFUSED'],
      ['a target with a host of its own', rawRequest('GET http://evil.example/livez HTTP/1.1'), 400, 'INVALID_REQUEST'],
      [
        'its own page',
        rawPost(call('pheme_peers'), { host: 'localhost:1', origin: 'http://localhost:1' }),
        200,
        undefined,
      ],
      [
        'a page of another port',
        rawPost(call('pheme_peers'), { host: 'localhost:1', origin: 'http://localhost:2' }),
        403,
        'ORIGIN_REFUSED',
      ],
      [
        'a page of another site',
        rawPost(call('pheme_peers'), { origin: 'https://evil.example' }),
        403,
        'ORIGIN_REFUSED',
      ],
      ['a sandboxed page', rawPost(call('pheme_peers'), { origin: 'null' }), 403, 'ORIGIN_REFUSED'],
      [
        'a picture on another site',
        rawRequest('GET /rpc/pheme_status HTTP/1.1', { 'sec-fetch-site': 'cross-site' }),
        403,
        'ORIGIN_REFUSED',
      ],
      ['a form', rawPost(call('pheme_peers'), { 'content-type': 'text/plain' }), 415, 'UNSUPPORTED_MEDIA_TYPE'],
      [
        'a form that claims more',
        rawPost(call('pheme_peers'), { 'content-type': 'application/json, text/plain' }),
        415,
        'UNSUPPORTED_MEDIA_TYPE',
      ],
      ['no type', rawPost(call('pheme_peers'), { 'content-type': null }), 415, 'UNSUPPORTED_MEDIA_TYPE'],
      [
        'JSON in UTF-8',
        rawPost(call('pheme_peers'), { 'content-type': 'application/json; charset=UTF-8' }),
        200,
        undefined,
      ],
      [
        'JSON in another charset',
        rawPost(call('pheme_peers'), { 'content-type': 'application/json; charset=utf-16' }),
        415,
        'UNSUPPORTED_MEDIA_TYPE',
      ],
      ['compressed JSON', rawPost(call('pheme_peers'), { 'content-encoding': 'gzip' }), 415, 'UNSUPPORTED_MEDIA_TYPE'],
      ['a wrong token', rawPost(call('pheme_peers'), bearer('x'.repeat(64))), 401, 'UNAUTHORIZED'],
      ['a token cut short', rawPost(call('pheme_peers'), bearer(WRITE_TOKEN.slice(1))), 401, 'UNAUTHORIZED'],
      ['another scheme', rawPost(call('pheme_peers'), { authorization: `Basic ${WRITE_TOKEN}` }), 401, 'UNAUTHORIZED'],
      ['an empty token', rawPost(call('pheme_peers'), { authorization: 'Bearer ' }), 401, 'UNAUTHORIZED'],
    ];
    for (const [what, text, status, code] of requests) {
      it(`answers ${what} with ${status}${code === undefined ? '' : ` ${code}`}`, async () => {
        const { server } = await serve({ allowedHosts: ['node.example'] });
        const response = await sendRaw(server.port, text);
        assert.equal(response.status, status);
        if (status !== 400 || code !== undefined) assert.equal(codeOf(response.body), code);
        if (status === 401) assert.match(response.headers['www-authenticate'] ?? '', /^Bearer/);
      });
    }

    const submit = call('pheme_submitTask', { task: TASK });
    const matrix: [string, string, string | null, number, number, number, number][] = [
      // bound to, token: POST read, POST write, GET /metrics, GET /readyz
      ['127.0.0.1', 'none', null, 200, 401, 200, 200],
      ['127.0.0.1', 'read', READ_TOKEN, 200, 401, 200, 200],
      ['127.0.0.1', 'write', WRITE_TOKEN, 200, 200, 200, 200],
      ['127.0.0.1', 'wrong', 'x'.repeat(64), 401, 401, 401, 200],
      ['0.0.0.0', 'none', null, 401, 401, 401, 200],
      ['0.0.0.0', 'read', READ_TOKEN, 200, 401, 200, 200],
      ['0.0.0.0', 'write', WRITE_TOKEN, 200, 200, 200, 200],
      ['0.0.0.0', 'wrong', 'x'.repeat(64), 401, 401, 401, 200],
    ];
    for (const [host, name, token, ...expected] of matrix) {
      it(`bound to ${host} with token ${name}: read ${expected[0]}, write ${expected[1]}, metrics ${expected[2]}`, async () => {
        const { server, node } = await serve({ host });
        const headers = token === null ? {} : bearer(token);
        const statuses = [];
        for (const text of [
          rawPost(call('pheme_peers'), headers),
          rawPost(submit, headers),
          rawRequest('GET /metrics HTTP/1.1', headers),
          rawRequest('GET /readyz HTTP/1.1', headers),
        ]) {
          statuses.push((await sendRaw(server.port, text)).status);
        }
        assert.deepEqual(statuses, expected);
        assert.equal(node.tasks.size, expected[1] === 200 ? 1 : 0);
      });
    }

    it('bound beyond loopback, may be asked by address, and tells a stranger nothing of its routes', async () => {
      const { server } = await serve({ host: '0.0.0.0' });
      assert.equal(
        (await sendRaw(server.port, rawRequest('GET /readyz HTTP/1.1', { host: '10.1.2.3:80' }))).status,
        200,
      );
      assert.equal(
        (await sendRaw(server.port, rawRequest('GET /readyz HTTP/1.1', { host: 'evil.example' }))).status,
        403,
      );
      assert.equal((await sendRaw(server.port, rawRequest('GET /nothing HTTP/1.1'))).status, 401);
    });
  });

  describe('bodies', () => {
    it('takes a task of the largest size with the token', async () => {
      const { server, node } = await serve();
      const task = { ...TASK, pullRequest: { url: '', diff: '"'.repeat(4 * 1024 * 1024 - 1024), files: [] } };
      const response = await sendRaw(server.port, rawPost(call('pheme_submitTask', { task }), bearer(WRITE_TOKEN)));
      assert.equal(response.status, 200);
      assert.equal(node.tasks.size, 1);
    });

    const declared: [string, number, Record<string, string>, number, string][] = [
      ['a huge body', 1024 ** 3, bearer(WRITE_TOKEN), 413, 'BODY_TOO_LARGE'],
      ['a body one byte too large', BODY_BYTES_MAX + 1, bearer(WRITE_TOKEN), 413, 'BODY_TOO_LARGE'],
      ['a large body without the token', READ_BODY_BYTES_MAX + 1, {}, 401, 'UNAUTHORIZED'],
      ['a large body with the token that reads', READ_BODY_BYTES_MAX + 1, bearer(READ_TOKEN), 401, 'UNAUTHORIZED'],
    ];
    for (const [what, bytes, headers, status, code] of declared) {
      it(`refuses ${what} by its announcement, before it is sent`, async () => {
        const { server } = await serve();
        const response = await sendRaw(server.port, rawPost('', { ...headers, 'content-length': `${bytes}` }));
        assert.deepEqual([response.status, codeOf(response.body)], [status, code]);
      });
    }

    it('refuses a body without length once it is too large', async () => {
      const { server } = await serve();
      const chunk = `${(READ_BODY_BYTES_MAX + 1).toString(16)}\r\n${'x'.repeat(READ_BODY_BYTES_MAX + 1)}\r\n`;
      const head = rawRequest('POST / HTTP/1.1', {
        'content-type': 'application/json',
        'transfer-encoding': 'chunked',
      });
      const response = await sendRaw(server.port, head + chunk);
      assert.deepEqual([response.status, codeOf(response.body)], [401, 'UNAUTHORIZED']);
    });

    it('refuses bytes that are no UTF-8', async () => {
      const { server } = await serve();
      const body = Buffer.from([0x22, 0xff, 0x22]);
      const response = await sendRaw(
        server.port,
        Buffer.concat([Buffer.from(rawPost('', { 'content-length': '3' })), body]),
      );
      assert.deepEqual([response.status, codeOf(response.body)], [400, 'PARSE_ERROR']);
    });

    it('shares one bound on bodies in memory, and frees it', async () => {
      const { server } = await serve();
      const part = Buffer.alloc(BODY_BYTES_MAX - 1024, ' ');
      const sockets = Array.from({ length: 8 }, () => connect({ port: server.port, host: '127.0.0.1' }));
      const answers = sockets.map((socket) => {
        socket.write(rawPost('', { ...bearer(WRITE_TOKEN), 'content-length': `${BODY_BYTES_MAX}` }));
        socket.write(part);
        return readResponse(socket);
      });
      const refused = await Promise.race(answers);
      assert.deepEqual([refused.status, codeOf(refused.body)], [429, 'TOO_MANY_REQUESTS']);
      for (const socket of sockets) socket.destroy();
      await Promise.all(answers);
      const text = rawPost(call('pheme_submitTask', { task: TASK }).padEnd(BODY_BYTES_MAX - 1024), bearer(WRITE_TOKEN));
      // The server frees each share when it learns that the connection is gone; the test's timeout bounds this.
      while ((await sendRaw(server.port, text)).status !== 200) await new Promise((resolve) => setTimeout(resolve, 5));
    }).timeout(10_000);

    it('gives up on slow headers and slow bodies, and answers others meanwhile', async () => {
      const { server } = await serve({ headersTimeoutMs: 200, requestTimeoutMs: 300 });
      const slowHead = sendRaw(server.port, 'POST / HTTP/1.1\r\nhost: localhost\r\n');
      const slowBody = sendRaw(server.port, rawPost('', { 'content-length': '100' }));
      assert.equal((await fetch(`${server.url}/livez`)).status, 200);
      assert.deepEqual([(await slowHead).status, (await slowBody).status], [408, 408]);
    }).timeout(5_000);

    it('refuses headers that are too large', async () => {
      const { server } = await serve();
      const response = await sendRaw(
        server.port,
        rawRequest('GET /livez HTTP/1.1', { 'x-padding': 'x'.repeat(20_000) }),
      );
      assert.equal(response.status, 431);
    });
  });

  describe('connections', () => {
    it('lets idle sockets keep nobody out', async () => {
      const { server } = await serve({ limits: { connections: 5, waits: 4, callsPerSecond: 1000 } });
      const idle: Socket[] = [];
      let closed = 0;
      for (let index = 0; index < 50; index++) {
        const socket = connect({ port: server.port, host: '127.0.0.1' });
        socket.on('error', () => undefined).on('close', () => closed++);
        idle.push(socket);
      }
      for (let index = 0; index < 5; index++) {
        assert.equal((await sendRaw(server.port, rawRequest('GET /rpc/pheme_status HTTP/1.1'))).status, 200);
      }
      assert.ok(closed >= 40, `${closed} of 50 idle connections were closed`);
      for (const socket of idle) socket.destroy();
    });

    it('does not cut a call in work for a newcomer', async () => {
      const { server, node } = await serve({ limits: { connections: 2, waits: 4, callsPerSecond: 1000 } });
      const wait = sendRaw(
        server.port,
        rawPost(call('pheme_waitForResult', { taskId: 'a'.repeat(64), timeoutMs: 300 })),
      );
      while (node.waiting === 0) await new Promise((resolve) => setTimeout(resolve, 2));
      for (let index = 0; index < 10; index++) await sendRaw(server.port, rawRequest('GET /livez HTTP/1.1'));
      assert.equal(codeOf((await wait).body), 'TIMEOUT');
    });

    it('survives garbage', async () => {
      const { server, errors } = await serve();
      const garbage = [
        '\0\0\0\0',
        'GET',
        '\x16\x03\x01',
        'POST / HTTP/1.1\r\ncontent-length: -1\r\n\r\n',
        'POST / HTTP/9.9\r\n\r\n',
        'GET /\r\n\r\n\r\n',
        rawRequest('CONNECT evil:1 HTTP/1.1'),
      ];
      for (const text of garbage) {
        const socket = connect({ port: server.port, host: '127.0.0.1' });
        const answer = readResponse(socket);
        socket.end(text);
        assert.ok((await answer).status < 500);
      }
      assert.equal((await fetch(`${server.url}/livez`)).status, 200);
      assert.deepEqual(errors, []);
    });
  });

  describe('start and stop', () => {
    it('says that a port is in use, and what to do', async () => {
      const holder = createServer().listen(0, '127.0.0.1');
      await new Promise((resolve) => holder.once('listening', resolve));
      const { port } = holder.address() as { port: number };
      await assert.rejects(serve({ port }), {
        code: 'PORT_IN_USE',
        message: `rpc.port: ${port} on 127.0.0.1 is in use: stop what uses it, or choose another rpc.port (PHEME_RPC_PORT)`,
      });
      holder.close();
      await assert.rejects(serve({ host: '203.0.113.1' }), {
        code: 'LISTEN_FAILED',
        message: /cannot listen on 203\.0\.113\.1/,
      });
      await assert.rejects(serve({ tokens: { write: [], read: [] } }), { code: 'NO_TOKEN' });
    });

    it('ends waits with STOPPING, cuts what is slow at the deadline, and frees its port', async () => {
      const { server, node } = await serve();
      const wait = sendRaw(
        server.port,
        rawPost(call('pheme_waitForResult', { taskId: 'a'.repeat(64), timeoutMs: 60_000 })),
      );
      const slow = sendRaw(server.port, rawPost('', { 'content-length': '100' }));
      const kept = connect({ port: server.port, host: '127.0.0.1' }).on('error', () => undefined);
      while (node.waiting === 0) await new Promise((resolve) => setTimeout(resolve, 2));
      const startedMs = performance.now();
      await server.stop(100);
      assert.ok(performance.now() - startedMs < 1900);
      assert.equal(codeOf((await wait).body), 'STOPPING');
      assert.ok([0, 503].includes((await slow).status), 'cut, or refused if it came only now');
      assert.equal(node.waiting, 0);
      kept.destroy();
      const again = await serve({ port: server.port });
      assert.equal(again.server.port, server.port);
    });
  });
});
