import { generator } from '../training/random.ts';

/** Statements that a made change is composed of, by file extension. Some would stop a review, most would not. */
const STATEMENTS: Record<string, readonly string[]> = {
  js: [
    'const $a = normalise(input.$b, { trim: true });',
    'if ($a === undefined) return fallback($b);',
    'log.debug("loaded", $a.length, $b.length);',
    'const rows = await pool.query("SELECT * FROM t WHERE id = " + req.query.$a);',
    'element.innerHTML = $a.title;',
    'items.sort((x, y) => x.$a - y.$a);',
    'return Object.fromEntries(Object.entries($a).filter(([key]) => key !== $b));',
  ],
  py: [
    '$a = [normalise(item) for item in $b if item]',
    'if not $a:',
    '    raise ValueError("no $b given")',
    'subprocess.run("convert " + request.args["$a"], shell=True)',
    'with open(path) as handle:',
    '    $a = json.load(handle)',
    'cursor.execute("SELECT * FROM t WHERE id = %s", ($a,))',
  ],
  c: [
    'size_t $a = strlen($b);',
    'if ($a > sizeof(buffer)) return -1;',
    'strcpy(buffer, $b);',
    'for (int i = 0; i < $a; i++) total += $b[i];',
    'free($a);',
  ],
  java: [
    'List<String> $a = new ArrayList<>($b);',
    'if ($a.isEmpty()) throw new IllegalStateException("$b");',
    'Statement statement = connection.createStatement();',
    'logger.info("$a {}", $b);',
  ],
};
const NAMES = ['order', 'user', 'path', 'token', 'entry', 'amount', 'page', 'result'];

/** An endless sequence of small to middling review tasks as JSON; the same seed gives the same ones. */
export function* madeReviews(seed: number): Generator<string> {
  const random = generator(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const pick = <T>(items: readonly T[]) => items[below(items.length)]!;
  for (;;) {
    const files = Array.from({ length: 1 + below(3) }, (_, at) => {
      const extension = pick(Object.keys(STATEMENTS));
      const lines = Array.from({ length: 5 + below(60) }, () => {
        const statement = pick(STATEMENTS[extension]!).replaceAll('$a', pick(NAMES)).replaceAll('$b', pick(NAMES));
        return `${pick([' ', '+', '+', '-'])}${statement}`;
      });
      return fileDiff(`src/${pick(NAMES)}${at}.${extension}`, lines);
    });
    yield reviewJson(files.join(''));
  }
}

function fileDiff(path: string, lines: readonly string[]): string {
  const count = (without: string) => lines.filter((line) => !line.startsWith(without)).length;
  const header = `diff --git a/${path} b/${path}\n--- a/${path}\n+++ b/${path}\n`;
  return `${header}@@ -1,${count('+')} +1,${count('-')} @@\n${lines.join('\n')}\n`;
}

/** A review task of a diff, about everything, as one line of JSON. */
export function reviewJson(diff: string): string {
  const requirements = { style: true, security: true, performance: true };
  return JSON.stringify({ type: 'CODE_REVIEW', pullRequest: { url: '', diff, files: [] }, requirements });
}

/** Changes that are made to exhaust a judge, by name. */
export function pathologicalChanges(): Record<string, string> {
  const lines = (text: string, count: number) => Array.from({ length: count }, () => `+${text}`);
  return {
    'one line of 5 MB': fileDiff('src/a.js', [`+${'a'.repeat(5_000_000)}`]),
    'one line of 4 MB': fileDiff('src/a.js', [`+${'a'.repeat(4_000_000)}`]),
    'catastrophic regex bait': fileDiff('src/a.js', [
      `+const bait = /^(a+)+$/.test(${`'${'a'.repeat(1800)}!'`});`,
      ...lines(`"${'select * where '.repeat(120)}"`, 200),
      ...lines('/*'.repeat(950), 200),
      ...lines('password_'.repeat(200), 200),
    ]),
    '10,000 files': Array.from({ length: 10_000 }, (_, at) => fileDiff(`f${at}.js`, ['+a();'])).join(''),
  };
}
