import { useEffect, useState } from 'preact/hooks';
import type { ResultSummary } from '../../rpc/api.ts';
import { latencyMsOf } from '../logic/timeline.ts';
import { useSession } from './session.ts';

/** Tasks whose timing is shown: each is asked for once. */
const TASKS_TIMED = 40;

/** From first sight to decision at this node, oldest first, as far as it kept the timelines. */
export function useLatencies(results: readonly ResultSummary[]): number[] {
  const { rpc } = useSession();
  const [known, setKnown] = useState<ReadonlyMap<string, number | null>>(new Map());
  const timed = results.slice(0, TASKS_TIMED).reverse();
  const missing = timed.filter(({ taskId }) => !known.has(taskId)).map(({ taskId }) => taskId);
  const key = missing.join();

  // Key stands for the tasks that are missing.
  useEffect(() => {
    if (key === '') return;
    let ended = false;
    const params = missing.map((taskId) => ({ taskId }));
    rpc.many('pheme_explain', params).then(
      (stories) => {
        if (ended) return;
        const found = missing.map((taskId, at): [string, number | null] => [taskId, latencyMsOf(stories[at] ?? null)]);
        setKnown((before) => new Map([...before, ...found]));
      },
      () => undefined, // the page says already that the node does not answer
    );
    return () => {
      ended = true;
    };
  }, [key]);

  return timed.map(({ taskId }) => known.get(taskId)).filter((ms) => typeof ms === 'number');
}
