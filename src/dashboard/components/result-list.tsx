import type { ResultSummary } from '../../rpc/api.ts';
import { ago, percent, shortId, utc } from '../logic/format.ts';
import { hashOf } from '../logic/route.ts';
import { Empty, TableBox } from './notice.tsx';
import { OutcomeBadge } from './outcome.tsx';

export function ResultList({ results, now }: { results: readonly ResultSummary[]; now: number }) {
  if (results.length === 0) return <Empty>Nothing is decided yet.</Empty>;
  return (
    <TableBox label="Results">
      <table>
        <thead>
          <tr>
            <th scope="col">Task</th>
            <th scope="col">Outcome</th>
            <th scope="col">Decided</th>
            <th scope="col" class="number">
              Confidence
            </th>
            <th scope="col" class="number">
              Score
            </th>
          </tr>
        </thead>
        <tbody>
          {results.map(({ taskId, outcome, reason, confidence, score, storedAt }) => (
            <tr key={taskId}>
              <th scope="row">
                <a href={hashOf({ page: 'task', taskId })} title={taskId}>
                  <code>{shortId(taskId)}</code>
                </a>
              </th>
              <td>
                <OutcomeBadge outcome={outcome} reason={reason} />
              </td>
              <td>
                <time dateTime={storedAt} title={`${utc(storedAt)} UTC`}>
                  {ago(storedAt, now)}
                </time>
              </td>
              <td class="number">{outcome === 'APPROVED' || outcome === 'REJECTED' ? percent(confidence) : '–'}</td>
              <td class="number">{score === undefined ? '–' : percent(score)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}
