/** Characters that order text in another way than it reads, or that nobody sees: the set of the command line. */
const ACTIVE = new RegExp(
  [
    String.raw`[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Noncharacter_Code_Point}\p{Zl}\p{Zp}]`,
    String.raw`(?![\u{fe0e}\u{fe0f}])\p{Default_Ignorable_Code_Point}|\u{2800}`,
    String.raw`(?<!\p{Extended_Pictographic})[\u{fe0e}\u{fe0f}]`,
    String.raw`(?<=\p{M}{8})\p{M}`,
  ].join('|'),
  'gu',
);

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': ' ' };

/**
 * One line of foreign text with everything invisible made visible, as the command line does it. Markup needs no
 * escapes here: text reaches the page as text nodes only.
 */
export function visible(text: string): string {
  return text.replace(ACTIVE, (character) => NAMED[character] ?? escaped(character.codePointAt(0)!));
}

/** Foreign code: as {@link visible}, but tabs keep their width. */
export function visibleCode(text: string): string {
  return text.split('\t').map(visible).join('\t');
}

export function visibleLines(text: string): string[] {
  return text.split(/\r\n|\n/).map(visibleCode);
}

function escaped(point: number): string {
  const hex = point.toString(16);
  return point <= 0xff ? `\\x${hex.padStart(2, '0')}` : `\\u{${hex.padStart(4, '0')}}`;
}
