import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Webhook } from 'standardwebhooks';
import type { Adapter } from '../../../src/adapters/adapter.ts';
import { signedHeaders } from '../../../src/adapters/webhooks/event.ts';
import { startWebhooks, type WebhookParts, type WebhookTarget } from '../../../src/adapters/webhooks/webhooks.ts';
import { verifyResult } from '../../../src/node/verify.ts';
import type { Task } from '../../../src/protocol/task.ts';
import { webhookKeyText } from '../../../src/protocol/webhook.ts';
import { TASK } from '../../node/result-fixture.ts';
import { Decisions, until } from '../decisions.ts';
import { type Received, Receiver } from './receiver.ts';

const README = new URL('../../../src/adapters/webhooks/README.md', import.meta.url);

type IsAuthentic = (key: string, headers: Received['headers'], body: string, nowSeconds?: number) => boolean;

/** The example that receivers copy out of the document. */
async function documented(): Promise<IsAuthentic> {
  const code = /```js\n([\s\S]+?)```/.exec(await readFile(README, 'utf8'))![1]!;
  const module = await import(`data:text/javascript,${encodeURIComponent(code)}`);
  return (module as { isAuthentic: IsAuthentic }).isAuthentic;
}

describe('webhooks', () => {
  let decisions: Decisions;
  const receivers: Receiver[] = [];
  const adapters: Adapter[] = [];

  beforeEach(() => {
    decisions = new Decisions();
  });
  afterEach(async () => {
    await Promise.all(adapters.splice(0).map((adapter) => adapter.stop()));
    await Promise.all(receivers.splice(0).map((receiver) => receiver.stop()));
  });

  async function receiver(port = 0): Promise<Receiver> {
    const started = await Receiver.start('127.0.0.1', undefined, port);
    receivers.push(started);
    return started;
  }

  async function start(targets: (Receiver | WebhookTarget)[], parts: WebhookParts = {}): Promise<Adapter> {
    const all = targets.map((target) =>
      target instanceof Receiver ? { url: target.url, allowPrivate: true } : target,
    );
    const adapter = await startWebhooks(all, decisions.host, { retryMs: 5, ...parts });
    adapters.push(adapter);
    return adapter;
  }

  const decide = (attempt: number) => decisions.decide({ ...TASK, attempt, repository: 'acme/shop' } as Task);
  const idsOf = ({ received }: Receiver) => received.map(({ headers }) => headers['webhook-id']);

  it('tells of a decision by a CloudEvent that is signed, and whose result proves itself', async () => {
    const target = await receiver();
    await start([target]);
    const { taskId, decidedAt } = decide(1);
    await until(() => target.received.length === 1);
    const [got] = target.received;
    const key = webhookKeyText(decisions.host.derivedSigner('webhook').publicKey);
    const isAuthentic = await documented();
    const { headers, body } = got!;
    assert.ok(isAuthentic(key, headers, body));
    assert.ok(!isAuthentic(key, headers, body.replace('acme', 'evil')));
    assert.ok(!isAuthentic(key, { ...headers, 'webhook-id': 'other' }, body));
    assert.ok(!isAuthentic(key, headers, body, Date.now() / 1000 + 600), 'a replay');
    assert.ok(!isAuthentic(webhookKeyText(decisions.host.derivedSigner('badge').publicKey), headers, body));
    assert.ok(!isAuthentic(key, { ...headers, 'webhook-timestamp': undefined }, body));
    assert.ok(Math.abs(Number(got!.headers['webhook-timestamp']) - Date.now() / 1000) < 60);
    assert.match(got!.headers['content-type']!, /^application\/cloudevents\+json/);
    const { data, ...event } = JSON.parse(got!.body);
    const { networkId, publicKey, genesis } = decisions.host;
    assert.deepEqual(event, {
      specversion: '1.0',
      id: taskId,
      source: `pheme:${networkId}/${publicKey}`,
      type: 'pheme.task.decided.v1',
      subject: taskId,
      time: decidedAt,
      datacontenttype: 'application/json',
    });
    assert.equal(verifyResult(data.result, genesis).authentic, true);
    assert.deepEqual(data.task, {
      type: 'CODE_REVIEW',
      repository: 'acme/shop',
      headSha: 'a'.repeat(40),
      pullRequestUrl: 'https://example.org/pull/1',
    });
  });

  it('sends nothing of diffs and reports', async () => {
    const target = await receiver();
    await start([target]);
    decide(1);
    await until(() => target.received.length === 1);
    assert.doesNotMatch(target.received[0]!.body, /looked at one line|js\/x|\+b/);
  });

  it('frames what is signed as the published library does', () => {
    let signed = '';
    const signer = {
      publicKey: new Uint8Array(32),
      sign: (message: Uint8Array) => {
        signed = Buffer.from(message).toString();
        return new Uint8Array(64);
      },
    };
    const nowMs = 1_800_000_000_999;
    const headers = signedHeaders('id', '{"a":1}', signer, nowMs);
    const secret = Buffer.from('secret').toString('base64');
    // The library signs by a shared secret only: what it signs must be what is signed here.
    const mac = createHmac('sha256', 'secret').update(signed).digest('base64');
    assert.equal(new Webhook(secret).sign('id', new Date(nowMs), '{"a":1}'), `v1,${mac}`);
    assert.equal(headers['webhook-timestamp'], '1800000000');
  });

  it('tries again until it is taken, with the same id and bytes, in order', async () => {
    const target = await receiver();
    let failures = 3;
    target.reply = (response) => response.writeHead(failures-- > 0 ? 503 : 200).end();
    const adapter = await start([target]);
    const ids = [decide(1), decide(2)].map(({ taskId }) => taskId);
    await until(() => adapter.faults().length > 0);
    assert.match(adapter.faults()[0]!, /the receiver answered 503; results are kept and delivered later/);
    await until(() => target.received.length === 5);
    assert.deepEqual(idsOf(target), [ids[0], ids[0], ids[0], ids[0], ids[1]]);
    assert.equal(new Set(target.received.slice(0, 4).map(({ body }) => body)).size, 1);
    await until(() => adapter.faults().length === 0);
  });

  it('holds nobody up for a receiver that is dead or hangs', async () => {
    const [dead, hanging, well] = [await receiver(), await receiver(), await receiver()];
    const url = dead.url;
    await dead.stop();
    receivers.splice(receivers.indexOf(dead), 1);
    hanging.reply = () => {};
    const adapter = await start([{ url, allowPrivate: true }, hanging, well], { timeoutMs: 50 });
    for (let attempt = 1; attempt <= 20; attempt++) decide(attempt);
    await until(() => well.received.length === 20);
    await until(() => adapter.faults().length === 2);
    assert.match(adapter.faults().join(), /ECONNREFUSED.*no answer within 50 ms/);
  });

  it('goes on where it was after a restart of either side, and begins with the present', async () => {
    decide(1);
    const target = await receiver();
    const first = await start([target]);
    const second = decide(2);
    await until(() => target.received.length === 1);
    const { port } = target;
    await target.stop();
    receivers.length = 0;
    const third = decide(3);
    await until(() => first.faults().length === 1);
    await first.stop();
    const fourth = decide(4);
    const again = await receiver(port);
    await start([again]);
    await until(() => again.received.length === 2);
    assert.deepEqual([idsOf(target), idsOf(again)], [[second.taskId], [third.taskId, fourth.taskId]]);
  });

  it('tells of the chosen events only', async () => {
    const [all, some] = [await receiver(), await receiver()];
    await start([all, { url: some.url, allowPrivate: true, events: ['pheme.task.inconclusive.v1'] }]);
    decide(1);
    const split = decisions.decide({ ...TASK, attempt: 9 } as Task, ['approve', 'approve', 'reject', 'reject']);
    await until(() => all.received.length === 2 && some.received.length === 1);
    assert.equal(JSON.parse(some.received[0]!.body).type, 'pheme.task.inconclusive.v1');
    assert.deepEqual(idsOf(some), [split.taskId]);
  });

  it('gives an event up that the receiver itself refuses, and says so', async function () {
    this.timeout(40_000);
    const target = await receiver();
    target.reply = (response) => {
      const { headers } = target.received.at(-1)!;
      response.writeHead(headers['webhook-id'] === decisions.results[0]!.taskId ? 422 : 200).end();
    };
    await start([target], { retryMs: 0.5 });
    decide(1);
    const next = decide(2);
    await until(() => idsOf(target).includes(next.taskId));
    assert.equal(target.received.length, 15);
    assert.match(JSON.stringify(decisions.logged), /the receiver refuses an event: it is given up/);
  });

  it('reads no more of an answer than its status', async () => {
    const target = await receiver();
    let streamed = 0;
    target.reply = (response) => {
      response.writeHead(200);
      const chunk = Buffer.alloc(64 * 1024);
      const pump = () => {
        while (!response.destroyed && response.write(chunk)) streamed += chunk.length;
        if (!response.destroyed) response.once('drain', pump);
      };
      pump();
    };
    const adapter = await start([target]);
    decide(1);
    decide(2);
    await until(() => target.received.length === 2);
    await adapter.stop();
    assert.ok(streamed < 64 * 1024 * 1024, `${streamed} bytes were taken`);
    const huge = await receiver();
    huge.reply = (response) => response.writeHead(200, { 'x-huge': 'a'.repeat(17 * 1024) }).end();
    const refusing = await start([huge]);
    decide(3);
    await until(() => refusing.faults().length > 0);
  });

  it('follows no redirect', async () => {
    const [target, other] = [await receiver(), await receiver()];
    target.reply = (response) => response.writeHead(307, { location: other.url }).end();
    const adapter = await start([target]);
    decide(1);
    await until(() => adapter.faults().length > 0);
    assert.match(adapter.faults()[0]!, /answered 307: redirects are not followed/);
    assert.equal(other.received.length, 0);
  });

  it('names a receiver in faults and logs without the secrets of its path', async () => {
    const target = await receiver();
    target.reply = (response) => response.writeHead(500).end();
    const adapter = await start([{ url: `${target.url}/canary?token=canary`, allowPrivate: true }]);
    decide(1);
    await until(() => adapter.faults().length > 0);
    assert.equal(target.received[0]!.path, '/hook/canary?token=canary');
    assert.ok(!JSON.stringify([adapter.faults(), decisions.logged]).includes('canary'));
  });
});
