// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the strings are code under review
import assert from 'node:assert/strict';
import {
  createEmbeddedModel,
  EMBEDDED_VARIANTS,
  type EmbeddedVariantName,
} from '../../../src/models/embedded/registry.ts';
import { createMockCodeReviewTask } from '../../../src/models/mock-task.ts';
import type { Judgement } from '../../../src/protocol/judgement.ts';
import type { Task } from '../../../src/protocol/task.ts';
import { addition, review } from '../tasks.ts';

const models = new Map(EMBEDDED_VARIANTS.map((variant) => [variant, createEmbeddedModel(variant)]));
const judge = (variant: EmbeddedVariantName, task: Task) => models.get(variant)!.predict(task);

async function all(task: Task): Promise<[string, Judgement][]> {
  return Promise.all(
    EMBEDDED_VARIANTS.map(async (variant): Promise<[string, Judgement]> => [variant, await judge(variant, task)]),
  );
}

/** Path, added lines, and which of them is the defect, from 0. */
const DEFECTS: Record<string, [string, string[], number]> = {
  'SQL in JavaScript': [
    'src/users.js',
    [
      "app.get('/users', async (req, res) => {",
      "  const rows = await db.query(`SELECT * FROM users WHERE name = '${req.query.name}'`);",
      '  res.json(rows);',
      '});',
    ],
    1,
  ],
  'SQL in TypeScript': [
    'src/users.ts',
    ['  const id = req.params.id;', "  return this.db.query('SELECT * FROM users WHERE id = ' + id);"],
    1,
  ],
  'SQL over lines': [
    'src/users.ts',
    [
      '  const { name } = req.body;',
      '  const rows = await pool.query(',
      '    "SELECT * FROM users WHERE name = \'" +',
      '      name + "\'",',
      '  );',
    ],
    2,
  ],
  'SQL in Python': [
    'app/views.py',
    [
      'def user(request):',
      "    name = request.GET['name']",
      '    cursor.execute("SELECT * FROM users WHERE name = \'%s\'" % name)',
    ],
    2,
  ],
  'SQL in PHP': [
    'user.php',
    ["$id = $_GET['id'];", '$result = mysqli_query($conn, "SELECT * FROM users WHERE id = $id");'],
    1,
  ],
  'SQL in Java': [
    'src/main/java/UserDao.java',
    [
      'String id = request.getParameter("id");',
      'ResultSet rs = stmt.executeQuery("SELECT * FROM users WHERE id = \'" + id + "\'");',
    ],
    1,
  ],
  'SQL in Go': [
    'user.go',
    [
      'id := r.URL.Query().Get("id")',
      'query := fmt.Sprintf("SELECT name FROM users WHERE id = %s", id)',
      'row := db.QueryRow(query)',
    ],
    1,
  ],
  'SQL in Ruby': ['app/models/user.rb', ['def find', '  User.where("name = \'#{params[:name]}\'")', 'end'], 1],
  'a cloud key in JavaScript': [
    'src/config.js',
    ["export const region = 'eu-central-1';", "export const accessKeyId = 'AKIA2E0A8F3B244C9986';"],
    1,
  ],
  'a cloud key in YAML': ['config/prod.yml', ['aws_access_key_id: AKIA2E0A8F3B244C9986'], 0],
  'a cloud key in Python': ['settings.py', ['AWS_ACCESS_KEY_ID = "AKIA2E0A8F3B244C9986"'], 0],
  'a shell in JavaScript': [
    'src/ping.js',
    [
      "app.post('/ping', (req, res) => {",
      "  exec('ping -c 1 ' + req.body.host, (error, out) => res.send(out));",
      '});',
    ],
    1,
  ],
  'a shell in TypeScript': [
    'src/ping.ts',
    ['  const host = req.query.host as string;', '  return execSync(`ping -c 1 ${host}`).toString();'],
    1,
  ],
  'a shell in Python': ['ping.py', ["host = request.args.get('host')", "os.system('ping -c 1 ' + host)"], 1],
  'subprocess in Python': [
    'ping.py',
    ["    host = input('host: ')", "    subprocess.run(f'ping -c 1 {host}', shell=True)"],
    1,
  ],
  'a shell in PHP': ['ping.php', ["echo shell_exec('ping -c 1 ' . $_POST['host']);"], 0],
  'a shell in Java': [
    'Ping.java',
    ['String host = request.getParameter("host");', 'Runtime.getRuntime().exec("ping -c 1 " + host);'],
    1,
  ],
  'a shell in Go': [
    'ping.go',
    ['host := r.FormValue("host")', 'out, err := exec.Command("sh", "-c", "ping -c 1 "+host).Output()'],
    1,
  ],
  'a shell in Ruby': ['ping.rb', ['host = params[:host]', 'system("ping -c 1 #{host}")'], 1],
};

