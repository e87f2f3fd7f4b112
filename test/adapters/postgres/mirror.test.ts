import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { PostgresMirror } from '../../../src/adapters/postgres/mirror.ts';
import { verifyResult } from '../../../src/node/verify.ts';
import type { ConsensusResult } from '../../../src/protocol/consensus-result.ts';
import type { Task } from '../../../src/protocol/task.ts';
import { TASK } from '../../node/result-fixture.ts';
import { systemProgram } from '../../system-programs.ts';
import { Decisions, SKILL_TASK, until } from '../decisions.ts';
import { PostgresServer } from './server.ts';

const README = new URL('../../../src/adapters/postgres/README.md', import.meta.url);
const TABLES = ['tasks', 'results', 'judgements', 'evidence', 'validators', 'deliveries'];

describe('PostgresMirror', function () {
  this.timeout(60_000);
  let server: PostgresServer;
  const running: PostgresMirror[] = [];

  before(async function () {
    server = await PostgresServer.create(systemProgram(this, 'postgres'));
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((mirror) => mirror.stop()));
    await server.query('DROP SCHEMA IF EXISTS pheme CASCADE');
  });
  after(async () => server?.remove());

  function mirror({ host }: Decisions, sweepMs = 50): PostgresMirror {
    const started = new PostgresMirror({ url: server.url, sweepMs }, host);
    running.push(started);
    return started;
  }

  const count = async (table: string): Promise<number> => {
    const exists = await server.query<{ name: string | null }>('SELECT to_regclass($1) AS name', [`pheme.${table}`]);
    if (exists[0]!.name === null) return 0;
    return Number((await server.query<{ count: string }>(`SELECT count(*) FROM pheme.${table}`))[0]!.count);
  };
  const arrived = (decisions: Decisions) => until(async () => (await count('deliveries')) === decisions.results.length);
  const review = (fields: Partial<Task>): Task => ({ ...TASK, ...fields }) as Task;

  it('keeps tasks, results, judgements and validators as they were decided', async () => {
    const decisions = new Decisions();
    const result = decisions.decide(review({ repository: 'acme/shop', deadline: 1_800_000_000 }));
    mirror(decisions);
    await arrived(decisions);
    const [task] = await server.query('SELECT * FROM pheme.tasks');
    assert.deepEqual(
      [task!['task_id'], task!['repository'], task!['head_sha'], task!['body']],
      [result.taskId, 'acme/shop', 'a'.repeat(40), decisions.tasks.get(result.taskId)],
    );
    assert.equal((task!['deadline'] as Date).getTime(), 1_800_000_000_000);
    const judgements = await server.query('SELECT * FROM pheme.judgements ORDER BY judged_at');
    assert.deepEqual(
      judgements.map(({ vote, report }) => [vote, report]),
      result.judgements!.map(({ vote, report }) => [vote, report ?? null]),
    );
    assert.deepEqual(judgements[0]!['findings'], result.judgements![0]!.report!.findings);
    assert.equal(await count('validators'), 4);
  });

  it('takes what it delivers twice, and what several nodes deliver at once, as one row each', async () => {
    const nodes = [new Decisions(), new Decisions('b'.repeat(64)), new Decisions('c'.repeat(64))];
    const tasks = Array.from({ length: 24 }, (_, attempt) => review({ repository: 'acme/shop', attempt }));
    for (const [index, node] of nodes.entries()) {
      // Each decided them in an order of its own.
      for (const task of [...tasks.slice(index * 8), ...tasks.slice(0, index * 8)]) node.decide(task);
      mirror(node);
    }
    await until(async () => (await count('deliveries')) === 72);
    assert.deepEqual(await Promise.all(['tasks', 'results', 'judgements'].map(count)), [24, 24, 96]);
    assert.deepEqual(
      nodes.flatMap(({ logged }) => logged),
      [],
      'writers wait for each other, and never in a circle',
    );
    await Promise.all(running.splice(0).map((started) => started.stop()));
    await nodes[0]!.host.notes.set('adapter/postgres/delivered', '0');
    mirror(nodes[0]!);
    nodes[0]!.decide(SKILL_TASK);
    await until(async () => (await count('deliveries')) === 73);
    assert.deepEqual(await Promise.all(['tasks', 'results', 'judgements'].map(count)), [25, 25, 100]);
  });

  it('fills a body and a report that come later, and leaves a body dropped that was dropped here', async () => {
    const [poor, rich] = [new Decisions(), new Decisions('b'.repeat(64))];
    const { taskId } = poor.decide(TASK);
    poor.tasks.clear();
    mirror(poor);
    await arrived(poor);
    const [before] = await server.query('SELECT type, body FROM pheme.tasks');
    assert.deepEqual(before, { type: null, body: null });
    const missing = () => server.query('SELECT 1 FROM pheme.judgements WHERE report IS NULL');
    assert.equal((await missing()).length, 1);
    const held = poor.results[0]!.judgements!;
    Object.assign(held[3]!, { report: held[0]!.report });
    await until(async () => (await missing()).length === 0);
    rich.decide(TASK);
    mirror(rich);
    const body = async () => (await server.query('SELECT body FROM pheme.tasks'))[0]!['body'];
    await until(async () => (await body()) !== null);
    await server.query('UPDATE pheme.tasks SET body = NULL');
    const again = new Decisions('c'.repeat(64));
    assert.equal(again.decide(TASK).taskId, taskId);
    mirror(again);
    await until(async () => (await count('deliveries')) === 3);
    assert.equal(await body(), null);
  });

  it('bears text that PostgreSQL cannot keep', async () => {
    const decisions = new Decisions();
    const result = decisions.decide(review({ repository: 'a\0b', subject: '\\u0000 stays' }));
    Object.assign(result.judgements![0]!.report!, { summary: `x\0${'\ud800'}` });
    mirror(decisions);
    await arrived(decisions);
    const [row] = await server.query(
      "SELECT repository, subject, report ->> 'summary' AS summary FROM pheme.tasks JOIN pheme.judgements USING (task_id) ORDER BY judged_at",
    );
    assert.deepEqual(row, { repository: 'a\ufffdb', subject: '\\u0000 stays', summary: 'x\ufffd\ufffd' });
  });

  it('mirrors evidence when there is some', async () => {
    const decisions = new Decisions();
    mirror(decisions);
    await until(async () => (await count('validators')) === 4);
    decisions.evidence = [
      { taskId: 'f'.repeat(64), validatorIndex: 2, slot: 'PREVOTE/2', evidenceBytes: Buffer.of(1, 2) },
    ];
    await until(async () => (await count('evidence')) === 1);
    const [row] = await server.query('SELECT validator_index, slot, evidence FROM pheme.evidence');
    assert.deepEqual(row, { validator_index: 2, slot: 'PREVOTE/2', evidence: '0102' });
  });

  it('refuses tables of a newer version, in words, and writes nothing', async () => {
    const first = new Decisions();
    const started = mirror(first);
    await until(async () => (await count('validators')) === 4);
    await started.stop();
    await server.query("INSERT INTO pheme.migrations (number, name) VALUES (999, 'later')");
    const decisions = new Decisions();
    decisions.decide(TASK);
    const refused = mirror(decisions);
    await until(() => refused.faults().length > 0);
    assert.match(refused.faults()[0]!, /tables have version 999, this program knows up to 1: update pheme/);
    assert.equal(await count('results'), 0);
  });

  it('says that the server refuses it, without its password, and goes on once it may', async () => {
    const decisions = new Decisions();
    decisions.decide(TASK);
    const url = server.url.replace('pheme@', 'nobody:canary@');
    const refused = new PostgresMirror({ url, sweepMs: 50 }, decisions.host);
    running.push(refused);
    await until(() => refused.faults().length > 0);
    assert.match(refused.faults()[0]!, /^postgres: .*nobody.* delivered later$/);
    assert.ok(!JSON.stringify([refused.faults(), decisions.logged]).includes('canary'));
    await server.query('CREATE ROLE nobody LOGIN SUPERUSER');
    await arrived(decisions);
    await until(() => refused.faults().length === 0);
    await refused.stop();
    await server.query('DROP SCHEMA pheme CASCADE');
    await server.query('DROP ROLE nobody');
  });

  it('answers every question of its README', async () => {
    const decisions = new Decisions();
    decisions.decide(review({ repository: 'acme/shop' }));
    decisions.decide(review({ repository: 'acme/shop', attempt: 1 }), ['reject', 'reject', 'reject', 'abstain']);
    const skill = decisions.decide(SKILL_TASK);
    mirror(decisions);
    await arrived(decisions);
    const questions = [...(await readFile(README, 'utf8')).matchAll(/```sql\n([\s\S]+?)```/g)].map(([, sql]) => sql!);
    const answers: Record<string, unknown>[][] = [];
    for (const sql of questions) answers.push(await server.query(sql));
    const [repositories, validators, skills, commits, rules, gaps, documents] = answers;
    assert.deepEqual(
      repositories!.map(({ repository, results, rejected }) => [repository, results, rejected]),
      [['acme/shop', '2', '1']],
    );
    assert.deepEqual(
      validators!.map(({ dissented, abstained }) => [Number(dissented), Number(abstained)]).sort(),
      [
        [0, 0],
        [0, 0],
        [0, 0],
        [2, 1],
      ]
        .map(([a, b]) => [Number(a), Number(b)])
        .sort(),
    );
    assert.deepEqual([skills![0]!['skill'], skills![0]!['highest_level']], ['sql', skill.approved ? 3 : null]);
    assert.equal(commits!.length, 2);
    assert.equal(rules![0]!['file'], 'x.js');
    assert.deepEqual(gaps, []);
    const document = documents![0]!['result'] as ConsensusResult;
    assert.equal(verifyResult(document, decisions.host.genesis, {}).authentic, true);
    await server.query('DELETE FROM pheme.deliveries WHERE sequence = 2');
    assert.equal((await server.query(questions[5]!))[0]!['missing'], '1');
    assert.equal(answers.length, 7);
  });

  it('makes nothing that it does not document', async () => {
    mirror(new Decisions());
    await until(async () => (await count('validators')) === 4);
    const tables = await server.query<{ tablename: string }>(
      "SELECT tablename FROM pg_tables WHERE schemaname = 'pheme'",
    );
    assert.deepEqual(tables.map(({ tablename }) => tablename).sort(), [...TABLES, 'migrations'].sort());
  });
});
