import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { EMPTY_WITHOUT, panelQueries, ruleQuery } from '../../../scripts/docker-check/prometheus.ts';
import { useTempDirectory } from '../../config/temp-home.ts';
import { text } from '../../docker/container-files.ts';
import { metricsIn } from '../../docker/metric-names.ts';
import { systemProgram } from '../../system-programs.ts';

const run = promisify(execFile);

async function alertQueries() {
  const { groups } = parse(await text('docker/prometheus/rules.yml')) as {
    groups: { rules: { alert?: string; expr: string }[] }[];
  };
  const rules = groups.flatMap((group) => group.rules).filter(({ alert }) => alert !== undefined);
  return rules.map(({ alert, expr }) => ruleQuery({ name: alert!, type: 'alerting', query: expr }));
}

describe('what the check of the monitoring asks Prometheus', () => {
  const directory = useTempDirectory();

  it('has no variable of Grafana left in it, and one query a panel at least', async () => {
    const queries = await panelQueries();
    assert.ok(queries.length > 60, `${queries.length}`);
    for (const { where, text: query } of queries) assert.doesNotMatch(query, /\$/, where);
  });

  it('turns the comparison of every alert into a number, which is there where it does not fire', async () => {
    const queries = await alertQueries();
    assert.ok(queries.length >= 15);
    for (const { where, text: query } of queries) assert.match(query, / (?:<|>|==) bool /, where);
  });

  it('is PromQL', async function () {
    const promtool = systemProgram(this, 'promtool');
    const all = [...(await panelQueries()), ...(await alertQueries())].map(({ text: query }) => query);
    const rules = { groups: [{ name: 'all', rules: all.map((expr, index) => ({ record: `query:${index}`, expr })) }] };
    const file = join(directory(), 'rules.yml');
    await writeFile(file, JSON.stringify(rules));
    const { stdout } = await run(promtool, ['check', 'rules', file]);
    assert.match(stdout, new RegExp(`SUCCESS: ${all.length} rules found`));
  });

  it('excuses only what some query asks', async () => {
    const asked = new Set(
      [...(await panelQueries()), ...(await alertQueries())].flatMap(({ text: query }) => metricsIn(query)),
    );
    for (const metric of Object.keys(EMPTY_WITHOUT)) assert.ok(asked.has(metric), metric);
  });
});
