import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initHome } from '../../../src/config/testnet.ts';
import { examine } from '../../../src/node/doctor/doctor.ts';
import type { Finding } from '../../../src/node/doctor/finding.ts';

interface Fake {
  models?: { status?: number; data?: unknown[] };
  /** Text of the model's answer; `ECHO` stands for the word of the question. */
  answer?: string;
}

const GOOD = JSON.stringify({ echo: 'ECHO', rationale: 'nothing to say', findings: [], soundness: 0.93 });

describe('node/doctor: models behind endpoints', function () {
  this.timeout(20_000);
  let home: string;
  let server: Server;
  let asked: string[];
  let fake: Fake;

  beforeEach(async () => {
    home = join(await mkdtemp(join(tmpdir(), 'pheme-doctor-models-')), 'node');
    await initHome({ home, p2pPort: 1, rpcPort: 2 });
    asked = [];
    fake = {};
    server = createServer(async (request, response) => {
      const body = await textOf(request);
      asked.push(`${request.method} ${request.url} ${request.headers.authorization}`);
      const isList = request.url === '/v1/models';
      if (isList) response.statusCode = fake.models?.status ?? 200;
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(isList ? { data: fake.models?.data ?? [{ id: 'small' }] } : completion(fake, body)));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
    await rm(join(home, '..'), { recursive: true });
  });

  async function examined(settings: Record<string, unknown> = {}): Promise<{ findings: Finding[]; costs: string[] }> {
    const { port } = server.address() as AddressInfo;
    const endpoint = `http://127.0.0.1:${port}/v1`;
    const model = { provider: 'openai', endpoint, model: 'small', apiKey: 'canary-key', timeoutMs: 5000, ...settings };
    await writeFile(join(home, 'validator.yml'), JSON.stringify({ models: { local: model } }), { mode: 0o600 });
    await chmod(join(home, 'validator.yml'), 0o600);
    const costs: string[] = [];
    const signal = new AbortController().signal;
    const onCost = (text: string) => costs.push(text);
    const report = await examine({ load: { home, environment: {} }, offline: false, signal, onCost });
    assert.ok(!JSON.stringify(report).includes('canary'));
    return { findings: report.findings.filter(({ check }) => check.includes('local')), costs };
  }

  it('asks one small question, and says before what it costs', async () => {
    fake = { models: { data: [{ id: 'small', max_model_len: 65_536 }] }, answer: GOOD };
    const { findings, costs } = await examined({ promptCostMicros: 2000 });
    assert.deepEqual(
      findings.map(({ state }) => state),
      ['ok', 'ok', 'ok'],
      JSON.stringify(findings),
    );
    assert.equal(costs.length, 1);
    assert.match(costs[0]!, /about 1500 tokens, at most 0\.0030 \(--offline leaves it out\)/);
    assert.match(findings[2]!.found, /keeps to the form of answers, in [\d.]+ s, 900 \+ 40 tokens/);
    assert.equal(asked.filter((line) => line.startsWith('POST')).length, 1);
    assert.ok(asked.every((line) => line.endsWith('Bearer canary-key')));
  });

  const FAULTS: [string, Fake, Record<string, unknown>, RegExp, RegExp, RegExp][] = [
    ['a key that is refused', { models: { status: 401 } }, {}, /^model/, /refuses the key/, /OPENAI_API_KEY/],
    ['a server that fails', { models: { status: 503 } }, {}, /^model/, /HTTP 503/, /logs of the model server/],
    [
      'an endpoint that is away',
      {},
      { endpoint: 'http://127.0.0.1:1/v1' },
      /^model/,
      /cannot be reached/,
      /start the model server/,
    ],
    [
      'an unknown model',
      { models: { data: [{ id: 'other' }] } },
      {},
      /^model/,
      /does not know small/,
      /one that it has: other/,
    ],
    [
      'a short context',
      { models: { data: [{ id: 'small', context_length: 8192 }] }, answer: GOOD },
      {},
      /^context/,
      /8192 tokens/,
      /models\.local\.contextCharsMax to 15576/,
    ],
    [
      'a context that holds nothing',
      { models: { data: [{ id: 'small', meta: { n_ctx: 2048 } }] }, answer: GOOD },
      {},
      /^context/,
      /2048 tokens/,
      /longer context/,
    ],
    [
      'a model that does not keep to the schema',
      { answer: 'Sure! I approve of this change.' },
      {},
      /^answers/,
      /unreadable_reply/,
      /structured output/,
    ],
  ];
  for (const [name, behaviour, settings, check, found, remedy] of FAULTS) {
    it(`finds ${name}, and names the remedy`, async () => {
      fake = behaviour;
      const { findings } = await examined(settings);
      const finding = findings.find((one) => check.test(one.check));
      assert.ok(finding !== undefined && finding.state !== 'ok', JSON.stringify(findings));
      assert.match(finding.found, found);
      assert.match(finding.remedy!, remedy);
    });
  }

  it('goes on with an endpoint that lists no models', async () => {
    fake = { models: { status: 404 }, answer: GOOD };
    const { findings } = await examined();
    assert.deepEqual(
      findings.map(({ state }) => state),
      ['ok', 'ok', 'ok'],
      JSON.stringify(findings),
    );
    assert.match(findings[0]!.found, /lists no models/);
  });
});

function completion({ answer = '' }: Fake, body: string): object {
  const echo = /Write the word ([0-9a-f]{16}) into the field echo/.exec(body)?.[1] ?? '';
  return {
    id: 'x',
    object: 'chat.completion',
    created: 1,
    model: 'small',
    choices: [
      { index: 0, finish_reason: 'stop', message: { role: 'assistant', content: answer.replace('ECHO', echo) } },
    ],
    usage: { prompt_tokens: 900, completion_tokens: 40, total_tokens: 940 },
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of request) text += part;
  return text;
}
