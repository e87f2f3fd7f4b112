import assert from 'node:assert/strict';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { installEpoch, loadEpochs, noteSigned } from '../../src/config/epochs.ts';
import { loadApiToken } from '../../src/config/home.ts';
import { homePaths } from '../../src/config/home-paths.ts';
import { generateKey, loadKey } from '../../src/config/key.ts';
import { loadConfig } from '../../src/config/load.ts';
import { initHome } from '../../src/config/testnet.ts';
import { createMockCodeReviewTask } from '../../src/models/mock-task.ts';
import { isRestored, writeBackup } from '../../src/node/backup.ts';
import { type BackupSource, createRunningSource, openStoppedSource } from '../../src/node/backup-source.ts';
import { createVerifyingClient } from '../../src/node/client.ts';
import { type Daemon, startDaemon } from '../../src/node/daemon.ts';
import { verifyResult } from '../../src/node/verify.ts';
import { createSigner } from '../../src/protocol/ed25519.ts';
import { proposeChange, proposedCommittee, signChange } from '../../src/protocol/epoch-change.ts';
import { parseTask } from '../../src/protocol/task.ts';
import { createRpcClient } from '../../src/rpc/client.ts';
import { openLevelStore } from '../../src/store/level-store.ts';
import { useTempDirectory } from '../config/temp-home.ts';

const quiet = () => undefined;
const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };
const environment = { PHEME_RPC_PORT: '0', PHEME_NETWORK_LISTEN: '/ip4/127.0.0.1/tcp/0' };
const { signal } = new AbortController();
const validator = ({ publicKey }: { publicKey: string }) => ({ publicKey, weight: 1 });
const OTHER = validator(generateKey());

