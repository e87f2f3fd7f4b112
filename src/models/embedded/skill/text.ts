/** Characters of a submission that are read; longer ones are judged by their beginning and said to be incomplete. */
export const SUBMISSION_CHARS_MAX = 200_000;
/** Words of a submission that are compared. */
const WORDS_MAX = 20_000;

const STOP = new Set(
  `a an the and or but so if then than that this these those is are was were be been being am do does did done has have had having
  i you he she it we they me him her us them my your his its our their to of in on at by for with from as into onto over under about
  between through during before after above below up down out off again further once here there when where which who whom what why how
  all any both each few more most other some such only own same too very can will just should would could may might must shall also
  because while until against etc e.g i.e eg ie like get gets got one`.split(/\s+/),
);

/** Words that ask for a thing and are no part of it, as requirements begin with. */
const ASKING = new Set(
  `explain explains explaining describe describes demonstrate demonstrates show shows understand understands understanding know knows
  knowledge discuss discusses identify identifies state states list lists name names mention mentions give gives provide provides
  apply applies include includes write writes define defines answer able clearly correctly submission student candidate should must
  use uses using used`.split(/\s+/),
);

/** Whether a text begins by asking for something, as "Explains why" does. */
export function isInstruction([first]: readonly Word[]): boolean {
  return first !== undefined && ASKING.has(first.text);
}

const NEGATIONS = new Set(
  'not no never none nobody nothing neither nor cannot without hardly isn aren wasn weren don doesn didn won wouldn couldn shouldn can’t hasn haven hadn lacks lack fails fail false wrong incorrect'.split(
    ' ',
  ),
);

/** A word as compared: its stem, whether it carries content, and which sentence it stands in. */
export interface Word {
  text: string;
  stem: string;
  content: boolean;
  sentence: number;
  negated: boolean;
}

/** Text in one form: compatibility characters unified, invisible ones removed, lower case. */
export function normalize(text: string): string {
  return text
    .slice(0, SUBMISSION_CHARS_MAX)
    .normalize('NFKC')
    .replace(/\p{Cf}|\u034f/gu, '')
    .toLowerCase()
    .replace(/n['’]t\b/g, ' not');
}

/** Words with their sentences; a negation turns its whole clause, and a second one turns it back. */
export function wordsOf(text: string): Word[] {
  const words: Word[] = [];
  let [sentence, clauseStart, negations] = [0, 0, 0];
  const endClause = () => {
    if (negations % 2 === 1) for (let i = clauseStart; i < words.length; i++) words[i]!.negated = true;
    [clauseStart, negations] = [words.length, 0];
  };
  for (const [token] of normalize(text).matchAll(/[\p{L}\p{N}]+(?:[.+#'’-][\p{L}\p{N}]+)*[+#]{0,2}|[.!?;,:\n]/gu)) {
    if (/^[.!?;\n]$/.test(token)) sentence++;
    if (/^[.!?;,:\n]$/.test(token) || CLAUSE_WORDS.has(token)) endClause();
    if (/^[.!?;,:\n]$/.test(token)) continue;
    const negation = NEGATIONS.has(token);
    if (negation) negations++;
    words.push({ text: token, stem: stemOf(token), content: !STOP.has(token) && !negation, sentence, negated: false });
    if (words.length >= WORDS_MAX) break;
  }
  endClause();
  return words;
}

const CLAUSE_WORDS = new Set([
  'but',
  'because',
  'however',
  'so',
  'which',
  'while',
  'whereas',
  'although',
  'and',
  'that',
  'if',
  'when',
]);

/** The words of a requirement that a submission can meet: its content without the words that ask for it. */
export function askedWords(requirement: string): Word[] {
  const content = wordsOf(requirement).filter((word) => word.content);
  const kept = content.filter((word) => !ASKING.has(word.text));
  return kept.length > 0 ? kept : content;
}

const ENDINGS: readonly [RegExp, string][] = [
  [/(?:ization|isation)s?$/, 'ize'],
  [/ational$/, 'ate'],
  [/(?:ations?|ators?)$/, 'ate'],
  [/i[sz](?:e|ed|es|ing|er|ers)$/, 'ize'],
  [/(?:fulness|ousness|iveness)$/, ''],
  [/(?:ments?|ness|ities|ity|ously|ively|fully|ally|ably)$/, ''],
  [/(?:ingly|edly)$/, ''],
  [/(?:ies|ied)$/, 'y'],
  [/(?:sses)$/, 'ss'],
  [/(?:tions?|sions?)$/, 't'],
  [/(?:ings?|ed|es|ly|er|ers|or|ors|al|ive|ate|ated|ates|ating)$/, ''],
  [/(?<!s)s$/, ''],
];

/** A light English stem: enough that forms of one word meet; no dictionary. */
export function stemOf(word: string): string {
  if (word.length < 4 || /\d/.test(word)) return word.replace(/['’]s$/, '');
  let stem = word.replace(/['’]s?$/, '');
  for (const [ending, put] of ENDINGS) {
    const cut = stem.replace(ending, put);
    if (cut !== stem && cut.length >= 3) {
      stem = cut;
      break;
    }
  }
  stem = stem
    .replace(/e$/, '')
    .replace(/([bdfgmnprt])\1$/, '$1')
    .replace(/y$/, 'i');
  return stem.length >= 2 ? stem : word;
}

const INSTRUCTING =
  /^\W*(?:(?:please|now|briefly|in your own words)\W+)*(?:what|why|how|which|who|whose|where|explain|describe|name|state|list|discuss|define|compare|give|write|design|arrange|predict|identify)\b/;

/** Share of a text's characters in sentences that ask or instruct. */
export function askingShare(text: string): number {
  const sentences = normalize(text).match(/[^.?!\n]+[.?!\n]*/g) ?? [];
  const asking = sentences.filter((sentence) => sentence.includes('?') || INSTRUCTING.test(sentence));
  const length = (some: readonly string[]) => some.reduce((sum, { length }) => sum + length, 0);
  return length(asking) / Math.max(1, length(sentences));
}
