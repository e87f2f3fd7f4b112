import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LocalDevnet } from '../../scripts/local-devnet.ts';
import { type Finished, freeBasePort, pheme, type RunOptions } from '../../scripts/processes.ts';
import { initHome } from '../../src/config/testnet.ts';
import type { ConsensusResult } from '../../src/protocol/consensus-result.ts';
import { addition, numberedTask, samplePath } from './tasks.ts';

/** A home whose node can start, until a test spoils it. */
interface Place {
  home: string;
  rpcPort: number;
  p2pPort: number;
}

interface StartCase {
  name: string;
  spoil(place: Place): Promise<unknown>;
  env?: Record<string, string>;
  code: number;
  message: RegExp;
}

const START: StartCase[] = [
  {
    name: 'a key file that others can read',
    spoil: ({ home }) => chmod(join(home, 'key.json'), 0o644),
    code: 2,
    message: /key\.json holds a secret but its mode is 0644.*chmod 600/,
  },
  {
    name: 'a key file that is no JSON',
    spoil: ({ home }) => writeFile(join(home, 'key.json'), '{'),
    code: 2,
    message: /key\.json is not JSON/,
  },
  {
    name: 'no home',
    spoil: ({ home }) => rm(home, { recursive: true }),
    code: 2,
    message: /there is no genesis .*pheme init/,
  },
  {
    name: 'a genesis that is no JSON',
    spoil: ({ home }) => writeFile(join(home, 'genesis.json'), 'x'),
    code: 2,
    message: /genesis\.json is not JSON/,
  },
  {
    name: 'a threshold out of range',
    spoil: ({ home }) =>
      edit(join(home, 'genesis.json'), /"consensusThreshold": "0\.7"/, '"consensusThreshold": "1.5"'),
    code: 2,
    message: /validation\.consensusThreshold.* decimal from 0 to 1/,
  },
  {
    name: 'a threshold that two verdicts could reach',
    spoil: ({ home }) => edit(join(home, 'genesis.json'), /"0\.7"/, '"0.5"'),
    code: 2,
    message: /must be above 0\.5/,
  },
  {
    name: "rules that are not the network's",
    spoil: ({ home }) => append(join(home, 'validator.yml'), 'validation: { consensusThreshold: 0.9 }\n'),
    code: 2,
    message: /validation\.consensusThreshold: is 0\.9 .* 0\.7/,
  },
  {
    name: 'an unknown setting',
    spoil: ({ home }) => append(join(home, 'validator.yml'), 'wroker: {}\n'),
    code: 2,
    message: /wroker: is no setting of pheme/,
  },
  {
    name: 'an unknown variable',
    spoil: async () => undefined,
    env: { PHEME_RCP_PORT: '1' },
    code: 2,
    message: /PHEME_RCP_PORT: is no variable of pheme/,
  },
  {
    name: 'a token file that others can read',
    spoil: ({ home }) => chmod(join(home, 'api-token'), 0o640),
    code: 2,
    message: /api-token holds a secret/,
  },
];

async function edit(path: string, pattern: RegExp, replacement: string): Promise<void> {
  const text = await readFile(path, 'utf8');
  assert.match(text, pattern);
  await writeFile(path, text.replace(pattern, replacement));
}

async function append(path: string, text: string): Promise<void> {
  await writeFile(path, (await readFile(path, 'utf8')) + text);
}

describe('start refuses', function () {
  this.timeout(30_000);
  let directory: string;
  let place: Place;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'pheme-bad-'));
    const p2pPort = await freeBasePort(2);
    place = { home: join(directory, 'home'), p2pPort, rpcPort: p2pPort + 1 };
    await initHome(place);
  });

  afterEach(() => rm(directory, { recursive: true, force: true }));

  // With an empty standard input a node that does start stops at once, so that a failed test leaves none.
  const start = (env: Record<string, string> = {}) => pheme(['start', '--home', place.home, '--until-eof'], { env });

  for (const { name, spoil, env, code, message } of START) {
    it(name, async () => {
      await spoil(place);
      const ran = await start(env);
      assert.equal(ran.code, code, ran.stderr);
      assert.match(ran.stderr, message);
      assert.equal(ran.stdout, '');
    });
  }

  for (const port of ['rpcPort', 'p2pPort'] as const) {
    it(`a ${port === 'rpcPort' ? 'port of the RPC' : 'port for peers'} that is in use`, async () => {
      const squatter = createServer();
      await new Promise<void>((done) => squatter.listen(place[port], '127.0.0.1', done));
      try {
        const { code, stderr } = await start();
        assert.equal(code, 2, stderr);
        assert.match(stderr, new RegExp(`${place[port]}.*in use`));
      } finally {
        squatter.close();
      }
    });
  }
});

