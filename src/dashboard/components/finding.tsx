import type { PlacedFinding } from '../logic/diff-view.ts';
import { visible, visibleLines } from '../logic/visible.ts';

/** One finding, in the words of whoever found it. */
export function FindingCard({ finding, placed }: { finding: PlacedFinding; placed: boolean }) {
  const { file, line, severity, category, message, suggestion, quote, agreement } = finding;
  return (
    <article class={`finding ${severity}`} aria-label={`${severity} in ${visible(file)} line ${line}`}>
      <p class="finding-head">
        <strong>{severity}</strong> <span>{category}</span>
        {agreement !== undefined && (
          <span class="agreement">
            {agreement.found} of {agreement.of} found it
          </span>
        )}
        {!placed && (
          <code>
            {visible(file)}:{line}
          </code>
        )}
      </p>
      <p>{visible(message)}</p>
      {!placed && quote !== '' && (
        <pre>
          <code>{visible(quote)}</code>
        </pre>
      )}
      {suggestion !== undefined && (
        <p class="suggestion">
          <span class="hint">Try:</span> {visibleLines(suggestion).join(' ')}
        </p>
      )}
    </article>
  );
}
