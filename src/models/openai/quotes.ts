import type { Finding } from '../../protocol/judgement.ts';
import { FINDING_CHARS_MAX } from '../../protocol/limits.ts';
import type { ParsedDiff } from '../diff/parse-diff.ts';
import { maskSecrets } from '../embedded/code/rules/secrets.ts';
import type { ReviewAnswer } from './answer.ts';
import { visible } from './prompt.ts';

type Told = ReviewAnswer['findings'][number];

/** A finding whose quote stands where it says, with the model's certainty. */
export interface CheckedFinding {
  finding: Finding;
  certainty: number;
}

export interface CheckedFindings {
  checked: CheckedFinding[];
  /** How many of them stand elsewhere than the model said. */
  moved: number;
  /** Those that quote no line of the change. */
  dropped: Told[];
}

/** Shorter quotes stand on too many lines to find the right one. */
const QUOTE_CHARS_MIN = 4;

/** Checks each quote against its line; moves a finding to where its quote stands, and drops the rest. Both are counted. */
export function checkQuotes(diff: ParsedDiff, told: readonly Told[]): CheckedFindings {
  const result: CheckedFindings = { checked: [], moved: 0, dropped: [] };
  for (const item of told) {
    const place = placeOf(diff, item);
    if (place === undefined) {
      result.dropped.push(item);
      continue;
    }
    if (place.line !== item.line || visible(place.file) !== item.file) result.moved++;
    result.checked.push({ finding: findingOf(item, place), certainty: item.certainty });
  }
  return result;
}

interface Place {
  file: string;
  line: number;
  text: string;
}

function placeOf(diff: ParsedDiff, { file, line, quote }: Told): Place | undefined {
  const wanted = quote.trim();
  const named = diff.files.filter((candidate) => visible(candidate.path) === file);
  const places = (named.length > 0 ? named : diff.files).flatMap((candidate) =>
    candidate.hunks.flatMap((hunk) =>
      hunk.lines
        .filter(({ kind }) => kind !== 'removed')
        .map((known) => ({ file: candidate.path, line: known.line, text: known.text, added: known.kind === 'added' })),
    ),
  );
  if (wanted.length < QUOTE_CHARS_MIN) return undefined;
  const holding = places.filter(({ text }) => visible(text).includes(wanted)); // as the model was shown it
  const exact = holding.find((place) => place.line === line && named.length > 0);
  return exact ?? holding.find(({ added }) => added) ?? holding[0];
}

function findingOf({ rule, category, severity, message, suggestion }: Told, { file, line, text }: Place): Finding {
  const quote = maskSecrets(text).trim().slice(0, FINDING_CHARS_MAX);
  const advice = suggestion === '' ? {} : { suggestion: shown(suggestion) };
  return {
    rule: `model/${rule}`.slice(0, 128),
    severity,
    category,
    file,
    line,
    quote,
    message: shown(message),
    ...advice,
  };
}

/** A model may repeat a secret that it saw. */
function shown(text: string): string {
  return maskSecrets(text).slice(0, FINDING_CHARS_MAX);
}
