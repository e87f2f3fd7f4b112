import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The layout that the code must keep: who may import whom, and what each layer may name. */

const SRC = fileURLToPath(new URL('../src', import.meta.url));
const FILE_LINES_MAX = 400;

const CORE = ['protocol'];
const LEAF = ['protocol', 'engine/ports.ts'];
/** What each folder may import beside itself; a file name allows that file only, `*` allows all. */
const ALLOWED: Record<string, readonly string[]> = {
  protocol: [],
  consensus: CORE,
  engine: ['protocol', 'consensus'],
  network: LEAF,
  store: LEAF,
  models: LEAF,
  rpc: LEAF,
  adapters: LEAF,
  config: CORE,
  node: ['*'],
  // A command is a client like any other: it speaks to a running node by the RPC's own words.
  cli: ['node', 'protocol', 'config', 'rpc/api.ts', 'rpc/client.ts', 'rpc/strict-json.ts'],
  // The page is a client too; it checks results by the same modules, and reads diffs as the judges do.
  dashboard: ['protocol', 'rpc/api.ts', 'rpc/methods.ts', 'node/verify.ts', 'models/diff/parse-diff.ts'],
};

interface SourceFile {
  /** Path below src, with forward slashes. */
  path: string;
  text: string;
  /** The text without comments: what is written about a name is no use of it. */
  code: string;
}

const files: SourceFile[] = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => {
    const text = readFileSync(join(SRC, path), 'utf8');
    return { path: path.split(sep).join('/'), text, code: withoutComments(text) };
  });

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');
}

/** Every module that a file names, static, type-only, re-exported or dynamic. */
function importsOf({ code }: SourceFile): string[] {
  const named = /(?:\bfrom|\bimport)\s*\(?\s*['"]([^'"]+)['"]/g;
  return [...code.matchAll(named)].map((match) => match[1]!);
}

function folderOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.indexOf('/')) : '';
}

/** Relative imports, as paths below src. */
function insideImports(file: SourceFile): string[] {
  return importsOf(file)
    .filter((name) => name.startsWith('.'))
    .map((name) => posix.join(posix.dirname(file.path), name));
}

function isAllowed(from: string, to: string): boolean {
  const folder = folderOf(from);
  if (folder === '' || folder === folderOf(to)) return true; // index.ts is the public face of all
  const allowed = ALLOWED[folder] ?? [];
  return allowed.includes('*') || allowed.includes(folderOf(to)) || allowed.includes(to);
}

