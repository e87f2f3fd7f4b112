import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { useTempDirectory } from '../config/temp-home.ts';
import { systemProgram } from '../system-programs.ts';
import { run } from './run.ts';

const SCRIPT = new URL('../../scripts/hooks/pre-push', import.meta.url);
const STRANGER = '#!/bin/sh\ncat > "$(git rev-parse --show-toplevel)/../seen"\n';

describe('pheme hook', function () {
  this.timeout(20_000);
  const directory = useTempDirectory();
  let work: string;
  let hook: string;
  const env = () => ({
    PATH: `${join(directory(), 'bin')}:${process.env['PATH']}`,
    HOME: directory(),
    GIT_CONFIG_GLOBAL: '/dev/null',
  });
  const git = (...args: string[]) =>
    promisify(execFile)('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], {
      cwd: work,
      env: env(),
    });
  const pheme = (...args: string[]) => run(['hook', ...args], { env: env() });

  before(function () {
    systemProgram(this, 'git');
  });
  beforeEach(async () => {
    work = join(directory(), 'work');
    hook = join(work, '.git', 'hooks', 'pre-push');
    await mkdir(join(directory(), 'bin'));
    await mkdir(work);
    await git('init', '--quiet', '--initial-branch=main');
    await git('init', '--quiet', '--bare', join(directory(), 'remote.git'));
    await git('remote', 'add', 'origin', join(directory(), 'remote.git'));
  });

  /** Pushes a commit while `pheme review` ends with a code; true if it went out. */
  async function pushes(exit: number): Promise<boolean> {
    await writeFile(join(directory(), 'bin', 'pheme'), `#!/bin/sh\nexit ${exit}\n`);
    await chmod(join(directory(), 'bin', 'pheme'), 0o755);
    await git('commit', '--quiet', '--allow-empty-message', '--allow-empty', '-m', '');
    await writeFile(join(work, 'file'), `${Math.random()}`);
    await git('add', 'file');
    await git('commit', '--quiet', '-m', 'change');
    return git('push', '--quiet', 'origin', 'main').then(
      () => true,
      () => false,
    );
  }

  it('installs what stops a rejected push, once, and takes it away again', async () => {
    assert.equal((await pheme('status', work)).code, 1);
    const installed = await pheme('install', work);
    assert.deepEqual([installed.code, installed.stderr], [0, '']);
    assert.equal((await stat(hook)).mode & 0o777, 0o755);
    assert.equal(await pushes(1), false);
    assert.equal(await pushes(0), true);
    assert.equal((await pheme('install', work)).code, 0);
    assert.deepEqual(JSON.parse((await pheme('status', work, '--json')).stdout), {
      path: hook,
      state: 'installed',
      shared: false,
    });
    assert.equal((await pheme('uninstall', work)).code, 0);
    assert.equal(await pushes(1), true);
    assert.equal((await pheme('uninstall', work)).code, 0);
  });

  it("leaves somebody else's hook as it is, and says what runs both", async () => {
    await writeFile(hook, STRANGER, { mode: 0o755 });
    for (const what of ['install', 'uninstall']) assert.equal((await pheme(what, work)).code, 2);
    assert.equal(await readFile(hook, 'utf8'), STRANGER);
    assert.equal((await pheme('status', work)).code, 1);
    const { stderr } = await pheme('install', work, '--replace');
    const chained = stderr.slice(stderr.indexOf('#!/bin/sh'));
    await writeFile(join(work, '.git', 'hooks', 'pre-push.first'), STRANGER, { mode: 0o755 });
    await writeFile(hook, chained, { mode: 0o755 });
    assert.equal(await pushes(1), false);
    assert.match(
      await readFile(join(directory(), 'seen'), 'utf8'),
      /^refs\/heads\/main [0-9a-f]{40} refs\/heads\/main 0+\n/,
    );
    assert.equal(await pushes(0), true);
  });

  it('goes where core.hooksPath says, and tells whom else that concerns', async () => {
    await git('config', 'core.hooksPath', '.husky');
    const own = await pheme('install', work);
    assert.deepEqual([own.code, own.stderr], [0, '']);
    assert.deepEqual(await readFile(join(work, '.husky', 'pre-push')), await readFile(SCRIPT));
    const shared = join(directory(), 'shared');
    await git('config', 'core.hooksPath', shared);
    const { code, stderr } = await pheme('install', work);
    assert.equal(code, 0);
    assert.match(stderr, /every repository that uses this folder runs it/);
    assert.equal(await pushes(1), false);
  });

  it('renews an edited hook only when told to, and one that git would not run at once', async () => {
    await pheme('install', work);
    await chmod(hook, 0o644);
    const unused = await pheme('status', work);
    assert.match(unused.stdout, /not executable/);
    assert.equal(unused.code, 1);
    assert.equal((await pheme('install', work)).code, 0);
    assert.equal((await pheme('status', work)).code, 0);
    await writeFile(hook, `${await readFile(hook, 'utf8')}# mine\n`);
    const refused = await pheme('install', work);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /--replace renews it/);
    assert.equal((await pheme('install', work, '--replace')).code, 0);
    assert.deepEqual(await readFile(hook), await readFile(SCRIPT));
  });

  it('follows no link to a hook elsewhere', async () => {
    const elsewhere = join(directory(), 'elsewhere');
    await writeFile(elsewhere, await readFile(SCRIPT));
    await symlink(elsewhere, hook);
    assert.equal((await pheme('install', work)).code, 2);
    assert.equal((await pheme('uninstall', work)).code, 2);
    assert.deepEqual(await readFile(elsewhere), await readFile(SCRIPT));
  });

  it('says where no hook can be', async () => {
    await git('config', 'core.hooksPath', '/dev/null');
    for (const what of ['status', 'install', 'uninstall']) {
      const { code, stderr } = await pheme(what, work);
      assert.equal(code, 2);
      assert.match(stderr, /^pheme: the hook cannot be read: .*core\.hooksPath/);
    }
    await writeFile(join(work, 'file'), '');
    await git('config', 'core.hooksPath', 'file/hooks');
    assert.equal((await pheme('install', work)).code, 2);
  });

  it('says where there is no repository', async () => {
    const { code, stderr } = await pheme('install', directory());
    assert.equal(code, 2);
    assert.match(stderr, /not a git repository/);
    const nowhere = await pheme('install', join(directory(), 'nowhere'));
    assert.equal(nowhere.code, 2);
    assert.match(nowhere.stderr, /nowhere is no folder/);
  });
});
