import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { runCli } from '../../src/cli/program.ts';
import type { NodeStatus } from '../../src/rpc/api.ts';
import { until as untilTrue } from '../contract/network.ts';
import { makeResult } from '../node/result-fixture.ts';
import { type FakeNode, fakeApi, startFakeNode } from './fake-node.ts';
import { Captured } from './run.ts';

const ENTER = '\x1b[?1049h';
const LEAVE = '\x1b[?1049l';

const until = (isTrue: () => boolean) => untilTrue(isTrue, () => 'the screen shows it');

/** A terminal of a given size. */
class Terminal extends Captured {
  columns = 60;
  rows = 20;

  constructor() {
    super(true);
  }

  /** What stands on the screen after the last drawing. */
  get screen(): string[] {
    const last = this.text.split('\x1b[H').at(-1)!;
    return last.split('\r\n').map(stripVTControlCharacters);
  }
}

describe('--watch', function () {
  this.timeout(20_000);
  const fixture = makeResult();
  let node: FakeNode;
  let openTasks: number;

  beforeEach(async () => {
    openTasks = 0;
    const status = (): NodeStatus => ({ ...fakeApi(fixture).status(), openTasks });
    node = await startFakeNode(fixture, { status });
  });
  afterEach(() => node.stop());

  function watching(args: string[], stdout: Captured) {
    const raw: boolean[] = [];
    const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: (on: boolean) => raw.push(on) });
    const stopping = new AbortController();
    const io = { stdin, stdout, stderr: new Captured(), env: {}, signal: stopping.signal };
    const ended = runCli([...args, '--home', node.home], io);
    return { stdin, stopping, ended, raw };
  }

  it('draws one screen in place, redraws it at a new size, and leaves the terminal as it was at q', async () => {
    const terminal = new Terminal();
    const { stdin, ended, raw } = watching(['status', '--watch', '1'], terminal);
    await until(() => terminal.text.includes('0 open'));
    assert.ok(terminal.text.startsWith(ENTER));
    openTasks = 7;
    await until(() => terminal.text.includes('7 open'));
    assert.ok(terminal.screen.every((line) => line.length <= 60));
    assert.ok(!terminal.screen.join().includes('0 open'));
    terminal.columns = 30;
    terminal.rows = 5;
    terminal.emit('resize');
    assert.equal(terminal.screen.length, 5);
    assert.ok(terminal.screen.every((line) => line.length <= 30));
    assert.equal(terminal.screen.at(-1), '...');
    stdin.write('q');
    assert.equal(await ended, 0);
    assert.ok(terminal.text.endsWith(LEAVE));
    assert.deepEqual(raw, [true, false]);
  });

  it('waits for a node that restarts, and shows what it knew meanwhile', async () => {
    const terminal = new Terminal();
    terminal.columns = 200;
    const { stdin, ended } = watching(['status', '--watch', '1'], terminal);
    await until(() => terminal.text.includes('0 open'));
    await node.stop();
    await until(() => terminal.screen[0]!.includes('cannot be reached'));
    assert.ok(terminal.screen.join().includes('0 open'));
    stdin.write('\x03');
    assert.equal(await ended, 0);
    node = await startFakeNode(fixture);
  });

  it('is interrupted by a signal, and leaves the terminal as it was', async () => {
    const terminal = new Terminal();
    const { stopping, ended, raw } = watching(['validators', '--watch'], terminal);
    await until(() => terminal.screen.length > 3);
    stopping.abort();
    assert.equal(await ended, 130);
    assert.ok(terminal.text.endsWith(LEAVE));
    assert.deepEqual(raw, [true, false]);
  });

  it('prints on no terminal only what changes, with its time', async () => {
    const pipe = new Captured();
    const { stopping, ended } = watching(['status', '--watch', '1'], pipe);
    await until(() => pipe.text.includes('0 open'));
    const before = pipe.text.split('\n').length;
    openTasks = 3;
    await until(() => pipe.text.includes('3 open'));
    stopping.abort();
    assert.equal(await ended, 130);
    const added = pipe.text
      .trimEnd()
      .split('\n')
      .slice(before - 1);
    assert.equal(added.length, 1);
    assert.match(added[0]!, /^\d{4}-\d\d-\d\dT[\d:.]+Z {2}tasks {6}3 open/);
    assert.ok(!pipe.text.includes('\x1b'));
  });

  it('gives programs a line of JSON for each change', async () => {
    const pipe = new Captured();
    const { stopping, ended } = watching(['status', '--watch', '1', '--json'], pipe);
    await until(() => pipe.text.includes('"openTasks":0'));
    openTasks = 3;
    await until(() => pipe.text.includes('"openTasks":3'));
    stopping.abort();
    await ended;
    const lines = pipe.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { openTasks?: number });
    assert.deepEqual(
      lines.slice(0, 2).map((line) => line.openTasks),
      [0, 3],
    );
  });
});
