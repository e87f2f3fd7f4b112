import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { platform } from 'node:os';
import { join } from 'node:path';
import { cleanEnvironment, exitCodeOf, freeBasePort, PHEME, pheme, until } from '../../scripts/processes.ts';
import { keepMemorySmall, smallMemory } from '../../src/cli/small-memory.ts';
import { useTempDirectory } from '../config/temp-home.ts';

describe('the memory settings of a daemon', function () {
  this.timeout(60_000);
  const directory = useTempDirectory();

  it('are given to a start without them, in the same process, and to no other command', () => {
    const began: unknown[] = [];
    const run = (args: string[], env: Record<string, string>, on = 'linux') => {
      const { execve } = process;
      process.execve = ((...call: unknown[]) => began.push(call)) as never;
      try {
        const facts = { platform: on, argv: ['node', 'pheme', ...args], env, execPath: '/node', execArgv: ['--x'] };
        keepMemorySmall(facts as unknown as NodeJS.Process);
      } finally {
        if (execve === undefined) delete process.execve;
        else process.execve = execve;
      }
    };
    run(['start', '--home', 'h'], { A: '1' });
    assert.deepEqual(began, [['/node', ['/node', '--x', 'pheme', 'start', '--home', 'h'], smallMemory({ A: '1' })]]);
    run(['start'], { MALLOC_ARENA_MAX: '8' });
    run(['status'], {});
    run(['start'], {}, 'darwin');
    assert.equal(began.length, 1);
  });

  it('leave what is set as it is', () => {
    const { MALLOC_ARENA_MAX, NODE_OPTIONS } = smallMemory({
      MALLOC_ARENA_MAX: '8',
      NODE_OPTIONS: '--max-semi-space-size=16',
    });
    assert.equal(MALLOC_ARENA_MAX, '8');
    assert.match(NODE_OPTIONS, / --max-semi-space-size=16$/, 'of two the last counts');
  });

  it('reach a node that is started by hand, whose process stays the same', async function () {
    if (platform() !== 'linux' || process.execve === undefined) return this.skip();
    const home = join(directory(), 'home');
    const port = await freeBasePort(2);
    const made = await pheme(['init', '--home', home, '--p2p-port', `${port}`, '--rpc-port', `${port + 1}`]);
    assert.equal(made.code, 0, made.stderr);
    const child = spawn(process.execPath, [PHEME, 'start', '--home', home, '--until-eof'], {
      env: { ...cleanEnvironment(), MALLOC_ARENA_MAX: undefined, NODE_OPTIONS: undefined },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child.stderr.resume();
    let out = '';
    child.stdout.on('data', (text: Buffer) => (out += text.toString()));
    try {
      await until(() => out.includes('Ctrl-C stops it'));
      const environment = (await readFile(`/proc/${child.pid}/environ`, 'utf8')).split('\0');
      for (const [name, value] of Object.entries(smallMemory({}))) assert.ok(environment.includes(`${name}=${value}`));
    } finally {
      child.stdin.end();
      assert.equal(await exitCodeOf(child), 0);
    }
  });
});