/** A whole node of its own network, with three decided tasks; the second is forgotten. */
describe('a backup', () => {
  const directory = useTempDirectory();
  let home: string;
  let copy: string;
  let daemon: Daemon | undefined;
  let taskIds: string[];

  const configOf = async (at: string) => (await loadConfig({ home: at, environment })).config;
  const start = async (at: string) => {
    daemon = await startDaemon({ config: await configOf(at), observer: false, logger });
    return daemon;
  };
  const stop = async () => {
    await daemon?.stop(1_000);
    daemon = undefined;
  };
  const clientOf = async (at: string, running: Daemon) =>
    createVerifyingClient(
      createRpcClient({ url: running.rpcUrl, token: await loadApiToken(at) }),
      running.node.genesis,
    );

  beforeEach(async () => {
    home = join(directory(), 'home');
    copy = join(directory(), 'copy');
    await initHome({ home });
    const { node } = await start(home);
    taskIds = [];
    for (let attempt = 0; attempt < 3; attempt++)
      taskIds.push((await node.decide(parseTask({ ...createMockCodeReviewTask(), attempt }), signal)).taskId);
    const { rpc } = await clientOf(home, daemon!);
    assert.ok(await rpc.call('pheme_forgetTask', { taskId: taskIds[1]! }));
  });
  afterEach(stop);

  async function backedUp(source: BackupSource | undefined, withBodies = true) {
    const options = { config: await configOf(home), directory: copy, source, withBodies, onProgress: quiet };
    return writeBackup(options).finally(() => source?.close());
  }
  const ofRunning = async () => createRunningSource(await clientOf(home, daemon!), signal);
  const ofStopped = async () => {
    await stop();
    return openStoppedSource(homePaths(home).data);
  };

  for (const [name, source] of [
    ['of a running node, by its RPC', ofRunning],
    ['of a stopped node', ofStopped],
  ] as const) {
    it(`${name}, holds all results in their order, and no journal`, async () => {
      const summary = await backedUp(await source());
      assert.deepEqual([summary.results, summary.bodies, summary.leftOut], [3, 2, []]);
      await stop();
      const [original, store] = [
        await openLevelStore({ directory: homePaths(home).data }),
        await openLevelStore({ directory: homePaths(copy).data }),
      ];
      assert.deepEqual(await store.journal(), []);
      assert.notEqual(store.storeId, original.storeId);
      const listed = async (from: typeof store) =>
        (await from.results({ limit: 9, order: 'oldest' })).map((row) => [
          row.taskId,
          row.sequence,
          row.storedAtMs,
          Buffer.from(row.certBytes).toString('hex'),
        ]);
      assert.deepEqual(await listed(store), await listed(original));
      for (const taskId of taskIds) {
        const [held, was] = [await store.task(taskId), await original.task(taskId)];
        assert.deepEqual(held && Buffer.from(held.taskBytes), was && Buffer.from(was.taskBytes));
        assert.equal(held?.firstSeenMs, was?.firstSeenMs);
        assert.deepEqual(await store.pruned(taskId), await original.pruned(taskId));
      }
      assert.ok(await isRestored(store.notes));
      await store.close();
      await original.close();
    });
  }

  it('is a home: it starts, serves the old results, and follows only at first', async () => {
    await backedUp(await ofRunning());
    await stop();
    const { node } = await start(copy);
    assert.ok(node.engine.trustedAfterMs > Date.now(), 'in its probation');
    for (const taskId of taskIds) {
      const result = await node.getResult(taskId);
      assert.ok(verifyResult(result, node.genesis, { taskId }).authentic);
      const reports = result!.judgements!.filter(({ report }) => report !== undefined).length;
      assert.equal(reports, taskId === taskIds[1] ? 0 : 1);
    }
    const { rpc } = await clientOf(copy, daemon!);
    const view = await rpc.call('pheme_getTask', { taskId: taskIds[1]! });
    assert.deepEqual([view?.task, typeof view?.prunedAt], [null, 'string']);
    const taskId = await node.submit(parseTask({ ...createMockCodeReviewTask(), attempt: 9 }));
    assert.equal(node.engine.openTasks.get(taskId)?.instance.muted, true);
  });

  it('follows only at first though its key was never bound to a database', async () => {
    await backedUp(await ofRunning());
    await stop();
    const keyPath = homePaths(copy).key;
    const key = JSON.parse(await readFile(keyPath, 'utf8')) as Record<string, unknown>;
    await writeFile(keyPath, JSON.stringify({ ...key, dataId: null }));
    for (let starts = 0; starts < 2; starts++) {
      const { node } = await start(copy);
      assert.ok(node.engine.trustedAfterMs > Date.now(), `start ${starts}`);
      await stop();
    }
  });

  it('holds the epochs, and what its key signed of them', async () => {
    const { node } = daemon!;
    const key = await loadKey({ home });
    const proposed = proposeChange(node.committee, { ...node.genesis, validators: [validator(key), OTHER] });
    const next = proposedCommittee(node.committee, proposed);
    await noteSigned(home, key.publicKey, next);
    const change = signChange(node.committee, proposed, createSigner(key.seed));
    await installEpoch(home, node.genesis, change);
    await backedUp(await ofRunning());
    assert.deepEqual(await loadEpochs(copy, node.genesis), [change]);
    const rival = { ...next, configDigest: node.committee.configDigest };
    await assert.rejects(noteSigned(copy, key.publicKey, rival), { code: 'EPOCH_SIGNED' });
  });

  it('without bodies holds nothing of what was submitted or said of it', async () => {
    const summary = await backedUp(await ofRunning(), false);
    assert.deepEqual([summary.results, summary.bodies, summary.reports], [3, 0, 0]);
    const store = await openLevelStore({ directory: homePaths(copy).data });
    for (const taskId of taskIds) assert.equal(await store.task(taskId), undefined);
    assert.equal(store.resultCount(), 3);
    await store.close();
    for (const name of await readdir(homePaths(copy).data)) {
      const bytes = await readFile(join(homePaths(copy).data, name)).catch(() => Buffer.alloc(0));
      assert.ok(!bytes.includes('average of an empty list'), name);
    }
  });

  it('keeps key and token private, and writes over no home', async () => {
    await backedUp(await ofRunning());
    for (const path of [homePaths(copy).key, homePaths(copy).apiToken])
      assert.equal((await stat(path)).mode & 0o777, 0o600, path);
    assert.equal((await stat(copy)).mode & 0o777, 0o700);
    await assert.rejects(backedUp(await ofRunning()), { code: 'HOME_EXISTS' });
  });
});
