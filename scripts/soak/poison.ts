import type { SeededRandom } from '../../test/sim/random.ts';
import { codeReview } from './material.ts';

const KIB = 1024;
const repeated = (text: string, chars: number): string => text.repeat(Math.ceil(chars / text.length)).slice(0, chars);
const rows = (number: number, row: (index: number) => string): string[] =>
  Array.from({ length: number }, (_, i) => row(i));

/** Changes made to hang, crash or fill whatever reads them, by name. */
const POISONS: Record<string, (name: string) => Record<string, unknown>> = {
  'one line of 1 MiB': (name) => codeReview(name, 'huge.js', [`const x = "${repeated('a', KIB * KIB)}";`]),
  'one line of quotes': (name) => codeReview(name, 'quotes.js', [repeated('"\'`', 256 * KIB)]),
  'slashes that may be patterns': (name) => codeReview(name, 'slash.js', [repeated('/a', 256 * KIB)]),
  'patterns that match in exponentially many ways': (name) =>
    codeReview(
      name,
      'regex.js',
      rows(500, (i) => `const r${i} = /^(a+)+(b|b)*(c*)*${repeated('(x+x+)+', 200)}$/;`),
    ),
  'bait for patterns: blanks without an end': (name) =>
    codeReview(
      name,
      'blanks.py',
      rows(64, (i) => `password${i} = ${repeated(' ', 16 * KIB)}x`),
    ),
  'bait for patterns: letters and dots': (name) =>
    codeReview(
      name,
      'mail.js',
      rows(64, () => `"${repeated('a.', 16 * KIB)}@`),
    ),
  'brackets in brackets': (name) => codeReview(name, 'deep.py', [`x = ${'['.repeat(50_000)}${']'.repeat(50_000)}`]),
  'calls in calls, over lines': (name) =>
    codeReview(
      name,
      'calls.c',
      rows(20_000, () => 'f('),
    ),
  'blocks in blocks': (name) =>
    codeReview(
      name,
      'blocks.py',
      rows(2_000, (i) => `${' '.repeat(i)}if x:`),
    ),
  'operators without an end': (name) => codeReview(name, 'sum.py', [`x = ${repeated('not -', 128 * KIB)}1`]),
  'strings that never close': (name) =>
    codeReview(
      name,
      'open.py',
      rows(5_000, () => 'x = """'),
    ),
  'empty lines': (name) =>
    codeReview(
      name,
      'empty.c',
      rows(200_000, () => ''),
    ),
  'thousands of files': (name) => manyFiles(name),
  'half characters and marks upon marks': (name) =>
    codeReview(
      name,
      'odd.js',
      rows(200, (i) => `const v${i} = "\u202e\u0000\ufeff${repeated('e\u0301\u0302', 2_000)}\u{1f9d1}\u200d\u2028";`),
    ),
  'names in other scripts': (name) =>
    codeReview(
      name,
      'names.py',
      rows(2_000, (i) => `\u0430\u0432\u0441${i} = \u03b1 + \u{1d4d0}`),
    ),
  'a secret in every line': (name) =>
    codeReview(
      name,
      'keys.py',
      rows(5_000, (i) => `key_${i} = "${['AKIA', `${10 ** 15 + i}`].join('')}"`),
    ),
};

export const POISON_KINDS = Object.keys(POISONS);

/** A task of one of the kinds. */
export function poisonTask(kind: string, name: string): Record<string, unknown> {
  return POISONS[kind]!(name);
}

export const drawPoison = (random: SeededRandom): string => random.pick(POISON_KINDS);

function manyFiles(name: string): Record<string, unknown> {
  const files = rows(2_000, (i) => `a/${i}.js`);
  const diff = files.map((file) => `--- a/${file}\n+++ b/${file}\n@@ -1 +1 @@\n-a\n+b\n`).join('');
  return {
    ...codeReview(name, 'one.js', ['x']),
    pullRequest: { url: `https://example.org/soak/${name}`, diff, files },
  };
}
