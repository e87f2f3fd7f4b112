import type { HealthReport, NodeStatus, ResultPage } from '../../rpc/api.ts';
import { useLatencies } from '../api/use-latencies.ts';
import { useNow } from '../api/use-now.ts';
import { type Query, useQuery } from '../api/use-query.ts';
import { DecidedChart, LatencyChart, SharesChart } from '../components/charts.tsx';
import { Card, Empty, Failure } from '../components/notice.tsx';
import { Flag } from '../components/outcome.tsx';
import { ResultList } from '../components/result-list.tsx';
import { counted, duration } from '../logic/format.ts';
import { perMinute, verdictShares } from '../logic/series.ts';
import { visible } from '../logic/visible.ts';

const CHART_MINUTES = 30;
const RECENT_SHOWN = 12;

export function Overview() {
  const now = useNow(5_000);
  const status = useQuery('pheme_status', {}, { everyMs: 5_000, at: ({ type }) => type.startsWith('peer.') });
  const health = useQuery('pheme_health', {}, { everyMs: 5_000, at: ({ type }) => type === 'health.changed' });
  const results = useQuery(
    'pheme_listResults',
    { limit: 100 },
    { everyMs: 5_000, at: ({ type }) => type === 'task.decided' },
  );
  return (
    <>
      <h1>Overview</h1>
      <Failure error={status.error ?? results.error} />
      <div class="cards">
        <NetworkCard status={status.data} />
        <QuorumCard status={status.data} />
        <HealthCard health={health.data} />
      </div>
      <Charts results={results} now={now} />
      <Card title="Recent results" wide>
        {results.data && <ResultList results={results.data.results.slice(0, RECENT_SHOWN)} now={now} />}
      </Card>
    </>
  );
}

function NetworkCard({ status }: { status: NodeStatus | undefined }) {
  return (
    <Card title="Network">
      {status && (
        <dl>
          <dt>Name</dt>
          <dd>
            {visible(status.networkName)} ({status.kind})
          </dd>
          <dt>Network id</dt>
          <dd>
            <code class="long">{status.networkId}</code>
          </dd>
          <dt>This node</dt>
          <dd>
            {status.role}
            {status.validatorIndex === null ? '' : ` ${status.validatorIndex}`}, version {status.version}, up{' '}
            {duration(status.uptimeSeconds * 1000)}
          </dd>
          <dt>Model</dt>
          <dd>{visible(status.defaultModel)}</dd>
        </dl>
      )}
    </Card>
  );
}

function QuorumCard({ status }: { status: NodeStatus | undefined }) {
  const validators = useQuery('pheme_validators', {}, { everyMs: 5_000, at: ({ type }) => type.startsWith('peer.') });
  const absences = (validators.data ?? []).flatMap(({ absence }) => (absence === undefined ? [] : [absence]));
  const told = [...new Set([...(status?.reasons ?? []), ...absences])];
  return (
    <Card title="Quorum now">
      {status && (
        <>
          <p class="figure">
            {status.connectedWeight} <span class="of">of {status.totalWeight} connected</span>
          </p>
          <p>
            <Flag good={status.ready} yes="ready to decide" no="cannot decide" /> a decision needs {status.quorum}.
          </p>
          <ul class="reasons">
            {told.map((sentence) => (
              <li key={sentence}>{visible(sentence)}</li>
            ))}
          </ul>
          <p class="hint">
            {counted(status.openTasks, 'open task')}, {counted(status.results, 'result')} held.
          </p>
        </>
      )}
    </Card>
  );
}

const PARTS = ['queue', 'models', 'validators', 'database'] as const;

function HealthCard({ health }: { health: HealthReport | undefined }) {
  return (
    <Card title="Health">
      {health && (
        <dl class="health">
          {PARTS.map((part) => (
            <div key={part}>
              <dt>{part}</dt>
              <dd>
                <Flag good={health[part].healthy} yes="well" no="unwell" />
                {health[part].reasons.map((reason) => (
                  <p key={reason} class="hint">
                    {visible(reason)}
                  </p>
                ))}
              </dd>
            </div>
          ))}
        </dl>
      )}
    </Card>
  );
}

function Charts({ results: { data }, now }: { results: Query<ResultPage>; now: number }) {
  const results = data?.results ?? [];
  const latenciesMs = useLatencies(results);
  return (
    <div class="cards">
      <Card title="Tasks decided per minute">
        <DecidedChart buckets={perMinute(results, now, CHART_MINUTES)} />
      </Card>
      <Card title="Verdicts">
        {results.length === 0 ? (
          <Empty>No verdict yet.</Empty>
        ) : (
          <SharesChart shares={verdictShares(results)} total={results.length} />
        )}
      </Card>
      <Card title="Time to decision">
        {latenciesMs.length === 0 ? <Empty>No timing is known yet.</Empty> : <LatencyChart latenciesMs={latenciesMs} />}
      </Card>
    </div>
  );
}
