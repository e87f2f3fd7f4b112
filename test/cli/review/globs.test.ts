import assert from 'node:assert/strict';
import { globMatcher } from '../../../src/cli/review/globs.ts';

const CASES: [pattern: string, path: string, fits: boolean][] = [
  ['*.md', 'docs/deep/a.md', true],
  ['*.md', 'a.mdx', false],
  ['src/*.js', 'src/a.js', true],
  ['src/*.js', 'src/b/a.js', false],
  ['src/**/*.js', 'src/a.js', true],
  ['src/**/*.js', 'src/b/c/a.js', true],
  ['src/**', 'src/b/c', true],
  ['vendor/', 'vendor/a/b.js', true],
  ['vendor/', 'my/vendor/b.js', false],
  ['./src/a.js', 'src/a.js', true],
  ['/a.js', 'lib/a.js', false],
  ['a.js', 'aXjs', false],
  ['?.js', 'b.js', true],
  ['a(b)[c].js', 'a(b)[c].js', true],
];

describe('globs', () => {
  for (const [pattern, path, fits] of CASES) {
    it(`${pattern} ${fits ? 'fits' : 'does not fit'} ${path}`, () => assert.equal(globMatcher([pattern])(path), fits));
  }
});
