import type { Finding } from '../../protocol/judgement.ts';
import { FINDING_CHARS_MAX } from '../../protocol/limits.ts';
import type { ParsedDiff } from '../diff/parse-diff.ts';
import { maskSecrets } from '../embedded/code/rules/secrets.ts';
import type { ReviewAnswer } from './answer.ts';

type Told = ReviewAnswer['findings'][number];

/** A finding whose quote stands where it says, with the model's certainty. */
export interface CheckedFinding {
  finding: Finding;
  certainty: number;
}

/** Shorter quotes stand on too many lines to find the right one. */
const QUOTE_CHARS_MIN = 4;

/** Checks each quote against its line; moves a finding to where its quote stands, and drops and counts the rest. */
export function checkQuotes(diff: ParsedDiff, told: readonly Told[]): { checked: CheckedFinding[]; dropped: Told[] } {
  const checked: CheckedFinding[] = [];
  const dropped: Told[] = [];
  for (const item of told) {
    const place = placeOf(diff, item);
    if (place === undefined) dropped.push(item);
    else checked.push({ finding: findingOf(item, place), certainty: item.certainty });
  }
  return { checked, dropped };
}

interface Place {
  file: string;
  line: number;
  text: string;
}

function placeOf(diff: ParsedDiff, { file, line, quote }: Told): Place | undefined {
  const wanted = quote.trim();
  const named = diff.files.filter((candidate) => candidate.path === file);
  const places = (named.length > 0 ? named : diff.files).flatMap((candidate) =>
    candidate.hunks.flatMap((hunk) =>
      hunk.lines
        .filter(({ kind }) => kind !== 'removed')
        .map((known) => ({ file: candidate.path, line: known.line, text: known.text, added: known.kind === 'added' })),
    ),
  );
  if (wanted.length < QUOTE_CHARS_MIN) return undefined;
  const holding = places.filter(({ text }) => text.includes(wanted));
  const exact = holding.find((place) => place.line === line && named.length > 0);
  return exact ?? holding.find(({ added }) => added) ?? holding[0];
}

function findingOf({ rule, category, severity, message, suggestion }: Told, { file, line, text }: Place): Finding {
  const quote = maskSecrets(text).trim().slice(0, FINDING_CHARS_MAX);
  const advice = suggestion === '' ? {} : { suggestion: suggestion.slice(0, FINDING_CHARS_MAX) };
  return {
    rule: `model/${rule}`.slice(0, 128),
    severity,
    category,
    file,
    line,
    quote,
    message: message.slice(0, FINDING_CHARS_MAX),
    ...advice,
  };
}
