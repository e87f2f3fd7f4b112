import { clamp } from '../logit.ts';
import { SIGNS, signCounts } from './signs.ts';
import type { SinkKind } from './sinks.ts';
import type { ChangeView, Side } from './view.ts';

const FLOWS = (
  [
    'sql',
    'shell',
    'code',
    'html',
    'path',
    'redirect',
    'request',
    'deserialise',
    'template',
    'pattern',
  ] satisfies SinkKind[]
).flatMap((kind) => [`${kind}-injection`, `${kind}-built`]);
const BELIEFS = [0.5, 0.56, 0.6, 0.66, 0.7, 0.8, 0.9] as const;
const LANGUAGES = ['js', 'python', 'c', 'java', 'php', 'csharp', 'rust', 'go'] as const;

/** What a feature of two versions is where the change takes no line away. */
const NOTHING_BEFORE = -9;

/**
 * The dense profile of a change: how much of each sign it holds, held and gained, the flows and rules before and after,
 * and its languages. Shares are of a size rounded to a power of two, so that no exact number of lines shows.
 */
export function profileFeatures({ sources, after, before }: ChangeView): Float32Array {
  const changes = before.lines.length > 0;
  const [now, then] = [signCounts(after.lines), signCounts(before.lines)];
  const [sizeNow, sizeThen] = [roughSize(after.lines.length), roughSize(before.lines.length)];
  const signs = SIGNS.flatMap((_, i) => [
    Math.min(3, now[i]! / sizeNow),
    changes ? Math.min(3, then[i]! / sizeThen) : -1,
    changes ? clamp(now[i]! - then[i]!, -4, 4) : NOTHING_BEFORE,
    Math.min(9, now[i]!),
  ]);
  const flows = FLOWS.flatMap((flow) => {
    const [more, less] = [after, before].map((side) => count(side, ({ rule }) => rule.endsWith(`/${flow}`)));
    return [Math.min(3, more!), less! > 0 ? 1 : 0, clamp(more! - less!, -2, 2)];
  });
  const beliefs = BELIEFS.flatMap((belief) => {
    const [more, less] = [after, before].map((side) => count(side, (item) => item.belief >= belief));
    return [Math.min(4, more!), clamp(more! - less!, -3, 3)];
  });
  const surest = [surestOf(after), surestOf(before), surestOf(after) - surestOf(before)];
  const flags = [changes, after.touchesSink, before.touchesSink];
  const languages = LANGUAGES.map((language) => sources.some(({ file }) => file.language === language));
  return Float32Array.from([...signs, ...flows, ...beliefs, ...surest, ...[...flags, ...languages].map(Number)]);
}

function roughSize(lines: number): number {
  return 2 ** Math.round(Math.log2(Math.max(4, lines)));
}

function count({ evidence }: Side, wanted: (item: Side['evidence'][number]) => boolean): number {
  return evidence.filter(wanted).length;
}

function surestOf({ evidence }: Side): number {
  return evidence.reduce((best, { belief }) => Math.max(best, belief), 0);
}
