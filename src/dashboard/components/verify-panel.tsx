import { useState } from 'preact/hooks';
import type { TaskView } from '../../rpc/api.ts';
import { useSession } from '../api/session.ts';
import type { CheckedResult } from '../logic/check-result.ts';
import { counted } from '../logic/format.ts';
import { pinNetwork, pinnedNetwork } from '../logic/pin.ts';
import { visible } from '../logic/visible.ts';
import { Card, Failure, TableBox } from './notice.tsx';
import { Flag } from './outcome.tsx';

interface PanelProps {
  result: { taskId: string; networkId: string };
  task: TaskView | null;
  /** Undefined until the node has sent it. */
  genesis: unknown;
}

/** Checks the result in the browser against the pinned network. */
export function VerifyPanel({ result, task, genesis }: PanelProps) {
  const { announce } = useSession();
  const [pinned] = useState(() => pinnedNetwork(localStorage));
  const [networkId, setNetworkId] = useState(pinned ?? result.networkId);
  const [checked, setChecked] = useState<CheckedResult>();
  const [error, setError] = useState<Error>();

  const check = async () => {
    setError(undefined);
    setChecked(undefined);
    try {
      const { checkResult } = await import('../logic/check-result.ts');
      const input = { result, genesis, networkId, taskId: result.taskId, task: task?.task ?? null };
      const found = checkResult(input);
      setChecked(found);
      if (found.authentic) pinNetwork(localStorage, networkId);
      announce(found.authentic ? 'The result is authentic' : 'The result is NOT authentic');
    } catch (failure) {
      setError(failure as Error);
    }
  };

  return (
    <Card title="Check it yourself" wide>
      <p>
        This browser computes the task's id from the input shown, and checks every signature and every number against
        the validators of the network. Nothing that the node says about the result is believed.
      </p>
      <div class="field">
        <label for="network">Network id that you expect</label>
        <input
          id="network"
          class="mono"
          type="text"
          spellcheck={false}
          value={networkId}
          onInput={({ currentTarget }) => setNetworkId(currentTarget.value.trim().toLowerCase())}
        />
        <p class="hint">
          {pinned === null
            ? 'First visit: this is what the node says. Compare it with what your operator published.'
            : 'Remembered by this browser since a check that held. Paste another one to change it.'}
        </p>
      </div>
      <div class="buttons">
        <button type="button" class="primary" disabled={genesis === undefined} onClick={() => void check()}>
          Verify in this browser
        </button>
      </div>
      <Failure error={error} />
      {checked && <Checks checked={checked} task={task} />}
    </Card>
  );
}

function Checks({ checked, task }: { checked: CheckedResult; task: TaskView | null }) {
  const failed = checked.checks.filter(({ ok }) => !ok).length;
  return (
    <div class={checked.authentic ? 'checks good' : 'checks bad'}>
      <p class="figure">
        <Flag good={checked.authentic} yes="authentic" no="not authentic" />
      </p>
      <p>
        {checked.authentic
          ? `All ${checked.checks.length} checks held.`
          : `${counted(failed, 'check')} failed: do not rely on this result.`}
        {task?.task == null && ' The input is not at hand, so the task id could not be computed from it.'}
      </p>
      <TableBox label="Checks">
        <table>
          <thead>
            <tr>
              <th scope="col">Check</th>
              <th scope="col">Held</th>
              <th scope="col">What was compared</th>
            </tr>
          </thead>
          <tbody>
            {checked.checks.map(({ name, ok, detail }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>
                  <Flag good={ok} yes="yes" no="no" />
                </td>
                <td class="detail">{visible(detail)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableBox>
    </div>
  );
}
