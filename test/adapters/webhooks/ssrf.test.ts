import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer as createTlsServer } from 'node:https';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import fc from 'fast-check';
import { isPublicAddress, resolveBySystem } from '../../../src/adapters/webhooks/addresses.ts';
import { type PostOptions, post } from '../../../src/adapters/webhooks/post.ts';
import { webhooks } from '../../../src/config/integrations.ts';
import { useTempDirectory } from '../../config/temp-home.ts';
import { systemProgram } from '../../system-programs.ts';
import { Receiver } from './receiver.ts';

const PUBLIC = '93.184.216.34';

/** Every way to write an address that must not be reached; PORT is that of servers that listen there and count. */
const FORMS: readonly string[] = [
  'https://127.0.0.1:PORT/',
  'https://127.1:PORT/',
  'https://127.0.1:PORT/',
  'https://2130706433:PORT/',
  'https://0x7f000001:PORT/',
  'https://0x7f.0.0.1:PORT/',
  'https://0177.0.0.1:PORT/',
  'https://017700000001:PORT/',
  'https://127.0.0.1.:PORT/',
  'https://①②⑦.⓪.⓪.①:PORT/',
  'https://127。0。0。1:PORT/',
  'https://%31%32%37.0.0.1:PORT/',
  'https://127.255.255.254:PORT/',
  'https://0.0.0.0:PORT/',
  'https://0:PORT/',
  'https://localhost:PORT/',
  'https://LOCALHOST:PORT/',
  'https://localhost.:PORT/',
  'https://[::1]:PORT/',
  'https://[0:0:0:0:0:0:0:1]:PORT/',
  'https://[::]:PORT/',
  'https://[::ffff:127.0.0.1]:PORT/',
  'https://[::ffff:7f00:1]:PORT/',
  'https://[::127.0.0.1]:PORT/',
  'https://[64:ff9b::127.0.0.1]:PORT/',
  'https://[2002:7f00:1::]:PORT/',
  'https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]:PORT/',
  'https://[fe80::1]:PORT/',
  'https://[fc00::1]:PORT/',
  'https://[fd00:ec2::254]/latest/meta-data/',
  'https://[ff02::1]:PORT/',
  'https://[fec0::1]:PORT/',
  'https://169.254.169.254/latest/meta-data/',
  'https://2852039166/latest/meta-data/',
  'https://[::ffff:169.254.169.254]/',
  'https://168.63.129.16/machine',
  'https://100.100.100.200/',
  'https://10.0.0.1/',
  'https://172.16.0.1/',
  'https://172.31.255.255/',
  'https://192.168.1.1/',
  'https://100.64.0.1/',
  'https://192.0.0.192/',
  'https://198.18.0.1/',
  'https://224.0.0.1/',
  'https://255.255.255.255/',
  'https://user:password@127.0.0.1:PORT/',
  'https://example.org@127.0.0.1:PORT/',
  'https://127.0.0.1:PORT#@example.org/',
  'https:\\\\127.0.0.1:PORT/',
  'https:127.0.0.1:PORT/',
  'http://127.0.0.1:PORT/',
  `http://${PUBLIC}/`,
  'ftp://127.0.0.1:PORT/',
  'file:///etc/passwd',
  'gopher://127.0.0.1:PORT/_x',
  'data:text/plain,x',
];

