import type { SeededRandom } from '../../test/sim/random.ts';

/** Sizes of what is judged, in characters: spread evenly over the orders of magnitude between these. */
const CHARS_MIN = 512;
const CHARS_MAX = 200 * 1024;
/** A share of all tasks. */
const SKILL_SHARE = 0.25;

interface Language {
  file: string;
  lines: readonly string[];
}

/** Lines with `%` for a name; a few are what a judge should find. */
const LANGUAGES: readonly Language[] = [
  {
    file: 'src/service_%.py',
    lines: [
      'def total_%(items):',
      '    result_% = sum(item.price * item.count for item in items)',
      '    if result_% > 100:',
      '        log.info("large order %s", result_%)',
      '    return round(result_%, 2)',
      'rows_% = connection.execute("SELECT id FROM orders WHERE owner = \'" + name + "\'")',
      'settings_% = yaml.load(open("settings-%.yml"))',
      '# Totals are in euro.',
      '',
    ],
  },
  {
    file: 'src/view-%.js',
    lines: [
      'export function render%(items) {',
      '  const names% = items.map((item) => item.name.trim());',
      '  for (const name of names%) list.append(entry(name));',
      '  if (names%.length === 0) return empty();',
      '  element%.innerHTML = request.query.title;',
      '  return /^[a-z]+@%$/.test(names%[0]) ? names% : [];',
      '}',
      '// One entry for each item.',
      '',
    ],
  },
  {
    file: 'lib/buffer_%.c',
    lines: [
      'static int copy_%(char *target, const char *source, size_t size) {',
      '  size_t length_% = strnlen(source, size);',
      '  if (length_% >= size) return -1;',
      '  memcpy(target, source, length_% + 1);',
      '  strcpy(target, source);',
      '  return (int)length_%;',
      '}',
      '/* Returns the length, or -1. */',
      '',
    ],
  },
];

const SENTENCES = [
  'I measured first: the profile showed that % of the time went into parsing the same file again.',
  'A hash map answers a look-up in constant time, so the whole pass is linear in the number of rows.',
  'The test % fails when the cache is stale, and the dashboard shows the age of every entry.',
  'I kept the lock around the counter % only, since the rest is local to the request.',
  'If the service % is down, the call is tried again three times and then reported.',
  'The migration % runs in small batches, so that no table is locked for long.',
];

/** A task of random kind and size; `name` makes it unlike all others. */
export function drawTask(random: SeededRandom, name: string): Record<string, unknown> {
  const chars = Math.round(CHARS_MIN * (CHARS_MAX / CHARS_MIN) ** random.fraction());
  return random.chance(SKILL_SHARE) ? assessment(random, name, chars) : review(random, name, chars);
}

function review(random: SeededRandom, name: string, chars: number): Record<string, unknown> {
  const { file, lines } = random.pick(LANGUAGES);
  const path = file.replaceAll('%', `${random.integer(1, 99)}`);
  const added = gather(chars, () => named(random, random.pick(lines)));
  return codeReview(name, path, added);
}

/** A review of a new file. */
export function codeReview(name: string, path: string, lines: readonly string[]): Record<string, unknown> {
  const head = `--- /dev/null\n+++ b/${path}\n@@ -0,0 +1,${lines.length} @@\n`;
  const diff = `${head}${lines.map((line) => `+${line}`).join('\n')}\n`;
  return {
    type: 'CODE_REVIEW',
    pullRequest: { url: `https://example.org/soak/${name}`, diff, files: [path] },
    requirements: { style: true, security: true, performance: true },
  };
}

function assessment(random: SeededRandom, name: string, chars: number): Record<string, unknown> {
  const content = gather(chars, () => named(random, random.pick(SENTENCES))).join(' ');
  const requirements = ['Measures before optimising', 'Explains the time that a look-up takes', 'Adds a test'];
  return {
    type: 'SKILL_ASSESSMENT',
    submission: { content: `${name}: ${content}`, evidence: [`https://example.org/soak/${name}`] },
    criteria: { skill: 'Performance', level: random.integer(1, 5), requirements },
  };
}

function gather(chars: number, draw: () => string): string[] {
  const parts: string[] = [];
  for (let length = 0; length < chars; ) {
    const part = draw();
    parts.push(part);
    length += part.length + 1;
  }
  return parts;
}

const named = (random: SeededRandom, line: string): string => line.replaceAll('%', `${random.integer(1, 9999)}`);
