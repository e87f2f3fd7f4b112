import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConsensusResult } from '../../src/protocol/consensus-result.ts';
import { ValidationError } from '../../src/protocol/errors.ts';
import type { Task } from '../../src/protocol/task.ts';
import type { NodeApi } from '../../src/rpc/api.ts';
import { type Fixture, makeResult, TASK } from '../node/result-fixture.ts';
import { type FakeNode, startFakeNode } from './fake-node.ts';
import { HOSTILE_TEXTS, isInertLine } from './hostile-texts.ts';
import { type FakeIo, type Ran, run } from './run.ts';

const APPROVED = makeResult();
const REJECTED = makeResult({ votes: ['reject', 'reject', 'approve', 'reject'] });
const SPLIT = makeResult({ votes: ['approve', 'approve', 'reject', 'reject'] });
const EXPIRED = makeResult({ votes: ['abstain', 'abstain', 'abstain', 'abstain'] });
const JSON_TASK = JSON.stringify(TASK);

describe('commands that ask a node', () => {
  const nodes: FakeNode[] = [];

  async function node(
    fixture: Fixture = APPROVED,
    says: Partial<NodeApi> = {},
  ): Promise<(args: string[], io?: FakeIo) => Promise<Ran>> {
    const started = await startFakeNode(fixture, says);
    nodes.push(started);
    return (args, io) => run([...args, '--home', started.home], io);
  }

  afterEach(async () => {
    await Promise.all(nodes.splice(0).map((started) => started.stop()));
  });

  const OUTCOMES: [Fixture, number, RegExp][] = [
    [APPROVED, 0, /^agreed {4}APPROVED, confidence 90\.0%: 3 approve, 1 reject, 0 abstain; a verdict needs 3 of 4$/m],
    [REJECTED, 1, /^agreed {4}REJECTED, confidence/m],
    [SPLIT, 3, /^agreed {4}INCONCLUSIVE \(split\)/m],
    [EXPIRED, 3, /^agreed {4}EXPIRED/m],
  ];
  for (const [fixture, code, line] of OUTCOMES) {
    it(`submit --wait exits ${code} for ${fixture.result.outcome}`, async () => {
      const pheme = await node(fixture);
      const ran = await pheme(['submit', '-', '--wait'], { input: JSON_TASK });
      assert.equal(ran.code, code, ran.stderr);
      assert.match(ran.stdout, line);
      assert.match(ran.stdout, /^verified {2}against the genesis of test/m);
    });
  }

  it('shows every validator, its findings and what this node does not hold', async () => {
    const { stdout } = await (await node())(['result', APPROVED.result.taskId]);
    for (const index of [0, 1, 2, 3])
      assert.match(stdout, new RegExp(`^validator ${index} \\([0-9a-f]{8}\\) {2}model-${index} `, 'm'));
    assert.match(stdout, /^ {4}3 of 3 {2}x\.js:1 {2}warning {2}js\/x\n {6}\| b\n {6}look\n {6}try: c$/m);
    assert.match(stdout, /does not hold its report/);
  });

  it('prints JSON that pheme verify takes, and verify finds the input again', async () => {
    const pheme = await node();
    const { stdout, code } = await pheme(['result', APPROVED.result.taskId, '--json']);
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(stdout), APPROVED.result);
    const task = join(nodes[0]!.home, 'task.json');
    await writeFile(task, JSON_TASK);
    const verified = await pheme(
      ['verify', '-', '--task', task, '--head-sha', 'a'.repeat(40), '--require', 'approved'],
      { input: stdout },
    );
    assert.equal(verified.code, 0, verified.stdout);
    const otherCommit = await pheme(['verify', '-', '--task', task, '--head-sha', 'b'.repeat(40)], { input: stdout });
    assert.equal(otherCommit.code, 1);
    assert.match(otherCommit.stdout, /^FAILED {2}headSha/m);
  });

  it('verify says what it did not check, so that nobody takes more for checked', async () => {
    const pheme = await node();
    const input = JSON.stringify(APPROVED.result);
    const bare = await pheme(['verify', '-'], { input });
    assert.equal(bare.code, 0);
    assert.match(bare.stdout, /^not checked: what was judged: give --task FILE or --diff FILE/m);
    assert.match(bare.stdout, /^not checked: \d of 4 reports: the file does not hold them$/m);
    const { judgements: _, findings: _findings, modelFamilies: _families, ...proof } = APPROVED.result;
    assert.match(
      (await pheme(['verify', '-'], { input: JSON.stringify(proof) })).stdout,
      /^not checked: the judgements/m,
    );
    const task = join(nodes[0]!.home, 'task.json');
    await writeFile(task, JSON_TASK);
    const given = await pheme(['verify', '-', '--task', task, '--json'], { input });
    const { notChecked } = JSON.parse(given.stdout) as { notChecked: string[] };
    assert.equal(notChecked.length, 1);
    const forged = await pheme(['verify', '-', '--json'], {
      input: JSON.stringify({ ...APPROVED.result, approved: false }),
    });
    assert.deepEqual((JSON.parse(forged.stdout) as { notChecked: string[] }).notChecked, []);
  });

  it('verify fails on an unmet requirement, though the result is authentic', async () => {
    const pheme = await node(REJECTED);
    const input = JSON.stringify(REJECTED.result);
    assert.equal((await pheme(['verify', '-'], { input })).code, 0);
    const ran = await pheme(['verify', '-', '--require', 'approved', '--json'], { input });
    assert.equal(ran.code, 1);
    const { authentic, satisfied } = JSON.parse(ran.stdout) as Record<string, unknown>;
    assert.deepEqual([authentic, satisfied], [true, false]);
  });

  const LIES: [field: string, lie: (result: ConsensusResult) => unknown][] = [
    ['approved', (result) => ({ ...result, approved: !result.approved })],
    ['outcome', (result) => ({ ...result, outcome: 'APPROVED' })],
    ['confidence', (result) => ({ ...result, confidence: 1 })],
    ['taskId', (result) => ({ ...result, taskId: 'f'.repeat(64) })],
    ['networkId', (result) => ({ ...result, networkId: 'f'.repeat(64) })],
    ['signatures', (result) => ({ ...result, signatures: result.signatures.slice(1) })],
    ['an unknown field', (result) => ({ ...result, note: 'trust me' })],
    ['another result', () => APPROVED.result],
    ['nothing', () => ({})],
  ];
  for (const [name, lie] of LIES) {
    it(`reports nothing of a node that lies about ${name}`, async () => {
      const task: Task = { ...TASK, headSha: 'c'.repeat(40) } as Task;
      const honest = makeResult({ task, votes: ['reject', 'reject', 'reject', 'reject'] });
      const pheme = await node(honest, { waitForResult: async () => lie(honest.result) as ConsensusResult });
      const ran = await pheme(['submit', '-', '--wait'], { input: JSON.stringify(task) });
      assert.equal(ran.code, 1);
      assert.equal(ran.stdout, '');
      assert.match(ran.stderr, /not authentic/);
    });
  }

  it('submit refuses a node that answers with another id', async () => {
    const pheme = await node(APPROVED, { submitTask: async () => ({ taskId: 'f'.repeat(64) }) });
    assert.equal((await pheme(['submit', '-'], { input: JSON_TASK })).code, 1);
  });

  it('submit --retry asks the next attempt of what ended without a verdict', async () => {
    const asked: Task[] = [];
    const second = makeResult({ task: { ...TASK, attempt: 1 } as Task });
    const results = [SPLIT.result, second.result];
    const says: Partial<NodeApi> = {
      getResult: async (taskId) => results.find((result) => result.taskId === taskId) ?? null,
      waitForResult: async () => second.result,
      submitTask: async (task) => {
        asked.push(task);
        return { taskId: second.result.taskId };
      },
    };
    const pheme = await node(SPLIT, says);
    const ran = await pheme(['submit', '-', '--retry', '--wait'], { input: JSON_TASK });
    assert.equal(ran.code, 0, ran.stderr);
    assert.deepEqual(
      asked.map(({ attempt }) => attempt),
      [1],
    );
  });

  const FAILURES: [code: string, exit: number][] = [
    ['UNAVAILABLE', 3],
    ['TIMEOUT', 3],
    ['STOPPING', 3],
    ['INTERNAL', 70],
  ];
  for (const [code, exit] of FAILURES) {
    it(`exits ${exit} when the node answers ${code}, and says so in JSON`, async () => {
      const failing = async () => {
        throw new ValidationError('no answer', code);
      };
      const ran = await (await node(APPROVED, { waitForResult: failing }))(
        ['submit', '-', '--wait', '--timeout', '10ms', '--json'],
        { input: JSON_TASK },
      );
      assert.equal(ran.code, exit, ran.stderr);
      assert.equal((JSON.parse(ran.stdout) as { error: { code: string } }).error.code, code);
    });
  }

  it('exits 3 when nothing listens, naming the remedy', async () => {
    const pheme = await node();
    const ran = await pheme(['status', '--rpc', 'http://127.0.0.1:9']);
    assert.equal(ran.code, 3);
    assert.match(ran.stderr, /pheme start/);
  });

  it('exits 2 on a wrong token', async () => {
    const pheme = await node();
    const ran = await pheme(['submit', '-'], { input: JSON_TASK, env: { PHEME_RPC_TOKEN: 'w'.repeat(64) } });
    assert.equal(ran.code, 2);
    assert.match(ran.stderr, /token/);
    assert.ok(!ran.stderr.includes('wwww'));
  });

  it('exits 2 without a genesis to verify against, before it submits anything', async () => {
    let submitted = 0;
    const pheme = await node(APPROVED, { submitTask: async () => ({ taskId: `${submitted++}` }) });
    await rm(join(nodes[0]!.home, 'genesis.json'));
    for (const args of [
      ['submit', '-', '--wait'],
      ['review', '-'],
      ['assess', '-'],
      ['result', 'a'.repeat(64)],
    ]) {
      const input = args[0] === 'review' ? DIFF : SKILL;
      const ran = await pheme(args, { input });
      assert.equal(ran.code, 2, args.join(' '));
      assert.match(ran.stderr, /--network FILE/);
    }
    assert.equal(submitted, 0);
  });

  it('exits 130 when it is interrupted while it waits', async () => {
    const controller = new AbortController();
    const hanging: NodeApi['waitForResult'] = (_id, _timeoutMs, signal) => {
      controller.abort();
      return new Promise((_, fail) => signal.addEventListener('abort', () => fail(signal.reason)));
    };
    const ran = await (await node(APPROVED, { waitForResult: hanging }))(['submit', '-', '--wait'], {
      input: JSON_TASK,
      signal: controller.signal,
    });
    assert.equal(ran.code, 130);
    assert.equal(ran.stdout, '');
  });

  it('status, peers, validators, health and results show what the node says', async () => {
    const pheme = await node();
    assert.match((await pheme(['status'])).stdout, /^state {6}ready\nrole {7}validator 1, model rules$/m);
    assert.match((await pheme(['peers'])).stdout, /no peer is connected/);
    assert.match((await pheme(['validators'])).stdout, /^1 +1 +this node +- +(0 +){5}- \/ - +[0-9a-f]{64}$/m);
    assert.match((await pheme(['health'])).stdout, /^queue {7}ok$/m);
    assert.match((await pheme(['results'])).stdout, /^7 +[0-9a-f]{64} +APPROVED +0\.9\d* +2023/m);
    assert.deepEqual(Object.keys(JSON.parse((await pheme(['results', '--json'])).stdout) as object), [
      'results',
      'next',
    ]);
  });

  it('health exits 3 when something is not healthy', async () => {
    const ok = { healthy: true, reasons: [] };
    const report = {
      healthy: false,
      queue: ok,
      models: { healthy: false, reasons: ['endpoint refused'] },
      validators: ok,
      database: ok,
    };
    const ran = await (await node(APPROVED, { health: async () => report }))(['health']);
    assert.equal(ran.code, 3);
    assert.match(ran.stdout, /^models {6}NOT HEALTHY: endpoint refused$/m);
  });

  it('shows hostile text of a node inert, in text and in JSON', async () => {
    for (const text of Object.values(HOSTILE_TEXTS)) {
      const peer = {
        publicKey: 'a'.repeat(64),
        validatorIndex: null,
        address: text,
        connectedAt: text,
        latencyMs: null,
        agent: text,
        connected: true,
        score: 0,
        lastOffence: null,
        lastOffenceAt: null,
        bannedUntil: null,
      };
      const pheme = await node(APPROVED, { peers: () => [peer] });
      const shown = await pheme(['peers']);
      const json = await pheme(['peers', '--json']);
      for (const line of `${shown.stdout}${shown.stderr}${json.stdout}`.split('\n'))
        assert.ok(isInertLine(line), JSON.stringify(line));
      assert.equal(json.stdout.split('\n').length, 2);
    }
  });
});

const DIFF = '--- a/x.js\n+++ b/x.js\n@@ -1 +1 @@\n-a\n+b\n';
const SKILL = JSON.stringify({
  type: 'SKILL_ASSESSMENT',
  submission: { content: 'text', evidence: [] },
  criteria: { skill: 'x', level: 1, requirements: ['y'] },
});