describe('the layout of src', () => {
  it('has only folders whose imports are ruled', () => {
    const folders = new Set(files.map(({ path }) => folderOf(path)).filter((folder) => folder !== ''));
    assert.deepEqual(
      [...folders].filter((folder) => ALLOWED[folder] === undefined),
      [],
    );
    assert.ok(files.length > 50, 'the files must have been found');
  });

  it('is imported only in the allowed directions', () => {
    const wrong = files.flatMap((file) =>
      insideImports(file)
        .filter((to) => !isAllowed(file.path, to))
        .map((to) => `${file.path} -> ${to}`),
    );
    assert.deepEqual(wrong, []);
  });

  it('is checked by a rule that fires', () => {
    assert.equal(isAllowed('network/gossip.ts', 'engine/engine.ts'), false);
    assert.equal(isAllowed('network/gossip.ts', 'engine/ports.ts'), true);
    assert.equal(isAllowed('store/store.ts', 'consensus/step.ts'), false);
    assert.equal(isAllowed('consensus/step.ts', 'engine/ports.ts'), false);
    assert.equal(isAllowed('rpc/server.ts', 'models/manager.ts'), false);
    const code = withoutComments(
      "import a from './a.ts'; // from './b.ts'\nexport * from './c.ts'; await import('./d.ts');",
    );
    assert.deepEqual(importsOf({ path: '', text: '', code }), ['./a.ts', './c.ts', './d.ts']);
  });

  it('imports files that exist, by their real names', () => {
    const known = new Set(files.map(({ path }) => path));
    const missing = files.flatMap((file) => insideImports(file).filter((to) => to.endsWith('.ts') && !known.has(to)));
    assert.deepEqual(missing, []);
  });

  it('has no circle of values between folders of the core', () => {
    const order = ['protocol', 'consensus', 'engine'];
    for (const file of files) {
      const rank = order.indexOf(folderOf(file.path));
      if (rank < 0) continue;
      const upward = insideImports(file).filter((to) => order.indexOf(folderOf(to)) > rank);
      assert.deepEqual(upward, [], file.path);
    }
  });

  it('names the process, its arguments and its exit only in cli', () => {
    const found = files
      .filter(({ path }) => folderOf(path) !== 'cli')
      .filter(({ code }) => /\bprocess\.(?:exit|argv|stdin|stdout|stderr|exitCode)\b/.test(code));
    assert.deepEqual(
      found.map(({ path }) => path),
      [],
    );
  });

  it('keeps clocks, timers, randomness, crypto and output out of consensus', () => {
    const impure =
      /\b(?:Date|performance|setTimeout|setInterval|setImmediate|queueMicrotask|process|console|crypto|fetch|async|await|Promise)\b|Math\.random|node:|['"]@?noble/;
    for (const { path, code } of files.filter((file) => folderOf(file.path) === 'consensus')) {
      assert.equal(impure.exec(code)?.[0], undefined, path);
    }
  });

  it('has its clock, timers and randomness by ports in protocol and engine', () => {
    const impure = /\b(?:Date\.now|setTimeout|setInterval|setImmediate|performance\.now)\b|Math\.random|randomBytes/;
    for (const { path, code } of files.filter((file) => ['protocol', 'engine'].includes(folderOf(file.path)))) {
      assert.equal(impure.exec(code)?.[0], undefined, path);
    }
  });

  it(`has no file over ${FILE_LINES_MAX} lines`, () => {
    const long = files.filter(({ text }) => text.split('\n').length - 1 > FILE_LINES_MAX);
    assert.deepEqual(
      long.map(({ path }) => path),
      [],
    );
  });

  it('names every limit with its reason, and gives no name of the core another meaning', () => {
    const places = new Map<string, string[]>();
    for (const { path, text } of files.filter((file) => file.path.endsWith('limits.ts'))) {
      for (const match of text.matchAll(/^(.*)\nexport const ([A-Z_0-9]+)/gm)) {
        const [, before, name] = match;
        places.set(name!, [...(places.get(name!) ?? []), path]);
        assert.match(before!, /\*\/$|^\/\//, `${name} in ${path} must say why`);
      }
    }
    assert.ok(places.size > 40, 'the limits must have been found');
    const core = ['protocol/limits.ts', 'engine/limits.ts'];
    const confusing = [...places].filter(([, paths]) => paths.length > 1 && paths.some((path) => core.includes(path)));
    assert.deepEqual(confusing, []);
  });

  it('is mirrored by its tests: a.test.ts and a.topic.test.ts stand where a.ts stands', () => {
    const test = dirname(fileURLToPath(import.meta.url));
    const covered = ['protocol', 'consensus', 'engine'];
    const sources = new Set(files.map(({ path }) => path));
    const tests = covered.flatMap((folder) =>
      readdirSync(join(test, folder)).map((name) =>
        relative(test, join(test, folder, name))
          .split(sep)
          .join('/'),
      ),
    );
    const strangers = tests
      .filter((path) => path.endsWith('.test.ts'))
      .filter((path) => !sources.has(path.replace(/\.(?:\w+\.)?test\.ts$/, '.ts')));
    assert.deepEqual(strangers, []);
  });
});

describe('the specification of consensus', () => {
  const readme = readFileSync(join(SRC, 'consensus/README.md'), 'utf8');
  const rules = [...readme.matchAll(/^\*\*R(\d+) /gm)].map((match) => Number(match[1]));
  const citedIn = (texts: readonly string[]) =>
    new Set(texts.flatMap((text) => [...text.matchAll(/\bR(\d+)\b/g)].map((match) => Number(match[1]))));
  const TEST = dirname(fileURLToPath(import.meta.url));
  const testTitles = readdirSync(TEST, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.test.ts'))
    .flatMap((path) => readFileSync(join(TEST, path), 'utf8').match(/\b(?:describe|it)\(\s*[`'"].*/g) ?? []);

  it('numbers its rules from 1, each once, in order', () => {
    assert.ok(rules.length > 30);
    assert.deepEqual(
      rules,
      rules.map((_, index) => index + 1),
    );
  });

  it('is cited by the code, rule by rule, and the code cites nothing else', () => {
    const cited = citedIn(files.map(({ text }) => text));
    assert.deepEqual(
      rules.filter((rule) => !cited.has(rule)),
      [],
      'rules that no code cites',
    );
    assert.deepEqual(
      [...cited].filter((rule) => !rules.includes(rule)),
      [],
      'cited rules that do not exist',
    );
  });

  it('is cited by the titles of tests, rule by rule', () => {
    const cited = citedIn(testTitles);
    assert.deepEqual(
      rules.filter((rule) => !cited.has(rule)),
      [],
    );
  });
});
