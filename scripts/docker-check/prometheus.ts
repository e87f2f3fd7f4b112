/**
 * Asks the Prometheus of the devnet, for scripts/docker-check.sh: `node prometheus.ts COMMAND` exits 0 if it holds, else
 * 1 with what does not.
 *
 *   targets           all four validators are scraped, and all rules are loaded
 *   queries           every query of every panel and every rule gives data
 *   alert NAME NODE   prints what the alert, which fires, says of or by a node (`validator-0:7436`)
 *   quiet             no alert fires
 */
import { readdir, readFile } from 'node:fs/promises';

const API = 'http://prometheus:9090/api/v1';
const DASHBOARDS = new URL('../../docker/grafana/dashboards/', import.meta.url);
const VALIDATORS = 4;

/** Metrics whose samples come with what a devnet without a fault does not have, and why. */
export const EMPTY_WITHOUT: Readonly<Record<string, string>> = {
  pheme_model_answers_total: 'no model behind an endpoint: all are embedded',
  pheme_model_failures_total: 'no model behind an endpoint: all are embedded',
  pheme_model_cache_hits_total: 'no model behind an endpoint: all are embedded',
  pheme_model_tokens_total: 'no model behind an endpoint: all are embedded',
  pheme_model_cost_micros_total: 'no model behind an endpoint: all are embedded',
  pheme_model_circuit_open: 'no model behind an endpoint: all are embedded',
  pheme_queue_jobs: 'no Redis, unless the adapters run too',
};

interface Query {
  /** Dashboard and panel, or rule. */
  where: string;
  text: string;
}
interface Rule {
  name: string;
  type: 'recording' | 'alerting';
  query: string;
  health: string;
  lastError?: string;
}
interface Alert {
  state: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

if (import.meta.main) await run(process.argv.slice(2));

async function run([command = '', ...args]: string[]): Promise<void> {
  const commands: Record<string, () => Promise<string>> = {
    targets,
    queries,
    alert: () => alert(args[0]!, args[1]!),
    quiet,
  };
  try {
    console.log(await commands[command]!());
  } catch (error) {
    console.log((error as Error).message);
    process.exitCode = 1;
  }
}

async function targets(): Promise<string> {
  const { activeTargets } = await get<{ activeTargets: { health: string; scrapeUrl: string; lastError: string }[] }>(
    'targets',
  );
  const away = activeTargets.filter(({ health }) => health !== 'up');
  if (away.length > 0) throw new Error(away.map(({ scrapeUrl, lastError }) => `${scrapeUrl}: ${lastError}`).join('\n'));
  if (activeTargets.length !== VALIDATORS) throw new Error(`${activeTargets.length} targets, not ${VALIDATORS}`);
  const bad = (await rules()).filter(({ health }) => health !== 'ok');
  if (bad.length > 0)
    throw new Error(bad.map(({ name, health, lastError }) => `${name}: ${health} ${lastError ?? ''}`).join('\n'));
  return `${VALIDATORS} targets are up`;
}

async function queries(): Promise<string> {
  const panels = await panelQueries();
  const ruled = (await rules()).map(ruleQuery);
  const empty: Query[] = [];
  for (const query of [...panels, ...ruled]) if (!(await hasData(query.text))) empty.push(query);
  const wrong = empty.filter(({ text }) => !Object.keys(EMPTY_WITHOUT).some((metric) => text.includes(metric)));
  if (wrong.length > 0) throw new Error(wrong.map(({ where, text }) => `no data: ${where}: ${text}`).join('\n'));
  return `${panels.length} queries of dashboards and ${ruled.length} rules give data, but ${empty.length} of models behind endpoints or of Redis`;
}

async function alert(name: string, node: string): Promise<string> {
  const found = (await firing()).find(({ labels }) => labels['alertname'] === name && labels['instance'] === node);
  if (found === undefined) throw new Error(`${name} does not fire for ${node}`);
  return found.annotations['summary']!;
}

async function quiet(): Promise<string> {
  const alerts = await firing();
  if (alerts.length > 0) throw new Error(alerts.map(({ annotations }) => annotations['summary']).join('\n'));
  return 'no alert fires';
}

async function firing(): Promise<Alert[]> {
  return (await get<{ alerts: Alert[] }>('alerts')).alerts.filter(({ state }) => state === 'firing');
}

async function rules(): Promise<Rule[]> {
  const { groups } = await get<{ groups: { rules: Rule[] }[] }>('rules');
  const all = groups.flatMap((group) => group.rules);
  if (all.length === 0) throw new Error('no rules are loaded');
  return all;
}

/** An alert's comparison as 0 or 1: that it does not fire is no lack of data. */
export function ruleQuery({ name, type, query }: Pick<Rule, 'name' | 'type' | 'query'>): Query {
  return { where: name, text: type === 'alerting' ? query.replace(/ (<|>|==) (?!bool)/, ' $1 bool ') : query };
}

/** With all nodes selected, over the shortest range in which counters of a scrape every 5 s grow visibly. */
export async function panelQueries(): Promise<Query[]> {
  const found: Query[] = [];
  for (const file of await readdir(DASHBOARDS)) {
    const { title, panels } = JSON.parse(await readFile(new URL(file, DASHBOARDS), 'utf8')) as {
      title: string;
      panels: { title: string; targets: { expr: string }[] }[];
    };
    for (const panel of panels)
      for (const { expr } of panel.targets) {
        const text = expr.replaceAll('$instance', '.*').replaceAll('$__rate_interval', '1m');
        found.push({ where: `${title}, ${panel.title}`, text });
      }
  }
  return found;
}

/** Numbers: a rate of what did not happen is 0, and a quantile of nothing is no data. */
async function hasData(query: string): Promise<boolean> {
  const { result } = await get<{ result: { value: [number, string] }[] }>(`query?query=${encodeURIComponent(query)}`);
  return result.some(({ value }) => value[1] !== 'NaN');
}

async function get<T>(path: string): Promise<T> {
  const answer = await fetch(`${API}/${path}`);
  const { status, data, error } = (await answer.json()) as { status: string; data: T; error?: string };
  if (status !== 'success') throw new Error(`${path}: ${error}`);
  return data;
}
