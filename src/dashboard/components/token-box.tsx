import { useRef, useState } from 'preact/hooks';
import { useSession } from '../api/session.ts';

/** Takes the node's token for this tab. Reads need none on loopback; submitting and judging do. */
export function TokenBox() {
  const { token, setToken, announce } = useSession();
  const [typed, setTyped] = useState('');
  const details = useRef<HTMLDetailsElement>(null);
  const close = (said: string) => {
    setTyped('');
    announce(said);
    if (details.current) details.current.open = false;
    details.current?.querySelector('summary')?.focus();
  };
  return (
    <details
      class="token"
      ref={details}
      onKeyDown={({ key }) => key === 'Escape' && details.current?.open && close('The token box is closed')}
    >
      <summary>{token === null ? 'No token' : 'Token set'}</summary>
      <form
        class="panel"
        onSubmit={(event) => {
          event.preventDefault();
          if (typed.trim() === '') return;
          setToken(typed.trim());
          close('The token is set for this tab');
        }}
      >
        <label for="token">Token of this node</label>
        <input
          id="token"
          type="password"
          autocomplete="off"
          spellcheck={false}
          value={typed}
          onInput={({ currentTarget }) => setTyped(currentTarget.value)}
        />
        <p class="hint">
          The file <code>api-token</code> in the node's home holds it. Submitting a task and asking the model need it;
          it stays in this tab.
        </p>
        <div class="buttons">
          <button type="submit" class="primary">
            Use it
          </button>
          {token !== null && (
            <button
              type="button"
              onClick={() => {
                setToken(null);
                close('The token is forgotten');
              }}
            >
              Forget it
            </button>
          )}
        </div>
      </form>
    </details>
  );
}
