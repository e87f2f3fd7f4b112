import { useState } from 'preact/hooks';
import type { ResultOf } from '../../rpc/methods.ts';
import { useSession } from '../api/session.ts';
import { useTaskForm } from '../api/use-task-form.ts';
import { DiffViewer } from '../components/diff-viewer.tsx';
import { FindingCard } from '../components/finding.tsx';
import { Card, Failure } from '../components/notice.tsx';
import { Flag } from '../components/outcome.tsx';
import { TaskFields } from '../components/task-fields.tsx';
import { percent } from '../logic/format.ts';
import { visible } from '../logic/visible.ts';

type Verdict = ResultOf<'pheme_judge'>;

/** Asks this node's own model; nothing goes to the network. */
export function Playground() {
  const { rpc, announce } = useSession();
  const [model, setModel] = useState('');
  const [answer, setAnswer] = useState<{ verdict: Verdict; diff: string }>();
  const { form, faults, busy, error, submit, onChange } = useTaskForm(async (task) => {
    setAnswer(undefined);
    const named = model.trim() === '' ? {} : { model: model.trim() };
    const verdict = await rpc.call('pheme_judge', { task, ...named });
    setAnswer({ verdict, diff: form.type === 'CODE_REVIEW' ? form.diff : '' });
    announce(`The model ${verdict.approved ? 'approves' : 'does not approve'}`);
  });
  return (
    <>
      <h1>Model playground</h1>
      <p>What this node's own model says. Nothing is signed, and nothing is sent to the network.</p>
      <Card title="Ask the model" wide>
        <form onSubmit={submit}>
          <TaskFields form={form} faults={faults} onChange={onChange} />
          <div class="field">
            <label for="model">Model (empty: the node's first)</label>
            <input
              id="model"
              type="text"
              value={model}
              onInput={({ currentTarget }) => setModel(currentTarget.value)}
            />
          </div>
          <Failure error={error} />
          <div class="buttons">
            <button type="submit" class="primary" disabled={busy}>
              {busy ? 'The model is reading…' : 'Ask the model'}
            </button>
          </div>
        </form>
      </Card>
      {answer && <Answer {...answer} />}
    </>
  );
}

function Answer({ verdict, diff }: { verdict: Verdict; diff: string }) {
  const { approved, confidence, score, summary, findings, feedback = [], model, error } = verdict;
  return (
    <Card title="What the model says" wide>
      <p class="figure">
        <Flag good={approved} yes="approves" no={error === undefined ? 'rejects' : 'gives no verdict'} />
      </p>
      <p>
        {error === undefined ? `Confidence ${percent(confidence)}` : visible(error.message)}
        {score !== undefined && `, score ${percent(score)}`}
        {model !== null && `, by ${visible(model.id)} (${visible(model.family)})`}
      </p>
      <p>{visible(summary)}</p>
      {feedback.length > 0 && (
        <ul class="feedback">
          {feedback.map(({ requirement, score: met, comment }, at) => (
            <li key={`requirement ${at}`}>
              <strong>{percent(met)}</strong> {visible(requirement)}: {visible(comment)}
            </li>
          ))}
        </ul>
      )}
      {diff === '' ? (
        findings.map((finding, at) => <FindingCard key={`finding ${at}`} finding={finding} placed={false} />)
      ) : (
        <DiffViewer diff={diff} findings={findings} />
      )}
    </Card>
  );
}
