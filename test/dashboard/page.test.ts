import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { LocalDevnet } from '../../scripts/local-devnet.ts';
import type { ConsensusResult } from '../../src/protocol/consensus-result.ts';
import type { ValidatorView } from '../../src/rpc/api.ts';
import { addition, sample } from '../e2e/tasks.ts';
import { systemProgram } from '../system-programs.ts';
import { WatchedBrowser } from './browser.ts';
import { FOCUS, LOW_CONTRASTS, OVERFLOW } from './in-page.ts';

const BUILT = fileURLToPath(new URL('../../dist/dashboard', import.meta.url));
const PAGE_BYTES_MAX = 150 * 1024;
const PAGES = ['#/', '#/tasks', '#/validators', '#/playground'];

/** The focus as {@link FOCUS} tells it. */
interface Focus {
  tag: string;
  name: string;
  outlined: boolean;
}

describe('the dashboard in a browser', function () {
  this.timeout(120_000);
  let devnet: LocalDevnet;
  let browser: WatchedBrowser;
  let url: string;
  let token: string;

  before(async function () {
    const executable = systemProgram(this, 'chromium');
    devnet = await LocalDevnet.start();
    browser = await WatchedBrowser.start(executable);
    url = `${devnet.validators[0]!.rpc}/`;
    token = (await readFile(join(devnet.validators[0]!.home, 'api-token'), 'utf8')).trim();
  });

  afterEach(async () => {
    await browser?.closePages();
    assert.deepEqual(browser?.faults.splice(0), []);
  });

  after(async () => {
    await browser?.stop();
    await devnet?.stop();
  });

  async function setToken(page: Page): Promise<void> {
    await page.getByText('No token').click();
    await page.getByLabel('Token of this node').fill(token);
    await page.getByRole('button', { name: 'Use it' }).click();
    await page.getByText('Token set').waitFor();
  }

  /** A decided review of a diff; its id. */
  async function decided(diff: string): Promise<string> {
    const requirements = { style: true, security: true, performance: true };
    const task = { type: 'CODE_REVIEW', pullRequest: { url: '', diff, files: [] }, requirements };
    const { taskId } = await devnet.call<{ taskId: string }>(0, 'pheme_submitTask', { task });
    await devnet.call(0, 'pheme_waitForResult', { taskId, timeoutMs: 60_000 });
    return taskId;
  }

  async function verify(page: Page): Promise<string> {
    await page.getByRole('button', { name: 'Verify in this browser' }).click();
    return page.locator('.checks .figure').innerText();
  }

  it('takes a diff, shows how it is decided, and checks the result against the finding at its line', async () => {
    const page = await browser.open(url);
    await page.getByText('live', { exact: true }).waitFor();
    await setToken(page);
    await page.getByRole('link', { name: 'Tasks' }).click();
    await page.getByLabel('Diff, as git diff prints it').fill(await sample('sql-injection.diff'));
    const stopped = [devnet.pidOf(2), devnet.pidOf(3)];
    for (const pid of stopped) process.kill(pid, 'SIGSTOP'); // no quorum: the task must show as open
    try {
      await page.getByRole('button', { name: 'Submit to the network' }).click();
      await page.getByRole('status').filter({ hasText: '2 committed' }).waitFor({ state: 'attached' });
      assert.match(await page.getByRole('row', { name: /^2 / }).innerText(), /not committed/);
    } finally {
      for (const pid of stopped) process.kill(pid, 'SIGCONT');
    }
    await page.getByRole('heading', { name: /^Result/ }).waitFor({ timeout: 60_000 });
    await page.getByRole('status').filter({ hasText: 'Decided: rejected' }).waitFor({ state: 'attached' });

    const line = page.locator('tr.found');
    assert.equal(await line.locator('th').innerText(), '21');
    assert.match(await line.innerText(), /SELECT id, total, status/);
    const finding = page.getByRole('article', { name: 'error in src/routes/orders.js line 21' });
    assert.match(await finding.innerText(), /security[\s\S]*\d of \d found it[\s\S]*Try:/);

    assert.match(await verify(page), /✓ authentic/);
    const checks = await page.locator('.checks tbody th').allInnerTexts();
    for (const name of ['task', 'signatures', 'quorum', 'aggregate']) assert.ok(checks.includes(name), name);
    await page
      .getByText(/a verdict needs 3 of 4/)
      .first()
      .waitFor();
  });

  it('refuses a result that the node altered, and a network that is not the expected one', async () => {
    const taskId = await decided(await sample('tidy-fix.diff'));
    const page = await browser.open(url);
    const altered: ((result: ConsensusResult) => ConsensusResult)[] = [
      (result) => ({ ...result, outcome: 'REJECTED', approved: false }),
      (result) => ({ ...result, signatures: result.signatures.map(() => '0'.repeat(128)) }),
      (result) => ({ ...result, confidence: 0.99 }),
      (result) => result,
    ];
    const verdicts: string[] = [];
    for (const alter of altered) {
      await page.route(url, async (route) => {
        const isAsked = route.request().postData()?.includes('pheme_getResult') ?? false;
        if (!isAsked) return route.continue();
        const answer = await route.fetch();
        const { result, ...rest } = (await answer.json()) as { result: ConsensusResult };
        await route.fulfill({ response: answer, json: { ...rest, result: alter(result) } });
      });
      await page.goto(`${url}#/task/${taskId}`);
      await page.reload();
      verdicts.push(await verify(page));
      await page.unroute(url);
    }
    assert.deepEqual(verdicts, [...Array(3).fill('✕ not authentic'), '✓ authentic']);
    await page.getByLabel('Network id that you expect').fill('ab'.repeat(32));
    await page.getByRole('button', { name: 'Verify in this browser' }).click();
    await page.getByText(/you expect abab/).waitFor();
  });

  it('shows foreign text as text: no markup of it lives, and what hides in it is seen', async () => {
    const hostile = ['<img src=x onerror="alert(1)">', '</td><script>alert(2)</script>', 'let a = "\u202e\u0007";'];
    const taskId = await decided(addition('src/<b>evil</b>\u202e.js', hostile));
    const page = await browser.open(`${url}#/task/${taskId}`);
    await page.getByRole('heading', { name: /^Result/ }).waitFor();
    await page.getByText('src/<b>evil</b>\\u{202e}.js').first().waitFor();
    await page.getByText('let a = "\\u{202e}\\x07";').waitFor();
    assert.equal(await page.locator('img, td script, h3 b').count(), 0);
  });

  it('leads from a task to the one that asks it again, and back', async () => {
    const first = await decided(addition('src/first.js', ['let a = 1;']));
    const { task } = await devnet.call<{ task: object }>(0, 'pheme_getTask', { taskId: first });
    const escalates = { taskId: first, reason: '<b>a second look</b>' };
    const second = await devnet.call<{ taskId: string }>(0, 'pheme_submitTask', { task: { ...task, escalates } });
    await devnet.call(0, 'pheme_waitForResult', { taskId: second.taskId, timeoutMs: 60_000 });
    const page = await browser.open(`${url}#/task/${first}`);
    await page.getByText('Was asked again by').getByRole('link').click();
    await page.getByText('Escalates').getByRole('link').waitFor();
    assert.ok(page.url().endsWith(second.taskId));
    await page.getByText('<b>a second look</b>', { exact: false }).first().waitFor();
    await page.setViewportSize({ width: 360, height: 800 });
    assert.equal(await page.evaluate(OVERFLOW), 0);
  });

  it('asks the local model and nobody else', async () => {
    const before = await devnet.call<{ results: number; openTasks: number }>(0, 'pheme_status');
    const page = await browser.open(`${url}#/playground`);
    const ask = page.getByRole('button', { name: 'Ask the model' });
    await ask.click();
    await page.getByText('The diff is missing').waitFor();
    await page.getByLabel('Diff, as git diff prints it').fill(await sample('sql-injection.diff'));
    await ask.click();
    await page.getByText('This needs the token of the node').waitFor();
    await setToken(page);
    await ask.click();
    await page.getByText('✕ rejects').waitFor();
    assert.equal(await page.locator('tr.found th').innerText(), '21');
    const after = await devnet.call<{ results: number; openTasks: number }>(0, 'pheme_status');
    assert.deepEqual([after.results, after.openTasks], [before.results, before.openTasks]);
  });

  it('is walked by the keyboard alone, with the focus always in sight', async () => {
    const page = await browser.open(url);
    await page.getByText('live', { exact: true }).waitFor();
    const tabTo = async (name: RegExp): Promise<void> => {
      for (let presses = 0; presses < 60; presses++) {
        await page.keyboard.press('Tab');
        const focus = (await page.evaluate(FOCUS)) as Focus;
        if (focus.tag === 'BODY') continue;
        assert.ok(focus.outlined, `${focus.tag} ${focus.name} has the focus unseen`);
        if (name.test(focus.name)) return;
      }
      assert.fail(`no way by the keyboard to ${name}`);
    };
    await tabTo(/^Skip to the content$/);
    await tabTo(/^No token$/);
    await page.keyboard.press('Enter');
    await tabTo(/^token$/);
    await page.keyboard.insertText(token);
    await page.keyboard.press('Enter');
    await page.getByText('Token set').waitFor();
    await page.keyboard.press('Shift+Tab');
    assert.equal(((await page.evaluate(FOCUS)) as Focus).name, 'Playground');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Model playground' }).waitFor();
    await tabTo(/^diff$/);
    await page.keyboard.insertText(await sample('sql-injection.diff'));
    await tabTo(/^Ask the model$/);
    await page.keyboard.press('Enter');
    await page.getByText('✕ rejects').waitFor();
    await tabTo(/^Lines of src\/routes\/orders\.js$/);
  });

  for (const dark of [false, true]) {
    it(`has a contrast of 4.5 on every page, and fits a window of 360, ${dark ? 'dark' : 'light'}`, async () => {
      const taskId = await decided(await sample('sql-injection.diff'));
      const page = await browser.open(url, { width: 360, height: 740, dark });
      for (const hash of [...PAGES, `#/task/${taskId}`]) {
        await page.goto(`${url}${hash}`);
        await page.getByRole('heading', { level: 1 }).waitFor();
        if (hash.includes('task/')) await verify(page);
        const { found, seen } = (await page.evaluate(LOW_CONTRASTS)) as { found: string[]; seen: number };
        assert.deepEqual(found, [], hash);
        assert.ok(seen > 10, `${hash} has been looked at`);
        assert.equal(await page.evaluate(OVERFLOW), 0, `${hash} is wider than its window`);
      }
    });
  }

  it('keeps the chosen theme, and the token for its tab alone', async () => {
    const page = await browser.open(url, { dark: false });
    await setToken(page);
    await page.getByLabel('Theme').selectOption('dark');
    const background = 'getComputedStyle(document.documentElement).backgroundColor';
    const dark = await page.evaluate(background);
    await page.reload();
    assert.equal(await page.evaluate(background), dark);
    assert.equal(await page.evaluate('JSON.stringify(localStorage).includes(sessionStorage["pheme.token"])'), false);
    const other = await page.context().newPage();
    await other.goto(url);
    await other.getByText('No token').waitFor();
  });

  it(`is at most ${PAGE_BYTES_MAX / 1024} KiB, compressed, with all that checks a result`, async () => {
    const names = (await readdir(BUILT, { recursive: true })).filter((name) => /\.(?:html|js|css|svg)$/.test(name));
    const sizes = await Promise.all(names.map(async (name) => gzipSync(await readFile(join(BUILT, name))).length));
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    assert.ok(names.length >= 4 && bytes < PAGE_BYTES_MAX, `${bytes} bytes`);
  });

  it('says who is missing and since when, in the words of the node', async () => {
    const page = await browser.open(url);
    await page.getByText('of 4 connected').waitFor();
    await devnet.terminate(3);
    await page
      .getByText(/validator 3 .* is not connected since/)
      .first()
      .waitFor({ timeout: 30_000 });
    const validators = await devnet.call<ValidatorView[]>(0, 'pheme_validators');
    const sentence = validators[3]!.absence!;
    await page.getByText(sentence, { exact: true }).first().waitFor();
    await page.getByRole('link', { name: 'Validators' }).click();
    await page.getByText(sentence, { exact: true }).first().waitFor();
  });
});
