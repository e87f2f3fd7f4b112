import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { LocalDevnet } from '../../scripts/local-devnet.ts';
import { cleanEnvironment, PHEME } from '../../scripts/processes.ts';
import type { ConsensusResult } from '../../src/protocol/consensus-result.ts';
import { numberedTask, sample } from './tasks.ts';

interface Answer {
  isError?: boolean;
  structuredContent?: Record<string, unknown>;
  content: { type: string; text: string }[];
}

describe('an agent at a devnet of four processes', function () {
  this.timeout(60_000);
  let devnet: LocalDevnet;
  let client: Client;

  before(async () => {
    devnet = await LocalDevnet.start();
    client = new Client({ name: 'test', version: '1' });
    const args = [PHEME, 'mcp', '--home', devnet.validators[0]!.home];
    const transport = { command: process.execPath, args, env: cleanEnvironment() as Record<string, string> };
    await client.connect(new StdioClientTransport({ ...transport, stderr: 'ignore' }));
  });
  after(async () => {
    await client?.close();
    await devnet?.stop();
  });

  const call = async (name: string, given: Record<string, unknown>) =>
    (await client.callTool({ name, arguments: given })) as unknown as Answer;
  const assessment = async (subject: string) => ({ ...JSON.parse(await sample('skill-task.json')), subject });

  it('finds the four tools with their schemas', async () => {
    const { tools } = await client.listTools();
    assert.deepEqual(tools.map(({ name }) => name).sort(), [
      'get_result',
      'recommend_tasks',
      'submit_validation',
      'verify_result',
    ]);
    for (const { inputSchema, outputSchema, description } of tools) {
      assert.equal(inputSchema['type'], 'object');
      assert.equal(outputSchema?.['type'], 'object');
      assert.ok((description ?? '').length > 40);
    }
  });

  it('submits a task, waits, and is told the same verdict as by RPC', async () => {
    const task = await numberedTask(77);
    const { structuredContent: submitted } = await call('submit_validation', { task, waitSeconds: 40 });
    assert.equal(submitted?.['decided'], true);
    const verdict = submitted['verdict'] as { outcome: string; confidence: number; taskId: string };
    const { taskId } = verdict;
    const byRpc = await devnet.call<ConsensusResult>(2, 'pheme_waitForResult', { taskId, timeoutMs: 20_000 });
    assert.equal(verdict.outcome, byRpc.outcome);
    assert.equal(verdict.confidence, byRpc.confidence);
    const { structuredContent: got } = await call('get_result', { taskId });
    // Signatures that come late are credited, so their number may grow.
    assert.deepEqual({ ...(got?.['verdict'] as object), signers: 0 }, { ...verdict, signers: 0 });
    const verified = await call('verify_result', { result: byRpc, task });
    assert.equal(verified.structuredContent?.['authentic'], true);
  });

  it('is told that an altered result is not authentic, and why', async () => {
    const { structuredContent } = await call('submit_validation', { task: await numberedTask(78), waitSeconds: 40 });
    const { taskId } = structuredContent as { taskId: string };
    const result = await devnet.call<ConsensusResult>(0, 'pheme_getResult', { taskId });
    const { structuredContent: verified } = await call('verify_result', { result: { ...result, confidence: 0.123 } });
    assert.equal(verified?.['authentic'], false);
    assert.match(JSON.stringify(verified), /confidence is 0.123/);
  });

  it('is told which field of a task is wrong', async () => {
    const { isError, content } = await call('submit_validation', { task: { type: 'CODE_REVIEW', pullRequest: {} } });
    assert.equal(isError, true);
    assert.match(content[0]!.text, /INVALID_TASK/);
    assert.match(content[0]!.text, /pullRequest\.diff/);
  });

  it('says undecided for a task that nobody knows', async () => {
    const { structuredContent } = await call('get_result', { taskId: '0'.repeat(64) });
    assert.deepEqual(structuredContent, { taskId: '0'.repeat(64), decided: false });
  });

  it('ranks tasks for a subject by its signed results, the same for an agent and on the command line', async () => {
    const task = await assessment('alice');
    const { structuredContent: assessed } = await call('submit_validation', { task, waitSeconds: 40 });
    const { taskId } = assessed as { taskId: string };
    await devnet.call(1, 'pheme_waitForResult', { taskId, timeoutMs: 20_000 });
    const { skill, level } = task.criteria as { skill: string; level: number };
    const open = [level + 60, level, level + 20].map((at) => ({
      id: `${skill}-${at}`,
      skill,
      level: Math.min(100, at),
      requirements: [],
    }));
    const { structuredContent: ranked } = await call('recommend_tasks', { subject: 'alice', tasks: open });
    const { results, recommendations } = ranked as {
      results: number;
      recommendations: { id: string; evidence: string[] }[];
    };
    assert.equal(results, 1);
    assert.ok(recommendations.every(({ evidence }) => evidence[0] === taskId));
    assert.notEqual(recommendations[0]!.id, `${skill}-${level + 60}`);
    const input = open.map((line) => JSON.stringify(line)).join('\n');
    const shown = await devnet.pheme(0, ['recommend', '--subject', 'alice', '--tasks', '-'], { input });
    assert.equal(shown.code, 0, shown.stderr);
    assert.match(shown.stdout, /^1 signed verdicts about alice\n1\. /);
    const nobody = await devnet.pheme(0, ['recommend', '--subject', 'nobody', '--tasks', '-'], { input });
    assert.match(nobody.stdout, /no signed result says anything/);
  });

  it('earns a badge for an approved assessment, and none for a review', async () => {
    const task = await assessment('did:example:bob');
    const { structuredContent } = await call('submit_validation', { task, waitSeconds: 40 });
    const { taskId } = structuredContent as { taskId: string };
    const exported = await devnet.pheme(0, ['export', taskId, '--format', 'vc']);
    assert.equal(exported.code, 0, exported.stderr);
    const badge = JSON.parse(exported.stdout);
    assert.equal(badge.credentialSubject.id, 'did:example:bob');
    assert.equal(badge.proof.cryptosuite, 'eddsa-rdfc-2022');
    const review = await call('submit_validation', { task: await numberedTask(79), waitSeconds: 40 });
    const { taskId: reviewed } = review.structuredContent as { taskId: string };
    const refused = await devnet.pheme(0, ['export', reviewed, '--format', 'vc']);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /badges are for skill assessments/);
  });

  it('gets a clear error for a list of tasks that cannot be read', async () => {
    const bad = await devnet.pheme(0, ['recommend', '--subject', 'x', '--tasks', '-'], {
      input: '{"id":"a","level":"high"}\n',
    });
    assert.equal(bad.code, 2);
    assert.match(bad.stderr, /line 1 is no open task.*skill/);
  });
});
