import assert from 'node:assert/strict';
import { createEmbeddedModel } from '../../../src/models/embedded/registry.ts';
import { addition, assessment, review } from '../tasks.ts';

/** Between them these run every rule, flow, lexer and feature. */
const VARIANTS = ['tokens', 'profile'] as const;

/** Generous on a loaded machine; quadratic work on these inputs takes minutes. */
const BUDGET_MS = 8000;
const many = (text: string, charsMax = 300_000) => text.repeat(Math.floor(charsMax / text.length));
const wrapped = (text: string) => many(text, 1900);

const BAIT: Record<string, string> = {
  'one line of 5 MB': addition('src/a.js', ['a'.repeat(5_000_000)]),
  '10,000 files': Array.from({ length: 10_000 }, (_, i) => addition(`f${i}.js`, ['a();'])).join(''),
  'a pattern that never ends, and what it is run on': addition(
    'src/a.js',
    Array.from({ length: 150 }, () => `if (/^(a+)+(b|b)*$/.test('${'a'.repeat(1800)}!')) run();`),
  ),
  'block comments never closed': addition(
    'src/a.js',
    Array.from({ length: 150 }, () => wrapped('/*')),
  ),
  'quotes never closed': addition(
    'src/a.js',
    Array.from({ length: 150 }, () => wrapped(`\\"'\``)),
  ),
  stars: addition(
    'src/a.c',
    Array.from({ length: 150 }, () => wrapped('* ')),
  ),
  slashes: addition(
    'src/a.js',
    Array.from({ length: 150 }, () => wrapped('=/[')),
  ),
  'SQL words': addition(
    'src/a.js',
    Array.from({ length: 100 }, () => `"${wrapped('select * where ')}"`),
  ),
  'credential words': addition(
    'src/a.py',
    Array.from({ length: 100 }, () => wrapped('password_')),
  ),
  'key beginnings': addition(
    'src/a.js',
    Array.from({ length: 100 }, () => wrapped('-----BEGIN A ')),
  ),
  loops: addition(
    'src/a.js',
    Array.from({ length: 100 }, () => wrapped('for (')),
  ),
  'one statement without an end': addition(
    'src/a.js',
    Array.from({ length: 2000 }, () => 'f(a +'),
  ),
  assignments: addition(
    'src/a.js',
    Array.from({ length: 2000 }, (_, i) => `const v${i} = v${i - 1} + req.query.a${i};`),
  ),
  interpolations: addition(
    'src/a.js',
    Array.from({ length: 100 }, () => `\`${wrapped('${')}\``),
  ),
};

describe('embedded models and bait', () => {
  for (const [title, diff] of Object.entries(BAIT)) {
    it(`end in bounded time on ${title}`, async function () {
      this.timeout(4 * BUDGET_MS);
      for (const variant of VARIANTS) {
        const start = performance.now();
        const { vote, complete } = await createEmbeddedModel(variant).predict(review(diff));
        assert.ok(performance.now() - start < BUDGET_MS, `${variant} took ${performance.now() - start} ms`);
        assert.ok(vote !== 'approve' || complete);
      }
    });
  }

  it('end in bounded time on submissions that repeat', async function () {
    this.timeout(4 * BUDGET_MS);
    const requirements = Array.from({ length: 100 }, (_, i) => many('word other ', 2000) + i);
    for (const variant of VARIANTS) {
      const start = performance.now();
      await createEmbeddedModel(variant).predict(assessment(many('word not other. '), requirements));
      assert.ok(performance.now() - start < BUDGET_MS, `${variant} took ${performance.now() - start} ms`);
    }
  });

  it('leave out what is too long, say so, and do not approve', async () => {
    for (const variant of VARIANTS) {
      const { vote, abstainReason, coverage } = await createEmbeddedModel(variant).predict(
        review(BAIT['one line of 5 MB']!),
      );
      assert.deepEqual([vote, abstainReason], ['abstain', 'incomplete']);
      assert.deepEqual(coverage.omitted, [{ what: 'src/a.js:10', reason: 'line too long' }]);
    }
  });
});
