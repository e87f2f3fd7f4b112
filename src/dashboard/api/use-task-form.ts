import { useState } from 'preact/hooks';
import { EMPTY_FORM, type FormFault, formFaults, type TaskForm, taskOfForm } from '../logic/task-form.ts';
import type { CallFailure } from './rpc.ts';
import { useSession } from './session.ts';

/** A form whose task is sent somewhere when it is right. */
export function useTaskForm(send: (task: Record<string, unknown>) => Promise<void>) {
  const { token } = useSession();
  const [form, setForm] = useState<TaskForm>(EMPTY_FORM);
  const [faults, setFaults] = useState<FormFault[]>([]);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<CallFailure | Error>();

  const submit = async (event: Event) => {
    event.preventDefault();
    const found = formFaults(form);
    setFaults(found);
    setError(undefined);
    if (found[0] !== undefined) return document.getElementById(found[0].field)?.focus();
    if (token === null) return setError(new Error('This needs the token of the node: set it at the top of the page.'));
    setBusy(true);
    try {
      await send(taskOfForm(form));
    } catch (failure) {
      setError(failure as CallFailure);
    }
    setBusy(false);
  };
  const onChange = (change: Partial<TaskForm>) => {
    setForm((before) => ({ ...before, ...change }));
    setFaults([]);
  };
  return { form, faults, busy, error, submit, onChange };
}
