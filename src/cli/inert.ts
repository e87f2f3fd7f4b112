/**
 * Text from tasks, models and peers is hostile to whatever shows it: a terminal obeys escape sequences, a CI log obeys
 * workflow commands, and bidirectional controls make a line read as another. These functions make it inert: every such
 * character becomes a visible escape, so that a reader sees that it was there.
 */

/** Characters that a terminal obeys, or that nobody sees. */
const ACTIVE = new RegExp(
  [
    // controls, formats (bidi and the like), lone surrogates, private use, noncharacters, line and paragraph separators
    String.raw`[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Noncharacter_Code_Point}\p{Zl}\p{Zp}]`,
    // what is drawn as nothing, except the one selector that may follow an emoji
    String.raw`(?![\u{fe0e}\u{fe0f}])\p{Default_Ignorable_Code_Point}|\u{2800}`,
    String.raw`(?<!\p{Extended_Pictographic})[\u{fe0e}\u{fe0f}]`,
    // more marks than any script stacks on one letter draw over other lines
    String.raw`(?<=\p{M}{8})\p{M}`,
  ].join('|'),
  'gu',
);

/** `##[command]` and `##vso[command]` are obeyed anywhere in a line (GitHub's older form, Azure), so are TeamCity's. */
const COMMAND_ANYWHERE = /##(?=\s*(?:\[|vso\[|teamcity\[))/gi;

/** `::command::` is obeyed at the start of a line, after white space (GitHub Actions). */
const COMMAND_AT_START = /^(\s*)::/;

/**
 * One line of text that a terminal and a CI log show and do not obey. Line breaks become escapes too: the caller, never
 * the text, decides where a line ends. Idempotent; plain text stays as it is.
 */
export function inert(text: string): string {
  return text.replace(ACTIVE, escaped).replace(COMMAND_ANYWHERE, '#\\u0023').replace(COMMAND_AT_START, '$1:\\u003a');
}

/** The lines of a text that may have several, each inert. */
export function inertLines(text: string): string[] {
  return text.split(/\r\n|\n/).map(inert);
}

/**
 * JSON on one line, the same value as `JSON.stringify` gives, with every active character as an escape: safe to print
 * into a log, and unchanged for a parser.
 */
export function inertJson(value: unknown): string {
  return JSON.stringify(value)
    .replace(ACTIVE, (character) => Array.from({ length: character.length }, (_, at) => unit(character, at)).join(''))
    .replace(COMMAND_ANYWHERE, '#\\u0023');
}

function escaped(character: string): string {
  const point = character.codePointAt(0)!;
  if (character === '\n') return '\\n';
  if (character === '\r') return '\\r';
  if (character === '\t') return ' ';
  return point <= 0xff ? `\\x${hex(point, 2)}` : `\\u{${hex(point, 4)}}`;
}

/** The JSON escape of one UTF-16 unit. */
function unit(character: string, at: number): string {
  return `\\u${hex(character.charCodeAt(at), 4)}`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
