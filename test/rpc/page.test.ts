import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { useTempDirectory } from '../config/temp-home.ts';
import { READ_TOKEN, useServer } from './fake-node.ts';
import { rawRequest, sendRaw } from './raw-http.ts';

const ASSET = '/assets/index-Ab12_-9z.js';

describe('rpc/page', () => {
  const serve = useServer();
  const directory = useTempDirectory();

  async function serveDashboard(host = '127.0.0.1') {
    const dashboardFolder = join(directory(), 'dashboard');
    await mkdir(join(dashboardFolder, 'assets'), { recursive: true });
    await writeFile(join(dashboardFolder, 'index.html'), '<!doctype html><title>pheme</title>');
    await writeFile(join(dashboardFolder, ASSET), 'export {};');
    await writeFile(join(dashboardFolder, 'assets', 'plain.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
    await writeFile(join(dashboardFolder, 'assets', 'odd.exe'), 'x');
    await writeFile(join(directory(), 'secret.js'), 'secret');
    await writeFile(join(dashboardFolder, 'secret.js'), 'secret');
    return serve({ host, dashboardFolder });
  }

  it('serves the page and its files with their types, and lets hashed ones be kept', async () => {
    const { server } = await serveDashboard();
    const page = await fetch(`${server.url}/`);
    assert.deepEqual([page.status, page.headers.get('cache-control')], [200, 'no-cache']);
    assert.match(page.headers.get('content-type')!, /^text\/html/);
    assert.match(await page.text(), /pheme/);
    const script = await fetch(server.url + ASSET);
    assert.match(script.headers.get('content-type')!, /^text\/javascript/);
    assert.equal(script.headers.get('cache-control'), 'public, max-age=31536000, immutable');
    assert.equal((await fetch(`${server.url}/assets/plain.svg`)).headers.get('cache-control'), 'no-cache');
    const head = await fetch(`${server.url}/`, { method: 'HEAD' });
    assert.deepEqual([head.status, await head.text()], [200, '']);
  });

  it('allows nothing but its own files and answers', async () => {
    const { server } = await serveDashboard();
    for (const path of ['/', ASSET]) {
      const { headers } = await fetch(server.url + path);
      const policy = headers.get('content-security-policy')!;
      assert.match(policy, /default-src 'none'; script-src 'self'; style-src 'self'/);
      assert.match(policy, /frame-ancestors 'none'/);
      assert.doesNotMatch(policy, /unsafe|https?:|\*/);
      assert.equal(headers.get('x-content-type-options'), 'nosniff');
      assert.equal(headers.get('referrer-policy'), 'no-referrer');
      assert.equal(headers.get('access-control-allow-origin'), null);
    }
  });

  const outside = [
    '/assets/../secret.js',
    '/assets/../../secret.js',
    '/assets/%2e%2e/secret.js',
    '/assets/..%2fsecret.js',
    '/assets/..\\secret.js',
    '/assets//secret.js',
    '/assets/.hidden.js',
    '/assets/index-Ab12_-9z.js/',
    '/assets/index-Ab12_-9z.js%00.svg',
    '/assets/odd.exe',
    '/assets/',
    '/secret.js',
    '/index.html',
  ];
  for (const path of outside) {
    it(`answers GET ${path} with 404`, async () => {
      const { server } = await serveDashboard();
      const response = await sendRaw(server.port, rawRequest(`GET ${path} HTTP/1.1`));
      assert.equal(response.status, 404);
      assert.doesNotMatch(response.body, /secret/);
    });
  }

  it('says how to build a page that is not there', async () => {
    const { server } = await serve();
    const response = await fetch(`${server.url}/`);
    assert.equal(response.status, 404);
    assert.match(await response.text(), /npm run build/);
  });

  it('needs no token, for it holds no data; its calls need what reads need', async () => {
    const { server } = await serveDashboard('0.0.0.0');
    const get = async (path: string, headers = {}) =>
      (await sendRaw(server.port, rawRequest(`GET ${path} HTTP/1.1`, headers))).status;
    assert.deepEqual([await get('/'), await get(ASSET)], [200, 200]);
    assert.deepEqual([await get('/rpc/pheme_status'), await get('/events')], [401, 401]);
    assert.equal(await get('/rpc/pheme_status', { authorization: `Bearer ${READ_TOKEN}` }), 200);
    assert.equal(await get('/', { host: 'evil.example' }), 403);
  });

  it('may be opened by a link from elsewhere, but not asked by a page from elsewhere', async () => {
    const { server } = await serveDashboard();
    const get = async (path: string, headers: Record<string, string>) =>
      (await sendRaw(server.port, rawRequest(`GET ${path} HTTP/1.1`, headers))).status;
    const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    assert.equal(await get('/', link), 200);
    assert.equal(await get('/', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }), 403);
    assert.equal(await get('/rpc/pheme_status', link), 403);
    assert.equal(await get(ASSET, link), 403);
  });
});
