import { useEffect, useState } from 'preact/hooks';
import type { TaskView } from '../../rpc/api.ts';
import { useSession } from '../api/session.ts';
import { useQuery } from '../api/use-query.ts';
import { ago, counted, shortId } from '../logic/format.ts';
import { hashOf } from '../logic/route.ts';
import { Card, Empty, Failure, TableBox } from './notice.tsx';
import { PHASE_WORDS } from './progress.tsx';

/** Open tasks whose progress is shown: beyond that a list says nothing. */
const OPEN_SHOWN = 20;

/** The undecided tasks, longest open first, with what each validator has said. */
export function OpenTasks({ now }: { now: number }) {
  const open = useQuery(
    'pheme_listTasks',
    { limit: OPEN_SHOWN },
    { everyMs: 3_000, at: ({ type }) => type.startsWith('task.') },
  );
  const validators = useQuery('pheme_validators', {}, { everyMs: 10_000 });
  const tasks = open.data?.tasks ?? [];
  const progress = useProgress(open.data === undefined ? [] : tasks.map(({ taskId }) => taskId), open.data);
  return (
    <Card title="Open now" wide>
      <Failure error={open.error} />
      {open.data !== undefined && tasks.length === 0 && <Empty>Nothing is open: every task is decided.</Empty>}
      {tasks.length > 0 && (
        <TableBox label="Open tasks">
          <table>
            <thead>
              <tr>
                <th scope="col">Task</th>
                <th scope="col">Phase</th>
                <th scope="col">Committed, closed, revealed by each validator</th>
                <th scope="col">Seen</th>
              </tr>
            </thead>
            <tbody>
              {tasks.map(({ taskId, type, phase, round, firstSeenAt }) => (
                <tr key={taskId}>
                  <th scope="row">
                    <a href={hashOf({ page: 'task', taskId })}>
                      <code>{shortId(taskId)}</code>
                    </a>{' '}
                    <span class="hint">{type === 'CODE_REVIEW' ? 'review' : 'assessment'}</span>
                  </th>
                  <td>
                    {PHASE_WORDS[phase]}
                    {round === null ? '' : `, round ${round}`}
                  </td>
                  <td>
                    <Tracks progress={progress.get(taskId)} validators={validators.data?.length ?? 0} />
                  </td>
                  <td>{ago(firstSeenAt, now)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </TableBox>
      )}
      {open.data !== undefined && open.data.total > tasks.length && (
        <p class="hint">{counted(open.data.total - tasks.length, 'more open task')}.</p>
      )}
    </Card>
  );
}

type Progress = NonNullable<TaskView['progress']>;

function useProgress(taskIds: readonly string[], answer: unknown): ReadonlyMap<string, Progress> {
  const { rpc } = useSession();
  const [progress, setProgress] = useState<ReadonlyMap<string, Progress>>(new Map());
  // Each answer of the list asks for its tasks once.
  useEffect(() => {
    if (taskIds.length === 0) return;
    const params = taskIds.map((taskId) => ({ taskId }));
    rpc.many('pheme_getTask', params).then(
      (views) => setProgress(new Map(views.flatMap((view) => (view?.progress ? [[view.taskId, view.progress]] : [])))),
      () => undefined, // the list itself says that the node does not answer
    );
  }, [answer]);
  return progress;
}

const STEPS = ['committed', 'closed', 'revealed'] as const;

function Tracks({ progress, validators }: { progress: Progress | undefined; validators: number }) {
  if (progress === undefined) return <span class="hint">–</span>;
  const words = STEPS.map((step) => `${progress[step].length} ${step}`).join(', ');
  return (
    <span class="tracks">
      {STEPS.map((step) => (
        <span key={step} class="track" aria-hidden="true" title={`${progress[step].length} ${step}`}>
          {Array.from({ length: validators }, (_, index) => (
            <span key={index} class={progress[step].includes(index) ? 'dot on' : 'dot'} />
          ))}
        </span>
      ))}
      <span class="unseen">{words}</span>
    </span>
  );
}
