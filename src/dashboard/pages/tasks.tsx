import { useSession } from '../api/session.ts';
import { useNow } from '../api/use-now.ts';
import { useQuery } from '../api/use-query.ts';
import { useTaskForm } from '../api/use-task-form.ts';
import { Card, Empty, Failure } from '../components/notice.tsx';
import { OpenTasks } from '../components/open-tasks.tsx';
import { ResultList } from '../components/result-list.tsx';
import { TaskFields } from '../components/task-fields.tsx';
import { hashOf } from '../logic/route.ts';

const RESULTS_SHOWN = 20;

export function Tasks() {
  const now = useNow(2_000);
  const results = useQuery(
    'pheme_listResults',
    { limit: RESULTS_SHOWN },
    { everyMs: 5_000, at: ({ type }) => type === 'task.decided' },
  );
  return (
    <>
      <h1>Tasks</h1>
      <OpenTasks now={now} />
      <SubmitForm />
      <Card title="Decided" wide>
        <Failure error={results.error} />
        {results.data === undefined ? <Empty>Asking…</Empty> : <ResultList results={results.data.results} now={now} />}
      </Card>
    </>
  );
}

function SubmitForm() {
  const { rpc, announce } = useSession();
  const { form, faults, busy, error, submit, onChange } = useTaskForm(async (task) => {
    const { taskId } = await rpc.call('pheme_submitTask', { task });
    announce('The task is submitted');
    location.hash = hashOf({ page: 'task', taskId });
  });
  return (
    <Card title="Submit a task" wide>
      <p class="hint">Every validator of the network, and the vendor of its model, sees what is submitted.</p>
      <form onSubmit={submit}>
        <TaskFields form={form} faults={faults} onChange={onChange} />
        <Failure error={error} />
        <div class="buttons">
          <button type="submit" class="primary" disabled={busy}>
            {busy ? 'Submitting…' : 'Submit to the network'}
          </button>
        </div>
      </form>
    </Card>
  );
}
