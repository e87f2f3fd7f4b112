import { useEffect } from 'preact/hooks';
import type { TaskView } from '../../rpc/api.ts';
import { useSession } from '../api/session.ts';
import { useQuery } from '../api/use-query.ts';
import { Card, CopyButton, Empty, Failure } from '../components/notice.tsx';
import { ProgressTable, progressSentence } from '../components/progress.tsx';
import { ResultView } from '../components/result-view.tsx';
import { shortId } from '../logic/format.ts';
import { hashOf } from '../logic/route.ts';
import { visible } from '../logic/visible.ts';

/** While a task is open, between events; an embedded network decides within a second or two. */
const WATCH_MS = 1_000;

/** A task while it is being decided, then its result. */
export function TaskPage({ taskId }: { taskId: string }) {
  const { announce } = useSession();
  const result = useQuery('pheme_getResult', { taskId }, { at: (event) => event.taskId === taskId });
  const decided = result.data !== undefined && result.data !== null;
  const task = useQuery(
    'pheme_getTask',
    { taskId },
    { at: (event) => event.taskId === taskId, ...(decided ? {} : { everyMs: WATCH_MS }) },
  );
  const state = task.data?.state;
  // The step to decided is what matters.
  useEffect(() => {
    if (state === 'decided' && !decided) result.refresh();
  }, [state]);
  const progress = task.data?.progress;
  const outcome = result.data?.outcome;
  useEffect(() => {
    if (outcome !== undefined) announce(`Decided: ${outcome.toLowerCase()}`);
    else if (progress !== undefined) announce(progressSentence(progress));
  }, [outcome, progress && progressSentence(progress), announce]);

  return (
    <>
      <h1>
        {decided ? 'Result' : 'Task'} <code>{shortId(taskId)}</code>
      </h1>
      <p class="id">
        <code class="long">{taskId}</code> <CopyButton text={taskId} label="Copy the id" />
      </p>
      {task.data && <Links view={task.data} />}
      <Failure error={result.error ?? task.error} />
      {result.data ? (
        <ResultView result={result.data} task={task.data ?? null} />
      ) : (
        <Open view={task.data} asked={result.data === null} />
      )}
    </>
  );
}

/** The task that it asks again, and those that asked it again. */
function Links({ view: { escalates, escalatedBy = [] } }: { view: TaskView }) {
  return (
    <>
      {escalates !== undefined && (
        <p class="long">
          Escalates <TaskLink taskId={escalates.taskId} />
          {escalates.sameQuestion === false && ', though it does not ask the same'}: {visible(escalates.reason)}
        </p>
      )}
      {escalatedBy.map((taskId) => (
        <p key={taskId}>
          Was asked again by <TaskLink taskId={taskId} />
        </p>
      ))}
    </>
  );
}

function TaskLink({ taskId }: { taskId: string }) {
  return (
    <a href={hashOf({ page: 'task', taskId })}>
      <code>{shortId(taskId)}</code>
    </a>
  );
}

function Open({ view, asked }: { view: TaskView | null | undefined; asked: boolean }) {
  const validators = useQuery('pheme_validators', {}, { everyMs: 5_000 });
  const story = useQuery('pheme_explain', { taskId: view?.taskId ?? '' }, { everyMs: 3_000, paused: !view });
  if (view === undefined) return <Empty>Asking…</Empty>;
  if (view === null) return asked ? <Empty>This node does not know this task.</Empty> : <Empty>Asking…</Empty>;
  return (
    <Card title="Being decided" wide>
      {view.progress && validators.data && <ProgressTable progress={view.progress} validators={validators.data} />}
      {story.data?.waitingFor && <p>{visible(story.data.waitingFor)}</p>}
    </Card>
  );
}
