import type { TaskView, ValidatorView } from '../../rpc/api.ts';
import { counted, shortId } from '../logic/format.ts';
import { TableBox } from './notice.tsx';

type Progress = NonNullable<TaskView['progress']>;

export const PHASE_WORDS: Readonly<Record<Progress['phase'], string>> = {
  collecting: 'collecting commitments',
  revealing: 'revealing judgements',
  voting: 'voting',
};

/** One sentence for people who hear the page. */
export function progressSentence({ phase, committed, closed, revealed, round }: Progress): string {
  const counts = `${committed.length} committed, ${closed.length} closed, ${revealed.length} revealed`;
  return `${PHASE_WORDS[phase]}${round === null ? '' : ` in round ${round}`}: ${counts}`;
}

const STEPS = ['committed', 'closed', 'revealed'] as const;

/** Who has said what of an open task; nothing of a judgement before its reveal. */
export function ProgressTable({ progress, validators }: { progress: Progress; validators: readonly ValidatorView[] }) {
  return (
    <>
      <p class="phase">
        <span class="spinner" aria-hidden="true" /> {PHASE_WORDS[progress.phase]}
        {progress.round !== null && <span class="hint">round {progress.round}</span>}
      </p>
      <TableBox label="Progress by validator">
        <table class="dots">
          <thead>
            <tr>
              <th scope="col">Validator</th>
              {STEPS.map((step) => (
                <th key={step} scope="col">
                  {step}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {validators.map(({ index, publicKey, connected }) => (
              <tr key={publicKey}>
                <th scope="row">
                  {index} <code>{shortId(publicKey)}</code>
                  {!connected && <span class="hint"> not connected</span>}
                </th>
                {STEPS.map((step) => (
                  <td key={step}>
                    <Dot on={progress[step].includes(index)} step={step} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </TableBox>
      <p class="hint">
        {counted(progress.committed.length, 'commitment')} of {validators.length} validators.
      </p>
    </>
  );
}

function Dot({ on, step }: { on: boolean; step: string }) {
  return (
    <>
      <span class={on ? 'dot on' : 'dot'} aria-hidden="true" />
      <span class="unseen">{on ? step : `not ${step}`}</span>
    </>
  );
}
