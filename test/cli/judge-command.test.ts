import assert from 'node:assert/strict';
import { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../../scripts/processes.ts';
import type { LocalVerdict } from '../../src/cli/local-judging.ts';
import { runCli } from '../../src/cli/program.ts';
import { addition, sample } from '../e2e/tasks.ts';
import { Captured, run } from './run.ts';

function reviewOf(diff: string): string {
  const pullRequest = { url: '', diff, files: [] };
  return JSON.stringify({
    type: 'CODE_REVIEW',
    pullRequest,
    requirements: { style: true, security: true, performance: true },
  });
}

describe('pheme judge', function () {
  this.timeout(20_000);
  const home = ['--home', '/nonexistent'];

  it('judges lines in order with the named model, and says which got no verdict', async () => {
    const good = reviewOf(await sample('tidy-fix.diff'));
    const bad = reviewOf(await sample('sql-injection.diff'));
    const input = [good, 'not json', bad, '', good].join('\n');
    const { code, stdout, stderr } = await run(['judge', '-', '--model', 'embedded:rules', '--json', ...home], {
      input,
    });
    const verdicts = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as LocalVerdict);
    assert.deepEqual(
      verdicts.map(({ approved }) => approved),
      [true, false, false, true],
    );
    assert.deepEqual(
      verdicts.map(({ error }) => error?.code),
      [undefined, 'MALFORMED', undefined, undefined],
    );
    assert.ok(
      verdicts[2]?.findings.some(({ rule, file }) => rule === 'js/sql-injection' && file === 'src/routes/orders.js'),
    );
    assert.equal(verdicts[0]?.taskId, verdicts[3]?.taskId);
    assert.equal(verdicts[0]?.model?.id, 'embedded:rules');
    assert.equal(code, 3);
    assert.match(stderr, /1 of 4 tasks got no verdict/);
  });

  it('exits 0 when every task got a verdict, whatever it is, and prints it for people', async () => {
    const { code, stdout } = await run(['judge', '-', ...home], {
      input: reviewOf(await sample('sql-injection.diff')),
    });
    assert.equal(code, 0);
    assert.match(stdout, /^reject {3}0\.\d{3} {2}[0-9a-f]{16} /);
    assert.match(stdout, /^ {4}src\/routes\/orders\.js:\d+ {2}error {2}js\/sql-injection/m);
  });

  it('shows hostile file names inert', async () => {
    const diff = addition('a\x1b[2J::error::.js', ["require('child_process').exec(req.query.x);"]);
    const { stdout } = await run(['judge', '-', ...home], { input: reviewOf(diff) });
    assert.ok(!stdout.includes('\x1b'));
  });

  it('takes in no more than it may hold while nobody reads the answers', async () => {
    const task = reviewOf(await sample('tidy-fix.diff'));
    let taken = 0;
    function* tasks() {
      for (; taken < 400; taken++) yield Buffer.from(`${task}\n`);
    }
    let open = () => {};
    let answers = 0;
    const stdout = new Writable({
      highWaterMark: 1,
      write(part: Buffer, _encoding, done) {
        answers += part.toString().split('\n').length - 1;
        if (answers > 3) done();
        else open = done;
      },
    });
    const io = {
      stdin: Readable.from(tasks()),
      stdout,
      stderr: new Captured(),
      env: {},
      signal: new AbortController().signal,
    };
    const ended = runCli(['judge', '-', '--json', ...home], io);
    await until(() => answers === 1 && io.stdin.readableLength > 0);
    await delay(200); // time to take in too much
    assert.ok(taken < 60, `${taken} of 400 tasks were taken in`);
    answers = 3;
    open();
    assert.equal(await ended, 0);
    assert.equal(answers - 2, 400);
  });

  it('refuses a model that there is not, instead of asking another', async () => {
    const { code, stdout, stderr } = await run(['judge', '-', '--model', 'gpt-9', ...home], { input: reviewOf('') });
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, /there is no model gpt-9: give one of/);
  });

  it('refuses a file that is not there', async () => {
    const { code, stderr } = await run(['judge', '/nonexistent.jsonl', ...home]);
    assert.equal(code, 2);
    assert.match(stderr, /cannot read the tasks \/nonexistent\.jsonl: there is no such file/);
  });
});
