import type { TaskExplanation } from '../../rpc/api.ts';
import { useQuery } from '../api/use-query.ts';
import { counted, duration } from '../logic/format.ts';
import { eventWords, offsetMs } from '../logic/timeline.ts';
import { visible } from '../logic/visible.ts';
import { Card, Empty, TableBox } from './notice.tsx';

/** How it came to the result, in the words of `pheme explain`. */
export function Story({ taskId }: { taskId: string }) {
  const story = useQuery('pheme_explain', { taskId }, { at: (event) => event.taskId === taskId });
  if (story.data === undefined || story.data === null) return null;
  const { summary, validators, timeline } = story.data;
  return (
    <Card title="How it was decided" wide>
      {summary.map((sentence) => (
        <p key={sentence} class="long">
          {visible(sentence)}
        </p>
      ))}
      <ul class="reasons">
        {validators.map(({ publicKey, words, standing }) => (
          <li key={publicKey} class={`standing ${standing}`}>
            {visible(words)}
          </li>
        ))}
      </ul>
      {timeline.length === 0 ? (
        <Empty>This node kept no timeline of this task.</Empty>
      ) : (
        <details>
          <summary>Timeline ({counted(timeline.length, 'entry', 'entries')})</summary>
          <Timeline timeline={timeline} />
        </details>
      )}
    </Card>
  );
}

function Timeline({ timeline }: { timeline: TaskExplanation['timeline'] }) {
  const first = timeline[0]!;
  return (
    <TableBox label="Timeline">
      <table>
        <thead>
          <tr>
            <th scope="col" class="number">
              After
            </th>
            <th scope="col">Who</th>
            <th scope="col">What</th>
          </tr>
        </thead>
        <tbody>
          {timeline.map((entry, at) => (
            <tr key={at}>
              <th scope="row" class="number">
                <time dateTime={entry.at} title={entry.at}>
                  {duration(offsetMs(entry, first))}
                </time>
              </th>
              <td>{entry.validatorIndex === null ? 'network' : `validator ${entry.validatorIndex}`}</td>
              <td>
                {eventWords(entry.event)}
                {entry.round === null ? '' : `, round ${entry.round}`}
                {entry.note !== undefined && <span class="hint">{visible(entry.note)}</span>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}
