import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LocalDevnet } from '../../scripts/local-devnet.ts';
import { pheme } from '../../scripts/processes.ts';
import type { ConsensusResult } from '../../src/protocol/consensus-result.ts';
import type { DsseEnvelope } from '../../src/protocol/dsse.ts';
import { addition, DANGEROUS, numberedTask, sample, samplePath } from './tasks.ts';

describe('a devnet of four processes', function () {
  this.timeout(60_000);
  let devnet: LocalDevnet;

  before(async () => {
    devnet = await LocalDevnet.start();
  });

  after(() => devnet?.stop());

  const review = (diff: string, args: string[] = []) => devnet.pheme(0, ['review', '-', ...args], { input: diff });
  const resultOf = async (index: number, taskId: string) => {
    await devnet.call(index, 'pheme_waitForResult', { taskId, timeoutMs: 20_000 });
    return devnet.call<ConsensusResult>(index, 'pheme_getResult', { taskId });
  };

  it('gives one id and one result to the same task at two nodes, with the same core bytes on all four', async () => {
    const input = JSON.stringify(await numberedTask(1));
    const [first, second] = await Promise.all([0, 2].map((index) => devnet.pheme(index, ['submit', '-'], { input })));
    assert.deepEqual([first?.code, second?.code], [0, 0], first?.stderr);
    assert.match(first!.stdout, /^[0-9a-f]{64}\n$/);
    assert.equal(first!.stdout, second!.stdout);
    const results = await Promise.all([0, 1, 2, 3].map((index) => resultOf(index, first!.stdout.trim())));
    assert.equal(new Set(results.map(({ core }) => core)).size, 1);
    assert.equal(results[0]?.outcome, 'APPROVED');
  });

  it('rejects an SQL injection from a request parameter, and shows file, line and every judgement', async () => {
    const { code, stdout, stderr } = await review(await sample('sql-injection.diff'));
    assert.equal(code, 1, stderr);
    assert.match(stdout, /src\/routes\/orders\.js:2[12] {2}error/);
    for (const { index, publicKey } of devnet.validators)
      assert.ok(stdout.includes(`validator ${index} (${publicKey.slice(0, 8)})`));
    assert.match(stdout, /^agreed {4}REJECTED, confidence/m);
    assert.match(stdout, /^verified {2}against the genesis of/m);
  });

  for (const { name, diff, file, line } of DANGEROUS) {
    it(`rejects ${name} with its file and line`, async () => {
      const { code, stdout, stderr } = await review(diff, ['--json']);
      assert.equal(code, 1, stderr);
      const { judgements = [] } = JSON.parse(stdout) as ConsensusResult;
      const found = judgements
        .flatMap(({ report }) => report?.findings ?? [])
        .filter(({ severity }) => severity === 'error');
      assert.ok(
        found.some((finding) => finding.file === file && finding.line === line),
        JSON.stringify(found),
      );
    });
  }

  it('approves a small tidy fix with its test', async () => {
    const { code, stdout, stderr } = await review(await sample('tidy-fix.diff'));
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /^agreed {4}APPROVED, confidence/m);
  });

  it('assesses a submission', async () => {
    const { code, stdout, stderr } = await devnet.pheme(1, ['assess', samplePath('skill-task.json'), '--json']);
    assert.equal(code, 0, stderr);
    const result = JSON.parse(stdout) as ConsensusResult;
    assert.ok((result.judgements?.length ?? 0) >= 3, 'a slow fourth may be left out, a quorum may not');
    assert.equal(result.approved, true);
  });

  it('exports an attestation that a quorum of validators signed, and one envelope a signer', async () => {
    const { stdout: json } = await review(await sample('tidy-fix.diff'), ['--json']);
    const { taskId } = JSON.parse(json) as ConsensusResult;
    const exported = (...flags: string[]) => devnet.pheme(2, ['export', taskId, '--format', 'dsse', ...flags]);
    const { code, stdout, stderr } = await exported();
    assert.equal(code, 0, stderr);
    const { signatures, payload } = JSON.parse(stdout) as DsseEnvelope;
    assert.ok(signatures.length >= 3, `${signatures.length} signatures`);
    const statement = JSON.parse(Buffer.from(payload, 'base64').toString());
    assert.equal(statement.subject[0].digest.sha256, taskId);
    const each = JSON.parse((await exported('--per-signer')).stdout) as DsseEnvelope[];
    assert.ok(each.every((envelope) => envelope.signatures.length === 1 && envelope.payload === payload));
  });

  it('verifies a result offline, and refuses it when any part is changed', async () => {
    const { stdout: json } = await review(await sample('tidy-fix.diff'), ['--json']);
    const check = (text: string, genesis = devnet.genesis, args: string[] = []) =>
      pheme(['verify', '-', '--network', genesis, ...args], { input: text });
    const diff = ['--diff', samplePath('tidy-fix.diff')];
    const authentic = await check(json, devnet.genesis, [...diff, '--require', 'approved']);
    assert.equal(authentic.code, 0, authentic.stdout + authentic.stderr);

    const result = JSON.parse(json) as ConsensusResult;
    const flipped = (hex: string) => (hex.startsWith('0') ? '1' : '0') + hex.slice(1);
    const genesisText = await readFile(devnet.genesis, 'utf8');
    const otherGenesis = join(devnet.directory, 'other-genesis.json');
    await writeFile(otherGenesis, genesisText.replace('"0.7"', '"0.75"'));
    const { certificate } = result;
    const precommits = certificate.precommits.map((entry, at) =>
      at === 0 ? { ...entry, signature: flipped(entry.signature) } : entry,
    );
    const middle = result.core.length / 2;
    const cases: [string, string, string?, string[]?][] = [
      ['core', JSON.stringify({ ...result, core: result.core.slice(0, middle) + flipped(result.core.slice(middle)) })],
      ['approved', JSON.stringify({ ...result, approved: false })],
      ['signatures', JSON.stringify({ ...result, certificate: { ...certificate, precommits } })],
      ['another genesis', json, otherGenesis],
      ['another input', json, devnet.genesis, ['--diff', samplePath('sql-injection.diff')]],
      ['no JSON', json.slice(1)],
    ];
    const answers = await Promise.all(cases.map(([, text, genesis, args]) => check(text, genesis, args)));
    answers.forEach(({ code, stdout }, at) => {
      assert.equal(code, 1, `${cases[at]![0]}: ${stdout}`);
      assert.match(stdout, /^FAILED {2}/m);
    });
  });

  const BAD_DIFFS: [name: string, diff: string, message: RegExp][] = [
    ['an empty diff', '', /pullRequest\.diff/],
    ['text that is no diff', 'hello world\n', /no hunk/],
    [
      'a diff without a changed line',
      'diff --git a/x b/y\nsimilarity index 100%\nrename from x\nrename to y\n',
      /no hunk/,
    ],
    [
      'an oversized diff',
      addition(
        'x.js',
        Array.from({ length: 45_000 }, () => 'x'.repeat(100)),
      ),
      /split it/,
    ],
  ];
  for (const [name, diff, message] of BAD_DIFFS) {
    it(`refuses ${name} with exit code 2`, async () => {
      const { code, stdout, stderr } = await review(diff);
      assert.equal(code, 2);
      assert.match(stderr, message);
      assert.equal(stdout, '');
    });
  }

  it('shows itself by status, peers, validators, health and results', async () => {
    const answers = await Promise.all(
      [['status'], ['peers'], ['validators'], ['health'], ['results']].map((args) => devnet.pheme(3, args)),
    );
    for (const { code, stderr } of answers) assert.equal(code, 0, stderr);
    const [status, peers, validators, health, results] = answers.map(({ stdout }) => stdout);
    assert.match(status!, /^state {6}ready\nrole {7}validator 3, model /);
    assert.equal(peers!.trimEnd().split('\n').length, 4);
    assert.match(validators!, /^3 +1 +this node /m);
    assert.match(health!, /^database +ok$/m);
    assert.match(results!, /APPROVED/);
  });

  it('does not report a result of another network', async () => {
    const other = join(devnet.directory, 'other-genesis.json');
    await writeFile(other, (await readFile(devnet.genesis, 'utf8')).replace('"0.7"', '"0.75"'));
    const { code, stdout, stderr } = await review(await sample('tidy-fix.diff'), ['--network', other]);
    assert.equal(code, 1);
    assert.match(stderr, /another network/);
    assert.equal(stdout, '');
  });

  it('asks for a genesis before it believes a node', async () => {
    const empty = join(devnet.directory, 'nobody');
    const { code, stderr } = await pheme([
      'review',
      samplePath('tidy-fix.diff'),
      '--home',
      empty,
      '--rpc',
      devnet.validators[0]!.rpc,
    ]);
    assert.equal(code, 2);
    assert.match(stderr, /--network FILE/);
  });
});
