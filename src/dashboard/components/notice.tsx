import type { ComponentChildren } from 'preact';
import type { CallFailure } from '../api/rpc.ts';
import { visible } from '../logic/visible.ts';

/** What went wrong, in the node's words, and what to do where the page knows. */
export function Failure({ error }: { error: CallFailure | Error | undefined }) {
  if (error === undefined) return null;
  const unauthorized = 'code' in error && error.code === 'UNAUTHORIZED';
  return (
    <p class="notice bad" role="alert">
      {visible(error.message)}
      {unauthorized && ' Set the token at the top of the page.'}
    </p>
  );
}

export function Empty({ children }: { children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}

/** A table that scrolls by itself, also by the keyboard, where the screen is narrow. */
export function TableBox({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by the keyboard
    <section class="scroll" aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}

export function Card({ title, children, wide }: { title: string; children: ComponentChildren; wide?: boolean }) {
  return (
    <section class={wide ? 'card wide' : 'card'} aria-label={title}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}

export function CopyButton({ text, label }: { text: string; label: string }) {
  return (
    <button type="button" class="small" onClick={() => void navigator.clipboard.writeText(text)}>
      {label}
    </button>
  );
}