const TIDY: Record<string, string> = {
  JavaScript: createMockCodeReviewTask().pullRequest.diff,
  Python:
    addition('app/util.py', ['    if not items:', '        return 0'], ['def mean(items):']) +
    addition('tests/test_util.py', ['def test_mean_of_nothing():', '    assert mean([]) == 0']),
  Java:
    addition(
      'src/main/java/Cart.java',
      ['        if (item == null) {', '            throw new IllegalArgumentException("item");', '        }'],
      ['    public void add(Item item) {'],
    ) +
    addition('src/test/java/CartTest.java', [
      '    @Test',
      '    public void refusesNull() {',
      '        assertThrows(IllegalArgumentException.class, () -> new Cart().add(null));',
      '    }',
    ]),
  Go:
    addition(
      'cart.go',
      ['\tif item == nil {', '\t\treturn ErrNoItem', '\t}'],
      ['func (c *Cart) Add(item *Item) error {'],
    ) +
    addition('cart_test.go', [
      'func TestAddNil(t *testing.T) {',
      '\tif err := (&Cart{}).Add(nil); err != ErrNoItem {',
      '\t\tt.Fatal(err)',
      '\t}',
      '}',
    ]),
};

const SAFE: Record<string, [string, string[]]> = {
  'a parameterised query': [
    'src/users.js',
    ["const rows = await db.query('SELECT * FROM users WHERE id = ?', [req.query.id]);"],
  ],
  'a bound Python query': [
    'app/views.py',
    ['cursor.execute("SELECT * FROM users WHERE name = %s", (request.GET["name"],))'],
  ],
  'a list of arguments': ['ping.py', ["subprocess.run(['ping', '-c', '1', request.args.get('host')])"]],
  'an escaped argument': ['ping.php', ["shell_exec('ping -c 1 ' . escapeshellarg($_GET['host']));"]],
  'a matched pattern': ['src/match.js', ['const found = /^a+$/.exec(req.query.name);']],
  'a number': [
    'src/users.js',
    ['const id = Number(req.query.id);', "await db.query('SELECT * FROM users WHERE id = ' + id);"],
  ],
  'a defect that is removed': ['src/users.js', ["await db.query('SELECT * FROM users WHERE id = ?', [id]);"]],
  'words in a comment': [
    'src/users.js',
    ["// never write db.query('SELECT * FROM users WHERE id = ' + req.query.id)", 'const a = 1;'],
  ],
};

