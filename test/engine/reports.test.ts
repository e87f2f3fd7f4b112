import assert from 'node:assert/strict';
import { createBackground } from '../../src/engine/background.ts';
import { REPORT_RETRY_MS, REPORT_TRIES_MAX } from '../../src/engine/limits.ts';
import { Reports } from '../../src/engine/reports.ts';
import { sealJudgement } from '../../src/engine/seal.ts';
import type { FetchAnswer } from '../../src/protocol/fetch.ts';
import { APPROVAL, NotingLogger, TestClock, TestNetwork, TestStore } from './fixture.ts';

const { result, reportBytes } = sealJudgement(APPROVAL, 1);
const other = sealJudgement({ ...APPROVAL, summary: 'Another.' }, 1);
const digest = result.reportDigest;
const gives = (bytes: Uint8Array | null) => (): FetchAnswer => ({ kind: 'report', reportBytes: bytes });

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
    assert.deepEqual(network.asked('report'), ['author']);
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
