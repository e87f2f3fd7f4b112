import type { TaskExplanation } from '../../rpc/api.ts';

type Entry = TaskExplanation['timeline'][number];

/** From first sight to decision, or null where the node did not see both. */
export function latencyMsOf(story: TaskExplanation | null): number | null {
  const at = (event: Entry['event']) => story?.timeline.find((entry) => entry.event === event)?.at;
  const [seen, decided] = [at('seen'), at('decided')];
  return seen === undefined || decided === undefined ? null : Math.max(0, Date.parse(decided) - Date.parse(seen));
}

const EVENT_WORDS: Partial<Record<Entry['event'], string>> = {
  seen: 'seen here',
  judged: 'judged here',
  committed: 'committed to its judgement',
  closed: 'closed its list of commitments',
  revealed: 'revealed its judgement',
  prevoted: 'a quorum prevoted',
  precommitted: 'a quorum precommitted',
  late_signature: 'signed after the decision',
  not_connected: 'was not connected',
};

export function eventWords(event: Entry['event']): string {
  return EVENT_WORDS[event] ?? event.replaceAll('_', ' ');
}

/** Time since the first entry, e.g. `+1.2 s`. */
export function offsetMs(entry: Entry, first: Entry): number {
  return Math.max(0, Date.parse(entry.at) - Date.parse(first.at));
}