describe('embedded code review', () => {
  for (const [title, [path, lines, at]] of Object.entries(DEFECTS)) {
    it(`rejects ${title}, with file, line and quote, by every variant`, async () => {
      for (const [variant, { vote, confidence, findings }] of await all(review(addition(path, lines)))) {
        assert.equal(vote, 'reject', variant);
        assert.ok(confidence >= 0.8, `${variant} ${confidence}`);
        const error = findings.find(({ severity }) => severity === 'error')!;
        assert.deepEqual([error.file, error.line, error.category], [path, 10 + at, 'security'], variant);
        // A secret is masked in the quote; around it, and without one, the quote is the line.
        const masked = lines[at]!.trim().replace('2E0A8F3B244C9986', '*'.repeat(16));
        assert.equal(error.quote, masked, variant);
      }
    });
  }

  for (const [language, diff] of Object.entries(TIDY)) {
    it(`approves a small tidy ${language} fix with its test`, async () => {
      const judgements = await all(review(diff));
      const said = JSON.stringify(judgements.map(([variant, { vote, confidence }]) => [variant, vote, confidence]));
      const sure = judgements.filter(([, { confidence }]) => confidence >= 0.8);
      assert.ok(
        judgements.every(([, { vote }]) => vote === 'approve'),
        said,
      );
      // Of Java, the labelled data hold no good change but made-up ones.
      assert.ok(sure.length >= (language === 'Java' ? 2 : 3), said);
    });
  }

  it('approves the demonstration task above 0.8, by every variant', async () => {
    for (const [variant, { vote, confidence }] of await all(createMockCodeReviewTask())) {
      assert.ok(vote === 'approve' && confidence > 0.8, `${variant} ${vote} ${confidence}`);
    }
  });

  for (const [title, [path, lines]] of Object.entries(SAFE)) {
    it(`does not reject ${title} by rules or flow`, async () => {
      for (const variant of ['rules', 'flow'] as const) {
        const { vote, findings } = await judge(variant, review(addition(path, lines)));
        // Of new JavaScript, which the judges cannot tell apart, there may be no opinion.
        assert.notEqual(vote, 'reject', `${variant} ${JSON.stringify(findings)}`);
      }
    });
  }

  it('masks the secret that it quotes', async () => {
    for (const [variant, judgement] of await all(
      review(addition('src/a.js', ["const key = 'AKIA2E0A8F3B244C9986';"])),
    )) {
      assert.ok(!JSON.stringify(judgement).includes('2E0A8F3B244C9986'), variant);
    }
  });

  it('judges only the categories that are asked for', async () => {
    const [injection] = [
      addition('src/users.js', ["await db.query(`SELECT * FROM users WHERE name = '${req.query.name}'`);"]),
    ];
    const loop = addition('src/orders.js', [
      'for (const order of orders) {',
      "  await db.query('SELECT name FROM customers WHERE id = ?', [order.id]);",
      '}',
    ]);
    const breakpoint = addition('src/orders.js', ['  debugger;']);
    const only = (category: 'style' | 'security' | 'performance') => ({
      style: false,
      security: false,
      performance: false,
      [category]: true,
    });
    for (const variant of EMBEDDED_VARIANTS) {
      const vote = async (diff: string, category: 'style' | 'security' | 'performance') =>
        (await judge(variant, review(diff, only(category)))).vote;
      assert.deepEqual(
        [await vote(injection, 'security'), await vote(injection, 'style'), await vote(injection, 'performance')],
        ['reject', 'approve', 'approve'],
        variant,
      );
      assert.deepEqual([await vote(loop, 'performance'), await vote(loop, 'style')], ['reject', 'approve'], variant);
      assert.deepEqual(
        [await vote(breakpoint, 'style'), await vote(breakpoint, 'performance')],
        ['reject', 'approve'],
        variant,
      );
    }
  });

  it('claims no certainty about C that it does not understand', async () => {
    const lines = [
      'static int put(struct buf *b, const char *s, size_t n) {',
      '  memcpy(b->data + b->off, s, n);',
      '  b->off += n;',
      '  return 0;',
      '}',
    ];
    for (const [variant, { vote, confidence }] of await all(review(addition('lib/buf.c', lines)))) {
      assert.ok(vote === 'abstain' || confidence < 0.8, `${variant} ${vote} ${confidence}`);
    }
  });

  it('cannot approve what the task names but the diff lacks', async () => {
    const task = createMockCodeReviewTask();
    task.pullRequest.files.push('src/hidden.js');
    for (const [variant, { vote, abstainReason, coverage }] of await all(task)) {
      assert.deepEqual([vote, abstainReason], ['abstain', 'incomplete'], variant);
      assert.ok(coverage.omitted.some(({ what }) => what === 'src/hidden.js'));
    }
  });

  it('gives the same judgement every time', async () => {
    for (const [path, lines] of Object.values(DEFECTS)) {
      const task = review(addition(path, lines));
      assert.deepEqual(await all(task), await all(task));
    }
  });
});
