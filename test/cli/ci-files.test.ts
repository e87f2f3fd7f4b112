import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { useTempDirectory } from '../config/temp-home.ts';
import { makeResult } from '../node/result-fixture.ts';
import { startFakeNode } from './fake-node.ts';
import { run } from './run.ts';

const root = new URL('../../', import.meta.url);
const load = async (path: string) => parse(await readFile(new URL(path, root), 'utf8'));

interface Step {
  run?: string;
  shell?: string;
  uses?: string;
  env?: Record<string, string>;
  with?: Record<string, string>;
  if?: string;
}
interface Action {
  inputs: Record<string, { description: string; required?: boolean; default?: string }>;
  runs: { using: string; steps: Step[] };
}
interface Job {
  script: string[];
  variables: Record<string, string>;
  artifacts: { when: string; paths: string[] };
}

/** Writes down how it was called, and says what the test wants it to. */
const SHIM = `#!/bin/sh
printf '%s\\0' "$@" >> "$CALLS"
printf '\\n' >> "$CALLS"
printf '%s' "$SAYS"
exit "$EXIT"
`;

const [BASE, HEAD] = ['a'.repeat(40), 'b'.repeat(40)];

describe('the files for pipelines', () => {
  const directory = useTempDirectory();

  /** Runs shell text with stand-ins for npm and pheme; how these were called, and how it ended. */
  async function ran(script: string, env: Record<string, string>, { says = '{"runs":[]}', exit = 0 } = {}) {
    const bin = join(directory(), 'bin');
    await mkdir(bin, { recursive: true });
    for (const name of ['npm', 'pheme']) {
      await writeFile(join(bin, name), SHIM);
      await chmod(join(bin, name), 0o755);
    }
    const file = join(directory(), 'step.sh');
    await writeFile(file, script);
    await promisify(execFile)('bash', ['-n', file]);
    const calls = join(directory(), 'calls');
    await writeFile(calls, '');
    const environment = { PATH: `${bin}:${process.env['PATH']}`, CALLS: calls, SAYS: says, EXIT: String(exit), ...env };
    // As GitHub and GitLab run a step's text.
    const code = await promisify(execFile)('bash', ['--noprofile', '--norc', '-eo', 'pipefail', file], {
      cwd: directory(),
      env: environment,
    }).then(
      () => 0,
      (error: { code: number }) => error.code,
    );
    const lines = (await readFile(calls, 'utf8')).split('\n').slice(0, -1);
    return { code, calls: lines.map((line) => line.split('\0').slice(0, -1)) };
  }

  /** The real program takes these arguments: it gets as far as git, which knows no such commits. */
  async function isTaken(args: readonly string[], env: Record<string, string>): Promise<void> {
    const node = await startFakeNode(makeResult());
    try {
      const { code, stderr } = await run([...args, '--home', node.home], {
        env: { PATH: process.env['PATH'], ...env },
      });
      assert.match(stderr, /^pheme: git rev-parse .* failed/, `${args.join(' ')}: ${stderr}`);
      assert.equal(code, 2);
    } finally {
      await node.stop();
    }
  }

  describe('the GitHub Action', () => {
    const INPUTS: Record<string, string> = {
      version: '0.1.0',
      endpoint: 'http://127.0.0.1:9',
      token: 't'.repeat(64),
      genesis: '{"a genesis": true}',
      base: BASE,
      head: HEAD,
      'fail-level': 'warning',
    };

    /** The environment of a step, with what GitHub puts in. */
    function environmentOf({ env = {} }: Step): Record<string, string> {
      const known: Record<string, string> = { 'runner.temp': directory(), 'github.repository': 'acme/shop' };
      for (const [name, value] of Object.entries(INPUTS)) known[`inputs.${name}`] = value;
      const filled = (text: string) =>
        text.replace(/\$\{\{\s*([\w.-]+)\s*\}\}/g, (_, name: string) => {
          assert.ok(name in known, `${name} is nothing that GitHub or the inputs give`);
          return known[name]!;
        });
      return Object.fromEntries(Object.entries(env).map(([name, text]) => [name, filled(text)]));
    }

    it('names every input that it uses, and uses every one that it names', async () => {
      const { inputs, runs } = (await load('config/ci/github-action/action.yml')) as Action;
      const used = new Set([...JSON.stringify(runs).matchAll(/inputs\.([\w-]+)/g)].map(([, name]) => name));
      assert.deepEqual([...used].sort(), Object.keys(inputs).sort());
      assert.deepEqual(Object.keys(INPUTS).sort(), Object.keys(inputs).sort());
      for (const { description, required, default: fallback } of Object.values(inputs))
        assert.ok(description.length > 10 && (required === true) === (fallback === undefined));
    });

    it('puts no input into the text of a script, where it would be run', async () => {
      const { runs } = (await load('config/ci/github-action/action.yml')) as Action;
      assert.equal(runs.using, 'composite');
      for (const step of runs.steps.filter((each) => each.run !== undefined)) {
        assert.doesNotMatch(step.run!, /\$\{\{/);
        assert.equal(step.shell, 'bash');
      }
    });

    it('asks as the program wants to be asked, keeps its exit code, and uploads only what was written', async () => {
      const { runs } = (await load('config/ci/github-action/action.yml')) as Action;
      const [install, review, upload] = runs.steps;
      const installed = await ran(install!.run!, environmentOf(install!));
      assert.deepEqual(installed.calls, [['install', '--global', '--ignore-scripts', '@pheme/validator-node@0.1.0']]);
      const told = join(directory(), 'github-env');
      const env: Record<string, string> = { ...environmentOf(review!), GITHUB_ENV: told };
      await writeFile(told, '');
      const rejected = await ran(review!.run!, env, { exit: 1 });
      assert.equal(rejected.code, 1);
      const [args] = rejected.calls;
      assert.ok(args!.includes(`${BASE}...${HEAD}`) && args!.includes('warning'));
      await isTaken(args!, {
        PHEME_RPC_TOKEN: env['PHEME_RPC_TOKEN']!,
        VALIDATOR_ENDPOINT: env['VALIDATOR_ENDPOINT']!,
      });
      assert.equal(await readFile(join(env['PHEME_HOME']!, 'genesis.json'), 'utf8'), INPUTS['genesis']);
      assert.match(await readFile(told, 'utf8'), /^PHEME_SARIF=written$/m);
      assert.match(upload!.if!, /always\(\) && env\.PHEME_SARIF == 'written'/);
      await writeFile(told, '');
      assert.equal((await ran(review!.run!, env, { says: '', exit: 3 })).code, 3);
      assert.equal(await readFile(told, 'utf8'), '', 'nothing is uploaded where nothing was judged');
    });
  });

  it('has a GitLab job that asks as the program wants to be asked, and keeps its exit code', async () => {
    const { 'pheme-review': job } = (await load('config/ci/gitlab.yml')) as { 'pheme-review': Job };
    const env = {
      ...job.variables,
      PHEME_VERSION: '0.1.0',
      PHEME_GENESIS: join(directory(), 'genesis.json'),
      CI_MERGE_REQUEST_DIFF_BASE_SHA: BASE,
      CI_COMMIT_SHA: HEAD,
      CI_PROJECT_PATH: 'acme/shop',
    };
    const script = job.script.join('\n');
    const { code, calls } = await ran(script, env);
    assert.equal(code, 0);
    const [install, args] = calls;
    assert.equal(install!.at(-1), '@pheme/validator-node@0.1.0');
    assert.ok(args!.includes(`${BASE}...${HEAD}`) && args!.includes(env.PHEME_GENESIS));
    await isTaken(args!, {});
    assert.equal((await ran(script.slice(script.indexOf('pheme review')), env, { exit: 1 })).code, 1);
    assert.deepEqual([job.artifacts.when, job.artifacts.paths], ['always', ['pheme.sarif']]);
  });
});
