import assert from 'node:assert/strict';
import type { Judge } from '../../src/engine/ports.ts';
import { AIModelManager } from '../../src/models/manager.ts';
import { ValidationNetwork } from '../../src/node/validation-network.ts';
import type { ValidatorNode } from '../../src/node/validator-node.ts';
import type { ConsensusResult } from '../../src/protocol/consensus-result.ts';
import type { CodeReviewTask } from '../../src/protocol/task.ts';
import { CLEAN, FakeEndpoint, type Reply, says } from '../models/fake-endpoint.ts';
import { ENDPOINT_FAULTS, type EndpointFault, KEY, startFaulty } from '../models/openai-faults.ts';
import { addition, review } from '../models/tasks.ts';

/** The fault that the fourth validator meets, and whether the third sees a defect, stand in the task's url. */
const taskFor = (fault: string, doubted: boolean): CodeReviewTask => {
  const task = review(addition('src/a.js', ['run(a);']));
  return { ...task, pullRequest: { ...task.pullRequest, url: `${doubted ? 'doubted' : 'sound'}/${fault}` } };
};
const urlOf = (task: { type: string }) => (task as CodeReviewTask).pullRequest.url;

const finding = {
  ...{ rationale: 'r', rule: 'x', category: 'security', severity: 'error', file: 'src/a.js', line: 10 },
  ...{ quote: 'run(a);', message: 'It runs what it is given.', suggestion: '', certainty: 0.95 },
};
/** Below the time that the network waits for a last validator, on a devnet a second. */
const FAULTY_TIMEOUT_MS = 700;

/** Four validators of one process share one thread; all faults at once would keep it from the network's timers. */
const AT_ONCE = 4;

const sound = says(CLEAN);
const doubting = says({ ...CLEAN, findings: [finding], soundness: 0.1 });

describe('a network of four, one of them behind an endpoint that misbehaves', function () {
  this.timeout(60_000);
  const endpoints: FakeEndpoint[] = [];
  let network: ValidationNetwork;
  let nodes: ValidatorNode[];

  const managerAt = (endpoint: FakeEndpoint, timeoutMs: number) => {
    endpoints.push(endpoint);
    const settings = { provider: 'openai', endpoint: endpoint.url, apiKey: KEY, timeoutMs } as const;
    return new AIModelManager({ models: { gpt4: settings } });
  };
  const judgeBy = (choose: (url: string) => AIModelManager): Judge => ({
    judge: (task, signal, budgetMs) => choose(urlOf(task)).predict(task, { signal, budgetMs }),
  });
  const honest = async (reply: Reply) => managerAt(await FakeEndpoint.start(reply), 15_000);

  before(async () => {
    const faulty = new Map<string, AIModelManager>();
    for (const fault of ENDPOINT_FAULTS) faulty.set(fault.name, managerAt(await startFaulty(fault), FAULTY_TIMEOUT_MS));
    const [first, second, third, doubter] = await Promise.all([sound, sound, sound, doubting].map(honest));
    network = new ValidationNetwork({
      judges: [
        judgeBy(() => first!),
        judgeBy(() => second!),
        judgeBy((url) => (url.startsWith('doubted') ? doubter! : third!)),
        judgeBy((url) => faulty.get(url.slice(url.indexOf('/') + 1))!),
      ],
    });
    nodes = await network.nodes();
  });

  after(async () => {
    await network.stop();
    await Promise.all(endpoints.map((endpoint) => endpoint.stop()));
  });

  /** What each node holds in the end. */
  const decide = async (task: CodeReviewTask): Promise<ConsensusResult[]> => {
    const taskId = await nodes[0]!.submit(task);
    return Promise.all(nodes.map((node) => node.waitForResult(taskId, 50_000, new AbortController().signal)));
  };
  const decideAll = async (doubted: boolean) => {
    const waiting = [...ENDPOINT_FAULTS];
    const decided: { fault: EndpointFault; results: ConsensusResult[] }[] = [];
    const lane = async () => {
      for (let fault = waiting.shift(); fault !== undefined; fault = waiting.shift())
        decided.push({ fault, results: await decide(taskFor(fault.name, doubted)) });
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    return decided;
  };

  /** True if the abstention stands in the result with its reason: on a machine under load it may come too late. */
  const assertAgreed = (fault: EndpointFault, results: ConsensusResult[], outcome: string) => {
    const [first] = results;
    assert.equal(first!.outcome, outcome, fault.name);
    assert.equal(new Set(results.map(({ core }) => core)).size, 1, `${fault.name}: the same bytes on every node`);
    assert.ok(!JSON.stringify(results).includes(KEY), fault.name);
    const last = first!.judgements!.find(({ validator }) => validator === nodes[3]!.publicKey);
    if (last !== undefined) assert.equal(last.vote, 'abstain', fault.name);
    return last?.abstainReason === fault.reason;
  };

  it('approves a sound change with the three others, behind each fault', async () => {
    const decided = await decideAll(false);
    const listed = decided.filter(({ fault, results }) => assertAgreed(fault, results, 'APPROVED'));
    assert.ok(listed.length > ENDPOINT_FAULTS.length / 2, `${listed.length} abstentions with their reason`);
  });

  it('agrees on INCONCLUSIVE where the three others differ, behind each fault', async () => {
    for (const { fault, results } of await decideAll(true)) assertAgreed(fault, results, 'INCONCLUSIVE');
  });

  it('shows in the result what each judgement used, and which prompt and model it came from', async () => {
    const [{ judgements }] = (await decide(taskFor('says NaN', false))) as [ConsensusResult];
    for (const { report, promptDigest, model } of judgements!) {
      assert.match(promptDigest!, /^[0-9a-f]{64}$/);
      assert.equal(model.family, 'gpt');
      assert.ok(report!.usage !== undefined);
    }
    const [approval] = judgements!.filter(({ vote }) => vote === 'approve');
    assert.match(approval!.model.digest!, /^[0-9a-f]{64}$/);
  });
});
