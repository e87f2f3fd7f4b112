import assert from 'node:assert/strict';
import { mirrorFaults } from '../../../scripts/outages/mirror-rows.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { createTestnet, loopbackPlaces } from '../../../src/config/testnet.ts';
import { type Daemon, startDaemon } from '../../../src/node/daemon.ts';
import { useTempDirectory } from '../../config/temp-home.ts';
import { addition, review } from '../../models/tasks.ts';
import { systemProgram } from '../../system-programs.ts';
import { until } from '../decisions.ts';
import { PostgresServer } from './server.ts';

const TASKS = 60;
const logger = { debug() {}, info() {}, warn() {}, error() {} };

describe('a node whose PostgreSQL goes away under load', function () {
  this.timeout(60_000);
  const directory = useTempDirectory();
  let server: PostgresServer;
  let daemon: Daemon | undefined;

  before(async function () {
    server = await PostgresServer.create(systemProgram(this, 'postgres'));
  });
  afterEach(() => daemon?.stop(5000));
  after(() => server?.remove());

  it('decides on, and afterwards table and LevelDB agree row by row', async () => {
    const rules = { requiredValidators: 1 };
    const options = { directory: directory(), places: loopbackPlaces(1), kind: 'devnet', rules } as const;
    const { home } = (await createTestnet(options)).validators[0]!;
    const { config } = await loadConfig({ home, environment: { DATABASE_URL: server.url } });
    const network = { ...config.network, listen: ['/ip4/127.0.0.1/tcp/0'] };
    daemon = await startDaemon({
      config: { ...config, network, rpc: { ...config.rpc, port: 0 } },
      observer: false,
      logger,
    });
    const { node } = daemon;
    const decide = (from: number, to: number) =>
      Promise.all(
        Array.from({ length: to - from }, (_, index) =>
          node.validate(review(addition(`src/f${from + index}.js`, [`run(${from + index});`]))),
        ),
      );
    await decide(0, 20);
    const during = decide(20, 40);
    await server.stop();
    await during;
    await decide(40, TASKS);
    await server.start();
    const delivered = () =>
      server.query<{ sequence: string; task_id: string; core: string }>(
        'SELECT sequence, task_id, core FROM pheme.deliveries JOIN pheme.results USING (task_id) ORDER BY sequence',
      );
    await until(async () => (await delivered().catch(() => [])).length === TASKS);
    const kept = await node.store.results({ limit: TASKS + 1, order: 'oldest' });
    const expected = await Promise.all(
      kept.map(async ({ sequence, taskId }) => [sequence, taskId, (await node.getResult(taskId))!.core]),
    );
    const rows = await delivered();
    assert.deepEqual(
      rows.map(({ sequence, task_id: taskId, core }) => [Number(sequence), taskId, core]),
      expected,
    );
    const bodies = await server.query('SELECT 1 FROM pheme.tasks WHERE body IS NOT NULL');
    assert.equal(bodies.length, TASKS);
    await daemon.stop(5000);
    daemon = undefined;
    const agreeing = { compared: TASKS, deliveries: 0, results: 0, bodies: 0, judgements: 0 };
    const place = { home, publicKey: node.publicKey };
    assert.deepEqual(await mirrorFaults(server, place), agreeing);
    const first = '(SELECT task_id FROM pheme.deliveries WHERE sequence = 1)';
    await server.query(`UPDATE pheme.results SET core = '00' WHERE task_id = ${first}`);
    await server.query(`UPDATE pheme.tasks SET body = '{}' WHERE task_id = ${first}`);
    await server.query(`UPDATE pheme.judgements SET report = NULL WHERE task_id = ${first}`);
    await server.query(`DELETE FROM pheme.deliveries WHERE sequence = ${TASKS}`);
    assert.deepEqual(await mirrorFaults(server, place), {
      ...agreeing,
      deliveries: 1,
      results: 1,
      bodies: 1,
      judgements: 1,
    });
  });
});
