import assert from 'node:assert/strict';
import { access, copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { runCli } from '../../src/cli/program.ts';
import type { EpochChangeFile } from '../../src/protocol/epoch-change.ts';
import { useTempDirectory } from '../config/temp-home.ts';
import { Captured, run } from './run.ts';

interface Shown {
  epoch: number;
  configDigest: string;
  validators: { publicKey: string; weight: number }[];
  signedBy: string[];
  weight: number;
  needed: number;
}

describe('pheme epoch', function () {
  this.timeout(20_000);
  const folder = useTempDirectory();
  const at = (name: string) => join(folder(), name);
  const home = (index: number) => at(`validator-${index}`);
  let keys: string[];
  /** Of the fifth, which is in no genesis. */
  let fifth: string;

  beforeEach(async () => {
    keys = (await json<{ validators: { publicKey: string }[] }>(['testnet', '--output', folder()])).validators.map(
      ({ publicKey }) => publicKey,
    );
    fifth = await joined(4);
  });

  async function json<T>(args: string[]): Promise<T> {
    const { code, stdout, stderr } = await run([...args, '--json']);
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout) as T;
  }
  async function joined(index: number, ...more: string[]): Promise<string> {
    const args = ['init', '--home', home(index), '--network', at('genesis.json'), ...more];
    return (await json<{ publicKey: string }>(args)).publicKey;
  }
  const epoch = (index: number, ...args: string[]) => run(['epoch', ...args, '--home', home(index)]);
  const shown = (index: number, ...args: string[]) => json<Shown>(['epoch', ...args, '--home', home(index)]);
  const propose = (file: string, ...args: string[]) => shown(0, 'propose', '--out', at(file), ...args);
  async function signedBy(file: string, ...indexes: number[]) {
    for (const index of indexes) assert.equal((await epoch(index, 'sign', at(file), '--yes')).code, 0);
  }
  async function refused(index: number, args: string[], message: RegExp) {
    const { code, stderr } = await epoch(index, ...args);
    assert.match(stderr, message);
    assert.equal(code, 2, stderr);
  }
  const changeIn = async (file: string) => JSON.parse(await readFile(at(file), 'utf8')) as EpochChangeFile;
  async function altered(file: string, change: (content: EpochChangeFile) => void) {
    const content = await changeIn(file);
    change(content);
    await writeFile(at(file), JSON.stringify(content));
  }

  it('makes five validators of four: signed at the same time on copies, applied by all', async () => {
    const proposed = await propose('change.json', '--add', fifth);
    assert.deepEqual([proposed.epoch, proposed.weight, proposed.needed, proposed.signedBy], [1, 0, 3, []]);
    assert.deepEqual(
      proposed.validators.map(({ publicKey }) => publicKey),
      [...keys, fifth],
    );
    for (const index of [0, 1, 2]) {
      await copyFile(at('change.json'), at(`copy-${index}.json`));
      const { code, stdout, stderr } = await epoch(index, 'sign', at(`copy-${index}.json`), '--yes');
      assert.equal(code, 0);
      assert.match(stdout, new RegExp(`adds +validator ${fifth.slice(0, 16)} with weight 1`));
      assert.match(stdout, /quorum +3 of 4 becomes 4 of 5/);
      assert.match(stderr, /weight 1 of the 3 that it needs/);
    }
    const copies = [0, 1, 2].map((index) => at(`copy-${index}.json`));
    await refused(0, ['apply', copies[0]!, copies[1]!], /signed by weight 2, but needs 3/);
    for (const index of [0, 1, 2, 3, 4]) {
      const { code, stderr } = await epoch(index, 'apply', ...copies);
      assert.equal(code, 0, stderr);
      assert.match(stderr, new RegExp(`restart the node; then it is validator ${index} of it`));
    }
    const epochs = await json<Shown[]>(['epoch', 'show', '--home', home(4)]);
    assert.deepEqual(
      epochs.map(({ epoch: number, validators }) => [number, validators.length]),
      [
        [0, 4],
        [1, 5],
      ],
    );
    assert.deepEqual(epochs[1]!.signedBy, keys.slice(0, 3));
    assert.match((await epoch(4, 'show')).stdout, new RegExp(`signed by ${keys[0]!.slice(0, 16)}, `));
    assert.match(
      (await epoch(4, 'show', copies[2]!)).stdout,
      new RegExp(`signed by +${keys[2]!.slice(0, 16)}: weight 1`),
    );
    assert.equal((await epoch(0, 'apply', ...copies)).code, 0); // again: nothing changes
    assert.match((await run(['config', 'check', '--home', home(4)])).stdout, /^ok/);
    assert.doesNotMatch((await run(['config', 'check', '--home', home(4)])).stderr, /can only observe/);
  });

  it('removes one and gives another weight; a home made later gets both changes', async () => {
    await propose('first.json', '--add', fifth);
    await signedBy('first.json', 0, 1, 2);
    for (const index of [0, 1, 2, 3, 4]) await epoch(index, 'apply', at('first.json'));
    const second = await propose('second.json', '--remove', keys[0]!.slice(0, 12), '--weight', `${fifth}=3`);
    assert.deepEqual(
      second.validators.map(({ publicKey, weight }) => [publicKey, weight]),
      [...keys.slice(1).map((key) => [key, 1]), [fifth, 3]],
    );
    await signedBy('second.json', 0, 1, 2, 4);
    const applied = await epoch(0, 'apply', at('second.json'));
    assert.match(applied.stdout, /removes +validator .* which had weight 1/);
    assert.match(applied.stdout, /weight +of validator .*: 1 becomes 3/);
    assert.match(applied.stderr, /follows it as an observer/);
    assert.match((await run(['config', 'check', '--home', home(0)])).stderr, /can only observe/);
    const later = ['--epochs', at('second.json'), at('first.json')];
    const made = await run(['init', '--home', home(5), '--network', at('genesis.json'), ...later]);
    assert.equal(made.code, 0, made.stderr);
    assert.match(made.stdout, /epoch 2/);
    assert.match(made.stderr, /no validator of the network/);
    assert.equal((await json<Shown[]>(['epoch', 'show', '--home', home(5)])).length, 3);
  });

  it('signs one change of each number, and none against one that is applied', async () => {
    await propose('one.json', '--add', fifth);
    await propose('other.json', '--add', `${fifth}=2`);
    await signedBy('one.json', 0, 1, 2);
    const before = await readFile(at('other.json'), 'utf8');
    await refused(0, ['sign', at('other.json'), '--yes'], /has signed another change to epoch 1/);
    assert.equal(await readFile(at('other.json'), 'utf8'), before);
    assert.equal((await shown(0, 'sign', at('one.json'), '--yes')).weight, 3);
    assert.equal((await changeIn('one.json')).signatures.length, 3);
    await epoch(3, 'apply', at('one.json'));
    await refused(3, ['sign', at('other.json'), '--yes'], /has applied another change to epoch 1/);
  });

  it('takes no signature of a key that is no validator, and none without a yes', async () => {
    await propose('change.json', '--add', fifth);
    await refused(4, ['sign', at('change.json'), '--yes'], /no validator of epoch 0/);
    await refused(0, ['sign', at('change.json')], /no terminal to ask at: give --yes/);
    assert.deepEqual((await changeIn('change.json')).signatures, []);
    await assert.rejects(access(join(home(0), 'epochs')));
  });

  for (const [word, count, notes] of [
    ['yes', 1, ['signed-001.json']],
    ['no', 0, []],
  ] as const) {
    it(`asks at a terminal, and takes ${word} for it`, async () => {
      await propose('change.json', '--add', fifth);
      const [stdout, stderr] = [new Captured(true), new Captured(true)];
      const stdin = Object.assign(new PassThrough(), { isTTY: true });
      stdin.end(`${word}\n`);
      const { signal } = new AbortController();
      const args = ['epoch', 'sign', at('change.json'), '--home', home(0)];
      const code = await runCli(args, { stdin, stdout, stderr, env: {}, signal });
      assert.equal(code === 0, count === 1, stderr.text);
      assert.match(stderr.text, /sign epoch 1 with [0-9a-f]{64}\?/);
      assert.equal((await changeIn('change.json')).signatures.length, count);
      assert.deepEqual(await readdir(join(home(0), 'epochs')).catch(() => []), notes);
    });
  }

  const forged: [string, (content: EpochChangeFile) => void, RegExp][] = [
    ['an altered weight', ({ genesis }) => (genesis.validators[4]!.weight = 9), /is not by/],
    ['an altered rule', ({ genesis }) => (genesis.validation.minConfidence = '0.1'), /is not by/],
    ['another kind', ({ genesis }) => (genesis.kind = 'mainnet'), /genesis\.kind: must stay/],
    ['another name', ({ genesis }) => (genesis.name = 'other'), /must keep the name/],
    ['a signature twice', ({ signatures }) => signatures.splice(2, 1, signatures[0]!), /weight 2, but needs 3/],
    [
      'a signature by a stranger',
      ({ signatures }) => (signatures[0]!.publicKey = fifth),
      /signatures\.0: is by .*, no validator/,
    ],
    ['another network', (content) => (content.networkId = 'ab'.repeat(32)), /networkId: is/],
    ['another epoch before', (content) => (content.previous = 'ab'.repeat(32)), /previous: is/],
    ['a number skipped', (content) => (content.epoch = 2), /this home knows epochs up to 0/],
  ];
  it('installs nothing that was altered', async () => {
    await propose('change.json', '--add', fifth);
    await signedBy('change.json', 0, 1, 2);
    for (const [what, change, message] of forged) {
      await copyFile(at('change.json'), at('forged.json'));
      await altered('forged.json', change);
      const { code, stderr } = await epoch(3, 'apply', at('forged.json'));
      assert.match(stderr, message, what);
      assert.equal(code, 2, what);
    }
    await assert.rejects(access(join(home(3), 'epochs')));
  });

  it('does not merge copies of two changes, nor apply one of another network', async () => {
    await propose('one.json', '--add', fifth);
    await propose('other.json', '--add', `${fifth}=2`);
    await signedBy('one.json', 0, 1);
    await signedBy('other.json', 2);
    await refused(3, ['apply', at('one.json'), at('other.json')], /another change than that of the first file/);
    const elsewhere = at('elsewhere');
    await run(['init', '--home', elsewhere]);
    const { code, stderr } = await run(['epoch', 'apply', at('one.json'), '--home', elsewhere]);
    assert.match(stderr, /networkId: is/);
    assert.equal(code, 2);
  });

  const mistaken: [string, () => string[], RegExp][] = [
    ['nothing', () => [], /changes nothing: give --add/],
    ['a weight that is its own', () => ['--weight', `${keys[0]}=1`], /changes nothing/],
    ['a validator that is there', () => ['--add', keys[1]!], /stands twice/],
    ['what is no key', () => ['--add', 'abc'], /64 lower-case hex digits/],
    ['a key that signs for everybody', () => ['--add', '01'.padEnd(64, '0')], /not a valid genesis/],
    ['the removal of a stranger', () => ['--remove', fifth], /no validator of this epoch has a key/],
    ['no weight', () => ['--weight', `${keys[0]}=0`], /whole weight above 0/],
    ['fewer than its rules need', () => keys.slice(1).flatMap((key) => ['--remove', key]), /requiredValidators: is 2/],
    ['nobody', () => keys.flatMap((key) => ['--remove', key]), /at least one validator/],
  ];
  it('proposes nothing that cannot be', async () => {
    for (const [what, args, message] of mistaken) {
      const { code, stderr } = await epoch(0, 'propose', '--out', at('change.json'), ...args());
      assert.match(stderr, message, what);
      assert.equal(code, 2, what);
    }
    await assert.rejects(access(at('change.json')));
  });

  it('proposes other rules from a file in the form of a genesis, and warns of those that are weak', async () => {
    const genesis = JSON.parse(await readFile(at('genesis.json'), 'utf8')) as EpochChangeFile['genesis'];
    const validation = { ...genesis.validation, consensusThreshold: '0.6' };
    await writeFile(at('rules.json'), JSON.stringify({ ...genesis, name: 'left out', validation }));
    const { code, stdout, stderr } = await epoch(0, 'propose', '--out', at('c.json'), '--genesis', at('rules.json'));
    assert.equal(code, 0, stderr);
    assert.match(stdout, /rule +consensusThreshold: 0\.7 becomes 0\.6/);
    assert.match(stderr, /not above 2\/3/);
    assert.equal((await changeIn('c.json')).genesis.name, genesis.name);
  });

  it('init makes no home of changes that do not hold', async () => {
    await propose('change.json', '--add', fifth);
    const init = (...args: string[]) => run(['init', '--home', home(5), ...args]);
    const unsigned = await init('--network', at('genesis.json'), '--epochs', at('change.json'));
    assert.match(unsigned.stderr, /signed by weight 0, but needs 3/);
    const alone = await init('--epochs', at('change.json'));
    assert.match(alone.stderr, /give its genesis with --network/);
    assert.deepEqual([unsigned.code, alone.code], [2, 2]);
    await assert.rejects(access(home(5)));
  });
});
