import type { SourceLine } from '../../diff/lexer.ts';
import { sigmoid } from '../logit.ts';
import { at, type Evidence, type SourceFile } from './evidence.ts';
import type { ChangeModel } from './learned.ts';
import { type ChangeView, judgedCode, type Side } from './view.ts';

interface Place {
  source: SourceFile;
  line: SourceLine;
}

/** Lines weighed one by one; beyond them the gravest is taken from those. */
const PLACES_MAX = 400;
const NOTHING: Side = { lines: [], evidence: [], touchesSink: false, whole: true };

/** Where the odds are for rejecting, the surest remark becomes the error that carries them; without one, the gravest line. */
export function blame(view: ChangeView, remarks: readonly Evidence[], logOdds: number, model: ChangeModel): Evidence[] {
  if (logOdds <= 0) return [...remarks];
  const belief = sigmoid(logOdds);
  const surest = remarks.filter(({ severity }) => severity === 'warning').sort((a, b) => b.belief - a.belief)[0];
  if (surest !== undefined)
    return remarks.map((item) => (item === surest ? { ...item, severity: 'error', belief } : item));
  const place = gravestPlace(view, model) ?? lossPlace(view.sources);
  if (place === undefined) return [...remarks];
  return [
    ...remarks,
    {
      ...at(place.source, place.line),
      rule: 'learned/resembles-vulnerable',
      severity: 'error',
      category: 'security',
      belief,
      message: 'The change resembles changes that introduced vulnerabilities; this line weighs most.',
      suggestion:
        'Check where its values come from, and that they are bounded, escaped or checked before they are used.',
    },
  ];
}

/** The added line that alone would look worst. */
function gravestPlace(view: ChangeView, model: ChangeModel): Place | undefined {
  let best: (Place & { logOdds: number }) | undefined;
  for (const place of placesOf(view.sources).slice(0, PLACES_MAX)) {
    const logOdds = model({ ...view, after: { ...NOTHING, lines: [place.line] }, before: NOTHING });
    if (best === undefined || logOdds > best.logOdds) best = { ...place, logOdds };
  }
  return best;
}

function placesOf(sources: readonly SourceFile[]): Place[] {
  return judgedCode(sources).flatMap((source) =>
    source.hunks
      .flat()
      .filter((line) => line.added && line.code.trim().length > 3)
      .map((line) => ({ source, line })),
  );
}

/** The line after which something was taken away, where nothing was added. */
function lossPlace(sources: readonly SourceFile[]): Place | undefined {
  for (const source of judgedCode(sources)) {
    const hunk = source.file.hunks.find(({ lines }) => lines.some(({ kind }) => kind === 'removed'));
    if (hunk === undefined) continue;
    const loss = hunk.lines.findIndex(({ kind }) => kind === 'removed');
    const kept = hunk.lines.slice(0, loss).findLast(({ kind }) => kind !== 'removed');
    const neighbour = kept ?? hunk.lines.find(({ kind }) => kind !== 'removed');
    const line = source.hunks.flat().find((candidate) => candidate.line === neighbour?.line);
    if (line !== undefined) return { source, line };
  }
  return undefined;
}
