import assert from 'node:assert/strict';
import { execFile, type SpawnOptionsWithoutStdio, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { missingForNamespaces } from '../../scripts/partitions/namespaces.ts';
import { exitCodeOf, textOf } from '../../scripts/processes.ts';

const SCRIPT = fileURLToPath(new URL('../../scripts/partitions.ts', import.meta.url));
const run = promisify(execFile);

async function partitions(args: readonly string[], options: SpawnOptionsWithoutStdio = {}) {
  const child = spawn(process.execPath, [SCRIPT, ...args], options);
  const [stdout, stderr, code] = await Promise.all([textOf(child.stdout), textOf(child.stderr), exitCodeOf(child)]);
  return { stdout, stderr, code, pid: child.pid! };
}

describe('npm run partitions', function () {
  this.timeout(120_000);

  it('splits a network in halves and mends it: no decision without a quorum, all final after the heal', async function () {
    const missing = await missingForNamespaces();
    if (missing !== undefined) {
      this.test!.title += ` (${missing})`;
      assert.notEqual(process.env['CI'], 'true', missing);
      this.skip();
    }
    const { stdout, stderr, code, pid } = await partitions(['--count', '1', '--seed', '6', '--only', 'halves']);
    assert.equal(code, 0, `${stdout}${stderr}`);
    const { steps, sidesWithoutQuorumWatched, tasks, checks } = JSON.parse(stdout);
    assert.deepEqual([steps.length, sidesWithoutQuorumWatched], [1, 2]);
    assert.ok(tasks.acknowledged > 0 && steps[0].msFromHealToFinal.number === tasks.acknowledged);
    assert.deepEqual(new Set(Object.values(checks)), new Set([0]));
    const { stdout: left } = await run('ip', ['netns', 'list']);
    assert.ok(!left.includes(`pheme${pid}-`), left);
  });

  it('says what it needs, and ends with 2', async () => {
    const { code, stderr, stdout } = await partitions([], { env: { PATH: '/nonexistent' } });
    const needed =
      process.getuid?.() === 0 ? 'ip is missing: apt-get install -y iproute2' : 'network namespaces need root';
    assert.deepEqual([code, stdout], [2, '']);
    assert.ok(stderr.startsWith(`partitions: ${needed}`), stderr);
  });
});
