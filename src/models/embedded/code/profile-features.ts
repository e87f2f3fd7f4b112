import { isCode } from '../../diff/language.ts';
import type { Evidence, SourceFile } from './evidence.ts';

/** Kinds of tokens whose gain or loss changes how safe code is; counted per hundred lines of bare code. */
const SIGNS: readonly (readonly [string, RegExp])[] = [
  ['escape', /\b\w{0,20}(?:escape|sanitiz|purify|encode|quote|strip_tags|htmlspecialchars|bleach)\w{0,20}\s*\(/gi],
  [
    'check',
    /\b(?:if|unless|assert|guard|require|ensure|validate\w{0,20}|check\w{0,20}|verify\w{0,20}|is_?valid\w{0,20})\b/gi,
  ],
  ['bound', /\b(?:len|length|size|sizeof|max|min|limit|bounds?|count|capacity|strnlen|strlen)\b/gi],
  ['compare', /[<>]=?(?!>|<|=)|[!=]==?/g],
  ['leave', /\b(?:return|throw|raise|goto|abort|exit|break|die)\b/g],
  ['concatenation', /["'`]\s*[+.%]\s*[\w$(]|[\w)\]]\s*\+\s*["'`]|\$\{|#\{|\bf["']/g],
  ['format', /\b(?:format|sprintf|printf|Sprintf|interpolate)\b/g],
  ['query', /\b(?:execute|query|select|cursor|where|find_by_sql|prepare\w{0,10})\b/gi],
  [
    'parameter',
    /(?:execute|query|run|raw)\s*\([^;\n]{0,200}["'`]\s*,\s*[[({\w]|\bbind\w{0,10}\(|\bprepare\w{0,10}\(/gi,
  ],
  ['process', /\b(?:system|popen|exec\w{0,10}|spawn\w{0,10}|subprocess|shell\w{0,10})\b/gi],
  ['file', /\b(?:open|fopen|read\w{0,10}|write\w{0,10}|unlink|path|join|basename|realpath|normpath|abspath)\b/gi],
  ['html', /<\w|innerHTML|\bhtml\b|safe\b|mark_safe|render\w{0,10}/g],
  ['copy', /\b(?:memcpy|memmove|strcpy|strcat|strncpy|sprintf|snprintf|strlcpy|gets|scanf)\b/g],
  ['memory', /\b(?:malloc|calloc|realloc|free|kfree|kmalloc|new|delete|NULL|nullptr|ref|unref|lock|unlock|put|get)\b/g],
  ['pointer', /->|\*\w|&\w|\[\w/g],
  ['unsigned', /\b(?:unsigned|size_t|uint\d+_t|u?int\d*|long|ssize_t)\b/g],
  ['pattern', /\bRegExp\b|\bre\.\w+\(|\.(?:test|match|replace)\(|preg_\w+/g],
  ['prototype', /__proto__|\bprototype\b|\bconstructor\b|hasOwn\w*|Object\.(?:create|keys|freeze)/g],
  ['request', /\breq(?:uest)?\b|\bparams\b|\$_\w+|\bargs\b|\binput\b|\bbody\b|\bquery\b/gi],
  ['hash', /\b(?:md5|sha1|sha256|bcrypt|hmac|random|rand|secrets|token|nonce|salt)\w{0,10}\b/gi],
  ['loader', /\b(?:safe_load|SafeLoader|yaml|pickle|loads?|unserialize|deserialize|parse)\b/g],
  ['secure', /\b(?:secure|https|httponly|samesite|csrf|verify|ssl|tls|strict)\b/gi],
];

const BELIEFS = [0.5, 0.58, 0.7, 0.8, 0.9] as const;

/** Names of the dense features, in order; for the model card. */
export const PROFILE_FEATURES: readonly string[] = [
  ...SIGNS.flatMap(([name]) => [`${name} share`, `${name} delta`]),
  ...BELIEFS.flatMap((belief) => [`evidence from ${belief}`, `evidence delta from ${belief}`]),
  'surest belief',
  'surest belief before',
  'is change',
  'is c',
  'is javascript',
  'is python',
];

/** The profile of a change: shares and gains of telling tokens, and of evidence after and before. */
export function profileFeatures(
  changed: readonly SourceFile[],
  original: readonly SourceFile[],
  evidence: readonly Evidence[],
  before: readonly Evidence[],
): Float32Array {
  const [added, removed] = [changedText(changed), changedText(original)];
  const lines = Math.max(3, added.split('\n').length);
  const numbers = SIGNS.flatMap(([, pattern]) => {
    const [now, then] = [count(added, pattern), count(removed, pattern)];
    return [Math.min(3, now / lines), removed === '' ? 0 : Math.max(-4, Math.min(4, now - then))];
  });
  const [security, securityBefore] = [evidence, before].map((items) =>
    items.filter((item) => item.category === 'security'),
  );
  for (const belief of BELIEFS) {
    const [now, then] = [security!, securityBefore!].map(
      (items) => items.filter((item) => item.belief >= belief).length,
    );
    numbers.push(Math.min(5, now!), removed === '' ? 0 : Math.max(-3, Math.min(3, now! - then!)));
  }
  const is = (...languages: string[]) => (changed.some(({ file }) => languages.includes(file.language)) ? 1 : 0);
  numbers.push(
    surest(security!),
    surest(securityBefore!),
    removed === '' ? 0 : 1,
    is('c'),
    is('js', 'html'),
    is('python'),
  );
  return Float32Array.from(numbers);
}

function surest(evidence: readonly Evidence[]): number {
  return evidence.reduce((best, { belief }) => Math.max(best, belief), 0);
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}

const TEXT_CHARS_MAX = 100_000;

function changedText(sources: readonly SourceFile[]): string {
  const lines = sources
    .filter((source) => isCode(source.file.language) && !source.isTest)
    .flatMap((source) =>
      source.hunks
        .flat()
        .filter((line) => line.added && line.code.trim() !== '')
        .map((line) => line.code),
    );
  return lines.join('\n').slice(0, TEXT_CHARS_MAX);
}
