import assert from 'node:assert/strict';
import { renderExplanation } from '../../src/cli/render-explanation.ts';
import { explainDecided } from '../../src/node/explain/explain-decided.ts';
import type { TaskExplanation } from '../../src/rpc/api.ts';
import { makeResult } from '../node/result-fixture.ts';
import { startFakeNode } from './fake-node.ts';
import { HOSTILE_TEXTS, isInertLine } from './hostile-texts.ts';
import { run } from './run.ts';

const fixture = makeResult({ votes: ['approve', 'approve', 'approve', 'reject'] });
const { committee, core, result } = fixture;

/** What a node says that holds the result and saw some of it. */
function explanationOf(): TaskExplanation {
  const cert = {
    kind: 'CERT',
    taskId: core.taskId,
    votes: [{ signer: 0 }, { signer: 2 }],
    coreBytes: Buffer.from(result.core, 'hex'),
  };
  const timeline = [
    { event: 'seen', atMs: 1_700_000_000_000, note: 'from a client' },
    { event: 'committed', atMs: 1_700_000_000_120, validatorIndex: 0 },
    { event: 'round_ended', atMs: 1_700_000_001_000, round: 0, reason: 'proposer_silent', validatorIndex: 1 },
    { event: 'decided', atMs: 1_700_000_012_000, round: 1 },
  ] as const;
  return explainDecided({ committee, cert: cert as never, timeline, effectiveFamilies: 2.5 });
}

describe('pheme explain', () => {
  it('tells the outcome, who stood where, and what happened when', () => {
    const text = renderExplanation(explanationOf())
      .map((line) => line.text)
      .join('\n');
    assert.match(text, /^ {2}APPROVED with 90 % confidence: weight 3 approves, 1 rejects/m);
    assert.match(text, /^ {2}validator 3 \([0-9a-f]{8}…\) dissented: it rejected with 90 % confidence$/m);
    assert.match(
      text,
      /^ {2}round 0 ended without a decision: the proposer of the round sent no proposal in time \(validator 1 /m,
    );
    assert.match(text, /^ {2}decided here 12\.0 s after this node first saw it$/m);
    assert.match(
      text,
      /^ {2}models of 4 families gave a verdict; of late the families voted like 2\.5 independent ones or more$/m,
    );
    assert.match(text, /^ {2}agreed +commit \+120 ms +reveal - +signed +validator 0 /m);
    assert.match(text, /^ {2}dissented +commit - +reveal - +not signed +validator 3 /m);
    assert.match(text, /^ {2}2023-11-14T22:13:20\.000Z +the task became known here: from a client$/m);
    assert.match(text, /^ {2}\+12\.0 s +round 1 +decided$/m);
  });

  it('asks a node, prints JSON, and exits 2 and 3 for an id that is none or unknown', async () => {
    const node = await startFakeNode(fixture, {
      explain: async (id) => (id === result.taskId ? explanationOf() : null),
    });
    try {
      const home = ['--home', node.home];
      const pretty = await run(['explain', result.taskId, ...home]);
      assert.equal(pretty.code, 0, pretty.stderr);
      assert.match(pretty.stdout, new RegExp(`^task ${result.taskId}$`, 'm'));
      const json = await run(['explain', result.taskId, '--json', ...home]);
      assert.deepEqual(JSON.parse(json.stdout), explanationOf());
      assert.equal((await run(['explain', 'abc', ...home])).code, 2);
      const unknown = await run(['explain', '0'.repeat(64), ...home]);
      assert.equal(unknown.code, 3);
      assert.match(unknown.stderr, /does not know the task/);
    } finally {
      await node.stop();
    }
  });

  it('shows text of models inert', async () => {
    const texts = Object.values(HOSTILE_TEXTS);
    const hostile = explanationOf();
    const [sample] = hostile.validators;
    hostile.validators = texts.map((model, index) => ({ ...sample!, index, model }));
    const node = await startFakeNode(fixture, { explain: async () => hostile });
    try {
      const { stdout } = await run(['explain', result.taskId, '--home', node.home]);
      const lines = stdout.split('\n');
      assert.equal(lines.filter((line) => /^ {2}agreed /.test(line)).length, texts.length);
      for (const line of lines) assert.ok(isInertLine(line), JSON.stringify(line));
    } finally {
      await node.stop();
    }
  });
});
