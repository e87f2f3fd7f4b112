import assert from 'node:assert/strict';
import { createBackground } from '../../src/engine/background.ts';
import { REPORT_RETRY_MS, REPORT_TRIES_MAX, REPORTS_ANSWER_BYTES } from '../../src/engine/limits.ts';
import { Reports } from '../../src/engine/reports.ts';
import { sealJudgement } from '../../src/engine/seal.ts';
import { encodeAnswer, type FetchAnswer } from '../../src/protocol/fetch.ts';
import { hash } from '../../src/protocol/hash.ts';
import { REPORT_BYTES_MAX, RESPONSE_BYTES_MAX } from '../../src/protocol/limits.ts';
import { APPROVAL, NotingLogger, TestClock, TestNetwork, TestStore } from './fixture.ts';

const { result, reportBytes } = sealJudgement(APPROVAL, 1);
const other = sealJudgement({ ...APPROVAL, summary: 'Another.' }, 1);
const digest = result.reportDigest;
const gives = (bytes: Uint8Array | null) => (): FetchAnswer => ({ kind: 'reports', reports: [bytes] });

function setUp() {
  const clock = new TestClock();
  const store = new TestStore(clock);
  const network = new TestNetwork();
  const logger = new NotingLogger();
  const reports = new Reports({
    store,
    network,
    clock,
    logger,
    background: createBackground(logger),
    onReport: (found, bytes) => void store.write({ reports: [{ digest: found, reportBytes: bytes }] }),
  });
  return { clock, store, network, reports };
}

describe('R5: an own report', () => {
  it('is shown to nobody until it is released', async () => {
    const { store, reports } = setUp();
    reports.holdBack(digest);
    await store.write({ reports: [{ digest, reportBytes }] });
    assert.equal(await reports.get(digest), undefined);
    reports.release(digest);
    assert.deepEqual(await reports.get(digest), reportBytes);
  });
});

describe('the report behind a revealed result', () => {
  it('is pulled from its author, once', async () => {
    const { clock, network, reports } = setUp();
    network.connect('author', 0, gives(reportBytes));
    reports.pull(result, 'author');
    reports.pull(result, 'author');
    await clock.pass(0);
    assert.deepEqual(await reports.get(digest), reportBytes);
    reports.pull(result, 'author');
    await clock.pass(0);
    assert.deepEqual(network.asked('reports'), ['author']);
  });

  it('is pulled from others where its author is gone, has none, or gives another', async () => {
    const { clock, network, reports } = setUp();
    network.connect('none', 1, gives(null));
    network.connect('liar', 2, gives(other.reportBytes));
    network.connect('holder', 3, gives(reportBytes));
    reports.pull(result, 'gone');
    await clock.pass(REPORT_TRIES_MAX * REPORT_RETRY_MS);
    assert.deepEqual(await reports.get(digest), reportBytes);
  });

  it('is asked for together with all others that are wanted of the same peer', async () => {
    const { clock, network, reports } = setUp();
    const held = new Map([
      [digest, reportBytes],
      [other.result.reportDigest, other.reportBytes],
    ]);
    network.connect('author', 0, (request) => {
      assert.ok(request.kind === 'reports');
      return { kind: 'reports', reports: request.digests.map((asked) => held.get(asked) ?? null) };
    });
    reports.pull(result, 'author');
    reports.pull(other.result, 'author');
    await clock.pass(0);
    assert.deepEqual(network.asked('reports'), ['author']);
    assert.deepEqual(await reports.getMany([...held.keys()]), [...held.values()]);
  });

  it('is asked for at once again where an answer had no room for it', async () => {
    const { clock, network, reports } = setUp();
    const held = new Map([
      [digest, reportBytes],
      [other.result.reportDigest, other.reportBytes],
    ]);
    network.connect('author', 0, (request) => {
      assert.ok(request.kind === 'reports');
      return { kind: 'reports', reports: [held.get(request.digests[0]!) ?? null] };
    });
    reports.pull(result, 'author');
    reports.pull(other.result, 'author');
    await clock.pass(0);
    assert.equal(network.asked('reports').length, 2);
    assert.deepEqual(await reports.getMany([...held.keys()]), [...held.values()]);
  });

  it('fills an answer up to its limit', async () => {
    const { store, reports } = setUp();
    const large = new Uint8Array(REPORT_BYTES_MAX);
    const digests = Array.from({ length: 20 }, (_, n) => hash('large', n));
    await store.write({ reports: digests.map((name) => ({ digest: name, reportBytes: large })) });
    const answer = encodeAnswer({ kind: 'reports', reports: await reports.getMany(digests) });
    assert.ok(answer.length > REPORTS_ANSWER_BYTES && answer.length <= RESPONSE_BYTES_MAX);
  });

  it('is asked of others when its author answers nothing, whatever else was wanted of it', async () => {
    const { clock, network, reports } = setUp();
    network.connect('silent', 1, () => ({ kind: 'reports', reports: [] }));
    network.connect('holder', 2, gives(reportBytes));
    reports.pull(result, 'silent');
    await clock.pass(REPORT_TRIES_MAX * REPORT_RETRY_MS);
    assert.deepEqual(await reports.get(digest), reportBytes);
  });

  it('is not asked for for ever, but again when somebody wants it', async () => {
    const { clock, network, reports } = setUp();
    network.connect('none', 1, gives(null));
    reports.pull(result, 'none');
    await clock.pass(100 * REPORT_RETRY_MS);
    assert.equal(network.requests.length, REPORT_TRIES_MAX);
    reports.pull(result, 'none');
    await clock.pass(REPORT_RETRY_MS);
    assert.ok(network.requests.length > REPORT_TRIES_MAX);
  });

  it('is not asked for after a stop', async () => {
    const { clock, network, reports } = setUp();
    network.connect('none', 1, gives(null));
    reports.pull(result, 'none');
    await clock.pass(0);
    reports.stop();
    await clock.pass(100 * REPORT_RETRY_MS);
    assert.equal(network.requests.length, 1);
  });
});