describe('webhooks reach no private address', () => {
  const directory = useTempDirectory();
  const receivers: Receiver[] = [];
  const send = (url: string, options: Partial<PostOptions> = {}) =>
    post({
      url: new URL(url),
      allowPrivate: false,
      headers: {},
      body: '{}',
      signal: new AbortController().signal,
      resolve: resolveBySystem,
      timeoutMs: 1000,
      ...options,
    });
  const isConfigurable = (url: string) => webhooks.safeParse([{ url }]).success;
  const privateError = { code: 'PRIVATE_ADDRESS' };

  afterEach(async () => {
    await Promise.all(receivers.splice(0).map((receiver) => receiver.stop()));
  });

  async function listen(host: string, port = 0): Promise<Receiver> {
    const receiver = await Receiver.start(host, undefined, port);
    receivers.push(receiver);
    return receiver;
  }

  it(`in any of ${FORMS.length} forms: reached 0`, async () => {
    const { port } = await listen('127.0.0.1');
    await listen('::1', port).catch(() => undefined); // a machine without IPv6
    let refused = 0;
    for (const form of FORMS) {
      const url = form.replace('PORT', String(port));
      if (isConfigurable(url)) await assert.rejects(send(url), privateError, url);
      refused += 1;
    }
    const reached = receivers.flatMap(({ received }) => received).length;
    assert.deepEqual({ reached, refused }, { reached: 0, refused: FORMS.length });
  });

  it('reaches what listens there once that is allowed: the table above measures something', async () => {
    const receiver = await listen('127.0.0.1');
    for (const host of ['127.0.0.1', '127.1', '0x7f000001', '[::ffff:127.0.0.1]', 'localhost']) {
      const resolve = async () => ['127.0.0.1'];
      assert.equal(await send(`http://${host}:${receiver.port}/`, { allowPrivate: true, resolve }), 204);
    }
    assert.equal(receiver.received.length, 5);
  });

  it('asks DNS once, and connects to what it judged: a name cannot be rebound in between', async () => {
    const receiver = await listen('127.0.0.1');
    let asked = 0;
    const rebinding = async () => [[PUBLIC], ['127.0.0.1']][Math.min(asked++, 1)]!;
    const url = `https://rebinding.example:${receiver.port}/`;
    await assert.rejects(send(url, { resolve: rebinding, timeoutMs: 100 }));
    assert.deepEqual([asked, receiver.received.length], [1, 0]);
    await assert.rejects(send(url, { resolve: rebinding }), privateError);
    let calls = 0;
    const resolve = async () => {
      calls += 1;
      return ['127.0.0.1'];
    };
    await send(`http://receiver.example:${receiver.port}/`, { allowPrivate: true, resolve });
    assert.deepEqual([calls, receiver.received[0]!.headers.host], [1, `receiver.example:${receiver.port}`]);
  });

  it('refuses a name that has one private address among public ones, or none at all', async () => {
    const mixed = async () => [PUBLIC, '::ffff:10.0.0.1'];
    await assert.rejects(send('https://mixed.example/', { resolve: mixed }), privateError);
    await assert.rejects(send('https://none.example/', { resolve: async () => [] }), { code: 'UNREACHABLE' });
  });

  it('checks the certificate against the name, though it connects to the address', async function () {
    const openssl = systemProgram(this, 'openssl');
    const [key, certificate] = [join(directory(), 'key.pem'), join(directory(), 'certificate.pem')];
    const names = ['-subj', '/CN=receiver.example', '-addext', 'subjectAltName=DNS:receiver.example'];
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    const args = ['req', '-x509', ...curve, '-keyout', key, '-out', certificate, ...names];
    execFileSync(openssl, args, { stdio: 'ignore' });
    const cert = await readFile(certificate, 'utf8');
    const options = { key: await readFile(key), cert };
    const receiver = await Receiver.start('127.0.0.1', (listener) => createTlsServer(options, listener) as never);
    receivers.push(receiver);
    const at = { allowPrivate: true, resolve: async () => ['127.0.0.1'] };
    const named = (name: string) => send(`https://${name}:${receiver.port}/`, at);
    await assert.rejects(named('receiver.example'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    const trusted = getCACertificates('default');
    setDefaultCACertificates([...trusted, cert]);
    try {
      assert.equal(await named('receiver.example'), 204);
      await assert.rejects(named('other.example'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    } finally {
      setDefaultCACertificates(trusted);
    }
    assert.equal(receiver.received.length, 1);
  });

  it('knows addresses of the internet from all others', () => {
    for (const address of [PUBLIC, '1.1.1.1', '172.32.0.1', '2606:4700:4700::1111', '2a00:1450::1'])
      assert.ok(isPublicAddress(address), address);
    for (const address of ['', 'x', 'fe80::1%eth0', '2606:4700::1%eth0', '127.1', '::ffff:1.1.1.1'])
      assert.ok(!isPublicAddress(address), address);
  });

  it('takes no IPv4 address in the clothes of IPv6', () => {
    const isPublicIn = (form: (hex: string, dotted: string) => string) => (bytes: number[]) => {
      const hex = Buffer.from(bytes)
        .toString('hex')
        .replace(/^(....)/, '$1:');
      return !isPublicAddress(form(hex, bytes.join('.')));
    };
    const octets = fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 4, maxLength: 4 });
    const forms = [
      (_: string, dotted: string) => `::ffff:${dotted}`,
      (_: string, dotted: string) => `::${dotted}`,
      (hex: string) => `::ffff:0:${hex}`,
      (hex: string) => `64:ff9b::${hex}`,
      (hex: string) => `2002:${hex}::`,
      (hex: string) => `2001:0:${hex}::`,
    ];
    for (const form of forms) fc.assert(fc.property(octets, isPublicIn(form)));
  });
});
