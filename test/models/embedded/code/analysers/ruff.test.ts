import assert from 'node:assert/strict';
import { Analysers, loadAnalysers } from '../../../../../src/models/embedded/code/analysers/analysers.ts';
import { Ruff } from '../../../../../src/models/embedded/code/analysers/ruff.ts';
import type { Evidence } from '../../../../../src/models/embedded/code/evidence.ts';
import { addedTo, sourcesOf } from './sources.ts';

const analysers = await loadAnalysers();
const brief = (evidence: Evidence[]) => evidence.map(({ rule, line, severity }) => `${rule} ${line} ${severity}`);
const lint = (lines: string[], path = 'app.py') => brief(analysers.evidence(sourcesOf({ [path]: lines })));

describe('ruff', () => {
  it('finds what added lines do, at the line of the diff, and quotes it', () => {
    const [finding] = analysers.evidence(sourcesOf({ 'app.py': ['def f(a):', '+    return os.system("ls " + a)'] }));
    assert.deepEqual(
      { ...finding, message: '', suggestion: '' },
      {
        file: 'app.py',
        line: 11,
        quote: 'return os.system("ls " + a)',
        rule: 'ruff/S605',
        category: 'security',
        severity: 'error',
        belief: 0.8,
        message: '',
        suggestion: '',
      },
    );
  });

  it('says nothing about context lines', () => assert.deepEqual(lint(['eval(a)', '+b()']), []));

  it('follows names to their imports', () => {
    assert.deepEqual(lint(['+from pickle import loads as read', '+a = read(b)']), ['ruff/S301 11 error']);
    assert.deepEqual(lint(['+from .codec import loads as read', '+a = read(b)']), []);
  });

  it('reads fragments that begin and end within blocks, brackets and texts', () => {
    assert.deepEqual(lint(['        a, b)', '+    except KeyError:', '+        eval(c)']), ['ruff/S307 12 error']);
    assert.deepEqual(lint(['   of a text', '   """', '+   eval(c)', '+   if d:']), ['ruff/S307 12 error']);
    assert.deepEqual(lint(['+x = 1 2 3', '+eval(c)', '+def f(']), ['ruff/S307 11 error']);
  });

  it('is not switched off by comments', () => {
    assert.deepEqual(lint(['+# ruff: noqa', '+eval(c)  # noqa: S307']), ['ruff/S307 11 error']);
  });

  it('lowers constant commands to notes and errors in tests to warnings', () => {
    assert.deepEqual(lint(['+subprocess.call("ls", shell=True)']), ['ruff/S602 10 note']);
    assert.deepEqual(lint(['+eval(c)'], 'tests/test_app.py'), ['ruff/S307 10 warning']);
  });

  it('tells correctness, performance and style apart', () => {
    const evidence = analysers.evidence(
      addedTo('app.py', ['def f(a=[]):', '    if a == None: return', '    for k, _ in b.items():', '        g(k)']),
    );
    assert.deepEqual(
      new Set(evidence.map(({ category }) => category)),
      new Set(['correctness', 'performance', 'style']),
    );
    assert.ok(evidence.every(({ severity }) => severity !== 'error'));
  });

  it('bounds the rows it reads, and says so', () => {
    const notes: string[] = [];
    const evidence = analysers.evidence(addedTo('app.py', Array(9000).fill('x = 1')), (text) => notes.push(text));
    assert.deepEqual([evidence, notes], [[], ['ruff: rows after 5000 were left out']]);
  });

  it('gives the same evidence each time on bait that nests', () => {
    const bait = [`x = ${'f"{'.repeat(300)}`, `y = ${'lambda: '.repeat(240)}1`, `z = a${'.b'.repeat(900)}`, 'eval(c)'];
    const first = analysers.evidence(addedTo('app.py', bait));
    assert.deepEqual(analysers.evidence(addedTo('app.py', bait)), first);
  });

  it('begins anew after an instance failed, and gives a task up after two', () => {
    let started = 0;
    const failing = {
      check: () => {
        throw new Error('memory access out of bounds');
      },
    };
    const ruff = new Ruff(() => {
      started++;
      return failing;
    });
    const notes: string[] = [];
    const files = sourcesOf({ 'a.py': ['+a'], 'b.py': ['+b'], 'c.py': ['+c'] });
    assert.deepEqual(
      new Analysers([ruff]).evidence(files, (text) => notes.push(text)),
      [],
    );
    assert.deepEqual([started, notes], [2, ['ruff: failed on Python, which was left out']]);
  });
});
