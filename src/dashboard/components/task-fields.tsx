import type { FormFault, TaskForm } from '../logic/task-form.ts';

interface FieldsProps {
  form: TaskForm;
  faults: readonly FormFault[];
  onChange(change: Partial<TaskForm>): void;
}

/** The fields of a task; faults stand at their field. */
export function TaskFields({ form, faults, onChange }: FieldsProps) {
  return (
    <>
      <fieldset class="choice">
        <legend>What is to be judged</legend>
        <Choice form={form} onChange={onChange} value="CODE_REVIEW" text="A code change" />
        <Choice form={form} onChange={onChange} value="SKILL_ASSESSMENT" text="An answer that shows a skill" />
      </fieldset>
      {form.type === 'CODE_REVIEW' ? (
        <ReviewFields form={form} faults={faults} onChange={onChange} />
      ) : (
        <SkillFields form={form} faults={faults} onChange={onChange} />
      )}
    </>
  );
}

function Choice({
  form,
  value,
  text,
  onChange,
}: Omit<FieldsProps, 'faults'> & { value: TaskForm['type']; text: string }) {
  return (
    <label>
      <input
        type="radio"
        name="type"
        value={value}
        checked={form.type === value}
        onChange={() => onChange({ type: value })}
      />
      {text}
    </label>
  );
}

const REQUIREMENTS = ['security', 'style', 'performance'] as const;

function ReviewFields({ form, faults, onChange }: FieldsProps) {
  return (
    <>
      <Area field="diff" label="Diff, as git diff prints it" rows={12} {...{ form, faults, onChange }} />
      <fieldset class="choice">
        <legend>Review for</legend>
        {REQUIREMENTS.map((name) => (
          <label key={name}>
            <input
              type="checkbox"
              checked={form[name]}
              onChange={({ currentTarget }) => onChange({ [name]: currentTarget.checked })}
            />
            {name}
          </label>
        ))}
        <FaultOf field="security" faults={faults} />
      </fieldset>
      <Line field="url" label="Address of the pull request (optional)" {...{ form, faults, onChange }} />
    </>
  );
}

function SkillFields({ form, faults, onChange }: FieldsProps) {
  const props = { form, faults, onChange };
  return (
    <>
      <div class="row">
        <Line field="skill" label="Skill" {...props} />
        <Line field="level" label="Level (0 to 100)" {...props} />
      </div>
      <Area field="requirements" label="Requirements, one on each line" rows={4} {...props} />
      <Area field="content" label="The answer" rows={8} {...props} />
      <Area field="evidence" label="Evidence, one on each line (optional)" rows={2} {...props} />
    </>
  );
}

type TextField = Exclude<keyof TaskForm, 'type' | 'style' | 'security' | 'performance'>;
type TextProps = FieldsProps & { field: TextField; label: string };

function Area({ field, label, rows, form, faults, onChange }: TextProps & { rows: number }) {
  return (
    <div class="field">
      <label for={field}>{label}</label>
      <textarea
        id={field}
        class="code-input"
        rows={rows}
        spellcheck={false}
        value={form[field]}
        {...faultProps(field, faults)}
        onInput={({ currentTarget }) => onChange({ [field]: currentTarget.value })}
      />
      <FaultOf field={field} faults={faults} />
    </div>
  );
}

function Line({ field, label, form, faults, onChange }: TextProps) {
  return (
    <div class="field">
      <label for={field}>{label}</label>
      <input
        id={field}
        type="text"
        value={form[field]}
        {...faultProps(field, faults)}
        onInput={({ currentTarget }) => onChange({ [field]: currentTarget.value })}
      />
      <FaultOf field={field} faults={faults} />
    </div>
  );
}

function faultProps(field: string, faults: readonly FormFault[]) {
  if (!faults.some((fault) => fault.field === field)) return {};
  return { 'aria-invalid': true, 'aria-describedby': `${field}-fault` };
}

function FaultOf({ field, faults }: { field: string; faults: readonly FormFault[] }) {
  const fault = faults.find((one) => one.field === field);
  return fault === undefined ? null : (
    <p class="fault" id={`${field}-fault`} role="alert">
      {fault.message}
    </p>
  );
}
