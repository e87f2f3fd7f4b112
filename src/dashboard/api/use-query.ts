import { useEffect, useState } from 'preact/hooks';
import type { MethodName, ParamsOf, ResultOf } from '../../rpc/methods.ts';
import type { NodeEvent } from './feed.ts';
import type { CallFailure } from './rpc.ts';
import { useSession } from './session.ts';

export interface Query<Result> {
  /** Undefined before the first answer; kept while later ones fail. */
  data: Result | undefined;
  error: CallFailure | undefined;
  refresh(): void;
}

export interface QueryOptions {
  /** Asks again after this long; never if left out. */
  everyMs?: number;
  /** Asks again at these events, and where events were lost. */
  at?: (event: NodeEvent) => boolean;
  /** Asks nothing at all. */
  paused?: boolean;
}

/** Answers of a reading method, fresh. One question at a time; news during it ask once more. */
export function useQuery<Name extends MethodName>(
  name: Name,
  params: ParamsOf<Name>,
  { everyMs, at, paused = false }: QueryOptions = {},
): Query<ResultOf<Name>> {
  const { rpc, feed, token } = useSession();
  const key = JSON.stringify([name, params]);
  const [state, setState] = useState<{ key: string; data?: ResultOf<Name>; error?: CallFailure }>({ key });
  const [asked, setAsked] = useState(0);

  // Key stands for name and params; a new token asks again.
  useEffect(() => {
    if (paused) return;
    const ended = new AbortController();
    let busy = false;
    let again = false;
    const ask = async () => {
      if (busy) {
        again = true;
        return;
      }
      busy = true;
      try {
        const data = await rpc.call(name, params, ended.signal);
        if (!ended.signal.aborted) setState({ key, data });
      } catch (error) {
        if (!ended.signal.aborted) setState((before) => ({ ...before, key, error: error as CallFailure }));
      }
      busy = false;
      if (again && !ended.signal.aborted) {
        again = false;
        void ask();
      }
    };
    void ask();
    const timer = everyMs === undefined ? undefined : setInterval(ask, everyMs);
    const forget =
      at === undefined ? undefined : feed.onEvent((event) => (at(event) || event.type === 'reset') && void ask());
    return () => {
      ended.abort();
      clearInterval(timer);
      forget?.();
    };
  }, [key, paused, everyMs, token, asked]);

  const current = state.key === key ? state : undefined;
  return { data: current?.data, error: current?.error, refresh: () => setAsked((count) => count + 1) };
}