describe('a running node refuses', function () {
  this.timeout(60_000);
  let devnet: LocalDevnet;

  before(async () => {
    devnet = await LocalDevnet.start({ validators: 1 });
  });

  after(() => devnet?.stop());

  const CASES: { name: string; run(): Promise<Finished>; code: number; message: RegExp }[] = [
    {
      name: 'an unknown task type',
      run: () => submit({ type: 'POETRY' }),
      code: 2,
      message: /type: must be CODE_REVIEW or SKILL_ASSESSMENT/,
    },
    {
      name: 'missing fields',
      run: () => submit({ type: 'CODE_REVIEW' }),
      code: 2,
      message: /pullRequest: is missing.*requirements: is missing/,
    },
    {
      name: 'an unknown field',
      run: async () => submit({ ...(await numberedTask(1)), priority: 1 }),
      code: 2,
      message: /unknown fields: priority/,
    },
    {
      name: 'a review of nothing',
      run: async () =>
        submit({ ...(await numberedTask(1)), requirements: { style: false, security: false, performance: false } }),
      code: 2,
      message: /at least one of style, security, performance/,
    },
    { name: 'malformed JSON', run: () => node(['submit', '-'], { input: '{"type": ' }), code: 2, message: /not JSON/ },
    {
      name: 'a key that stands twice',
      run: () => node(['submit', '-'], { input: '{"type":"CODE_REVIEW","type":"CODE_REVIEW"}' }),
      code: 2,
      message: /twice/,
    },
    {
      name: 'an oversized diff',
      run: () =>
        node(['review', '-'], {
          input: addition(
            'x.js',
            Array.from({ length: 45_000 }, () => 'x'.repeat(100)),
          ),
        }),
      code: 2,
      message: /over 4194304 bytes/,
    },
    {
      name: 'a wrong token',
      run: async () => submit(await numberedTask(1), { PHEME_RPC_TOKEN: 'w'.repeat(64) }),
      code: 2,
      message: /token/,
    },
    {
      name: 'a task id that is none',
      run: () => node(['result', 'xyz']),
      code: 2,
      message: /64 lower-case hex digits/,
    },
    {
      name: 'an id that it does not know',
      run: () => node(['result', 'a'.repeat(64)]),
      code: 3,
      message: /does not know the task/,
    },
    {
      name: 'a file that is not there',
      run: () => node(['review', 'missing.diff']),
      code: 2,
      message: /there is no such file/,
    },
    {
      name: 'a genesis that is not there',
      run: () => node(['review', samplePath('tidy-fix.diff'), '--network', 'missing.json']),
      code: 2,
      message: /there is no genesis at missing\.json/,
    },
    {
      name: 'a wrong deadline',
      run: () => node(['review', samplePath('tidy-fix.diff'), '--deadline', 'soon']),
      code: 2,
      message: /Give a time such as/,
    },
    {
      name: 'a wrong commit id',
      run: () => node(['review', samplePath('tidy-fix.diff'), '--head-sha', 'HEAD']),
      code: 2,
      message: /headSha: must be a commit id/,
    },
    {
      name: 'an address that is none',
      run: () => node(['status', '--rpc', 'ftp://x']),
      code: 2,
      message: /http or https URL/,
    },
  ];

  const node = (args: string[], options?: RunOptions) => devnet.pheme(0, args, options);
  const submit = (task: unknown, env: Record<string, string> = {}) =>
    node(['submit', '-'], { input: JSON.stringify(task), env });

  for (const { name, run, code, message } of CASES) {
    it(`${name} with exit code ${code}`, async () => {
      const ran = await run();
      assert.equal(ran.code, code, ran.stdout + ran.stderr);
      assert.match(ran.stderr, message);
      assert.equal(ran.stdout, '');
    });
  }

  it('an unknown method, naming those that there are', async () => {
    await assert.rejects(devnet.call(0, 'pheme_fly'), /METHOD_NOT_FOUND/);
  });

  it("another network's result", async () => {
    const { stdout } = await node(['review', samplePath('tidy-fix.diff'), '--json']);
    const result = JSON.parse(stdout) as ConsensusResult;
    const other = join(devnet.directory, 'other.json');
    await writeFile(other, (await readFile(devnet.genesis, 'utf8')).replace('"name": "devnet"', '"name": "other"'));
    const { code, stdout: shown } = await pheme(['verify', '-', '--network', other], { input: JSON.stringify(result) });
    assert.equal(code, 1);
    assert.match(shown, /^FAILED {2}network .*the result is of another network$/m);
  });
});
