import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config/load.ts';
import { createTestnet, loopbackPlaces } from '../../src/config/testnet.ts';
import { type Daemon, startDaemon } from '../../src/node/daemon.ts';
import { useTempDirectory } from '../config/temp-home.ts';
import { CLEAN, FakeEndpoint, says } from '../models/fake-endpoint.ts';
import { addition, review } from '../models/tasks.ts';
import { systemProgram } from '../system-programs.ts';
import { ROOT, text } from './container-files.ts';
import { familiesOf, metricsIn } from './metric-names.ts';

const run = promisify(execFile);
const DASHBOARDS = 'docker/grafana/dashboards';
const RULES = 'docker/prometheus/rules.yml';
/** Prometheus itself makes these. */
const MADE = ['up', 'ALERTS'];

interface Rule {
  record?: string;
  alert?: string;
  expr: string;
  annotations?: Record<string, string>;
}

interface Dashboard {
  uid: string;
  title: string;
  panels: { title: string; targets: { expr: string }[] }[];
}

async function rules(): Promise<Rule[]> {
  const { groups } = parse(await text(RULES)) as { groups: { rules: Rule[] }[] };
  return groups.flatMap((group) => group.rules);
}

async function dashboards(): Promise<Dashboard[]> {
  const files = await readdir(new URL(DASHBOARDS, ROOT));
  return Promise.all(files.map(async (file) => JSON.parse(await text(`${DASHBOARDS}/${file}`)) as Dashboard));
}

describe('metrics, rules and dashboards', function () {
  this.timeout(30_000);
  const directory = useTempDirectory();
  const silent = { debug() {}, info() {}, warn() {}, error() {} };
  let endpoint: FakeEndpoint;
  let daemon: Daemon;

  beforeEach(async () => {
    endpoint = await FakeEndpoint.start(says(CLEAN));
    const options = { directory: directory(), places: loopbackPlaces(1), kind: 'devnet' } as const;
    const { home } = (await createTestnet({ ...options, rules: { requiredValidators: 1 } })).validators[0]!;
    const environment = { MODEL_ENDPOINT: endpoint.url, OPENAI_API_KEY: 'none', DEFAULT_MODEL: 'gpt4' };
    const { config } = await loadConfig({ home, environment });
    const network = { ...config.network, listen: ['/ip4/127.0.0.1/tcp/0'] };
    const rpc = { ...config.rpc, port: 0 };
    daemon = await startDaemon({ config: { ...config, network, rpc }, observer: false, logger: silent });
  });
  afterEach(async () => {
    await daemon.stop(5000);
    await endpoint.stop();
  });

  const scrape = async () => (await fetch(`${daemon.rpcUrl}/metrics`)).text();
  const decide = () => daemon.node.validate(review(addition('src/a.js', ['run(a);'])));

  it('name in every panel and rule only what a node that decided a task gives a sample of', async () => {
    await decide();
    const families = familiesOf(await scrape());
    const recorded = (await rules()).flatMap(({ record }) => record ?? []);
    const queries = [
      ...(await rules()).map(({ record, alert, expr }) => [record ?? alert, expr]),
      ...(await dashboards()).flatMap(({ panels }) =>
        panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [title, expr])),
      ),
    ];
    assert.ok(queries.length > 60, `${queries.length} queries`);
    for (const [where, query] of queries) {
      const names = metricsIn(query!);
      assert.ok(names.length > 0, `${where}: ${query}`);
      for (const name of names)
        assert.ok(
          families.get(name) || recorded.includes(name) || MADE.includes(name),
          `${where}: ${name} is not exported`,
        );
    }
  });

  it('show every metric of the project somewhere', async () => {
    await decide();
    const queries = (await dashboards()).flatMap(({ panels }) => panels.flatMap(({ targets }) => targets));
    const shown = new Set(
      queries.flatMap(({ expr }) => metricsIn(expr)).map((name) => name.replace(/_(bucket|sum|count)$/, '')),
    );
    const own = [...familiesOf(await scrape()).keys()].filter((name) => name.startsWith('pheme_'));
    const hidden = own.map((name) => name.replace(/_(bucket|sum|count)$/, '')).filter((name) => !shown.has(name));
    assert.deepEqual(hidden, []);
  });

  it('count one decided task once, in seconds and by phase', async () => {
    const before = await scrape();
    assert.match(before, /^pheme_decided_tasks_total\{outcome="APPROVED",reason="none"\} 0$/m);
    assert.match(before, /^pheme_task_final_seconds_count 0$/m);
    await decide();
    const after = await scrape();
    for (const sample of [
      'pheme_decided_tasks_total{outcome="APPROVED",reason="none"} 1',
      'pheme_task_final_seconds_count 1',
      'pheme_task_rounds_bucket{le="1"} 1',
      'pheme_judgement_seconds_count{model="gpt4"} 1',
      'pheme_judgement_votes_total{vote="approve"} 1',
      'pheme_model_tokens_total{model="gpt4",kind="prompt"} 100',
      'pheme_results 1',
      'pheme_ready 1',
      'pheme_healthy{part="models"} 1',
      'pheme_open_tasks 0',
    ])
      assert.ok(after.split('\n').includes(sample), sample);
    for (const phase of ['judge', 'commit', 'reveal', 'propose', 'precommit'])
      assert.match(after, new RegExp(`^pheme_task_phase_seconds_count\\{phase="${phase}"\\} 1$`, 'm'));
    const numberOf = (name: string) => Number(new RegExp(`^${name} (.+)$`, 'm').exec(after)?.[1]);
    assert.ok(numberOf('pheme_database_write_seconds_count') >= 3);
    assert.ok(numberOf('pheme_batch_statements_sum') >= 5);
    assert.ok(numberOf('pheme_database_bytes') > 1000);
    assert.ok(numberOf('pheme_disk_free_bytes') > 1e6);
  });

  it('are well named, by the checks of Prometheus itself', async function () {
    const promtool = systemProgram(this, 'promtool');
    await decide();
    const own = (await scrape()).split('\n').filter((line) => /^(# \w+ )?pheme_/.test(line));
    const checking = run(promtool, ['check', 'metrics']);
    checking.child.stdin!.end(`${own.join('\n')}\n`);
    const { stdout, stderr } = await checking;
    assert.equal(stdout + stderr, '');
  });
});

describe('the rules of Prometheus', () => {
  const path = (name: string) => fileURLToPath(new URL(name, ROOT));

  it('are valid, and fire when they should and name what they should', async function () {
    const promtool = systemProgram(this, 'promtool');
    await run(promtool, ['check', 'config', '--syntax-only', path('docker/prometheus/prometheus.yml')]);
    await run(promtool, ['test', 'rules', path('docker/prometheus/rules.test.yml')]);
  });

  it('say what is wrong and what to do', async () => {
    const alerts = (await rules()).filter(({ alert }) => alert !== undefined);
    assert.ok(alerts.length >= 15);
    for (const { alert, annotations } of alerts) {
      assert.match(annotations?.['summary'] ?? '', /\{\{ \$labels\./, alert);
      assert.ok((annotations?.['description'] ?? '').length > 30, alert);
    }
  });
});

describe('the dashboards', () => {
  it('are four, with ids, titles and panels of their own', async () => {
    const all = await dashboards();
    assert.deepEqual(all.map(({ uid }) => uid).sort(), [
      'pheme-ai',
      'pheme-consensus',
      'pheme-network',
      'pheme-summary',
    ]);
    for (const { title, panels } of all) {
      assert.ok(panels.length >= 8, title);
      assert.equal(new Set(panels.map((panel) => panel.title)).size, panels.length, title);
    }
  });
});
