import type { ChangedLine } from './view.ts';

/** A construct that tells how safe code is: by being there, or by being gained or lost. */
export interface Sign {
  name: string;
  /** Global, and linear: bounded or disjoint repetitions only. */
  pattern: RegExp;
  /** Whether it marks a place where defects do harm, rather than ordinary work or care. */
  risky: boolean;
}

const risk = (name: string, pattern: RegExp): Sign => ({ name, pattern, risky: true });
const work = (name: string, pattern: RegExp): Sign => ({ name, pattern, risky: false });

/** What reviewers look for: guards, bounds, escapes, sinks, memory and secrets, over all languages. */
export const SIGNS: readonly Sign[] = [
  risk('escape', /\b\w{0,20}(?:escape|encode|quote|strip_tags|htmlspecialchars|bleach)\w{0,20}\s*\(/gi),
  risk('sanitize', /\b\w{0,20}(?:sanitiz|purify|clean|safe|filter)\w{0,20}/gi),
  risk('validate', /\b\w{0,20}(?:valid|verify|check|allow|permit|authoriz|whitelist)\w{0,20}/gi),
  work('if', /\b(?:if|unless|elif)\b/g),
  work('and-or', /&&|\|\||\band\b|\bor\b/g),
  work(
    'upper bound',
    />=?\s*(?:[A-Z_]{3,}|\w{0,20}(?:len|size|max|limit|count|end|width|height)\w{0,20}|sizeof)|(?:len|size|count|idx|index|\bi|\bn|offset)\w{0,10}\s*(?:>=?|<=?)/gi,
  ),
  work('null check', /==\s*(?:NULL|null|None|nullptr)|!\s*\w+\s*\)|is None|!=\s*(?:NULL|null)|=== undefined/g),
  work(
    'error leave',
    /return\s+-\w|return\s+(?:NULL|null|None|false|False|FALSE|nullptr)|goto\s+\w*(?:err|out|fail|end|bad|cleanup)\w*|raise\b|throw\b|abort\(|\bthrow\w+\(/g,
  ),
  work('return', /\breturn\b/g),
  risk('concat', /["'`]\s*[+.%]\s*[\w$(]|[\w)\]]\s*[+.]\s*["'`]/g),
  risk('interp', /\$\{|#\{|\bf["']|%\s*\(|["']\s*%\s*\w|\.format\(/g),
  work('placeholder', /%s["']?\s*,|\?\s*["',)]|:\w+["'\s,)]|\$\d/g),
  work('execute tuple', /(?:execute|query|run|raw)\s*\([^;\n]{0,200}["'`]\s*,\s*[[({\w]/gi),
  risk('sql', /\b(?:select|insert|update|delete|where)\b/gi),
  work('cursor', /\b(?:execute|cursor|query)\w{0,10}\s*\(/gi),
  risk('shell', /\b(?:system|popen|shell|subprocess|spawn|exec)\w{0,10}/gi),
  work('shell list', /\[\s*["']\w/g),
  risk('path', /\b(?:path|filename|filepath|dirname|basename|realpath|normpath|abspath|normalize|resolve)\w{0,10}/gi),
  risk('dotdot', /["'][^"']{0,10}\.\.[^"']{0,5}["']/g),
  work('startsWith', /\bstarts_?with\b|indexOf\(|\.includes\(/gi),
  risk('open', /\b(?:f?open|read_?file|write_?file|unlink|send_?file)\w{0,6}\(/gi),
  risk('html', /<\/?\w+[^;]{0,20}>|innerHTML|\.html\(/g),
  work('text', /innerText|textContent|\.text\(|createTextNode/g),
  risk('mark safe', /mark_safe|SafeString|Markup|html_safe|dangerously|v-html|\|\s*safe/g),
  risk('regexp', /\bRegExp\b|\bre\.\w+\(|\/[^/\s][^/\n]{2,60}\/[gimsuy]{0,4}\s*[.,;)]|\.replace\(/g),
  risk('star group', /\)[*+]|[*+]\)[*+]|\[\^?[^\]]{1,20}\][*+]/g),
  work('bounded rep', /\{\d+,\d*\}/g),
  risk('proto', /__proto__|\bprototype\b|\bconstructor\b/g),
  risk('own', /hasOwn\w*|Object\.create\(null|Object\.(?:keys|freeze|getOwn)/g),
  risk('key assign', /\[\w+\]\s*=(?!=)/g),
  risk('for in', /for\s*\([^;)]{0,60}\sin\s/g),
  risk('request', /\breq(?:uest)?\b|\bparams\b|\$_\w+|\bargs\b|\binput\b|\bbody\b/gi),
  risk('copy bounded', /\b(?:strncpy|snprintf|strlcpy|strncat|strlcat|memcpy_s|min_t|MIN|min)\s*\(/g),
  risk('copy raw', /\b(?:memcpy|memmove|strcpy|strcat|sprintf|vsprintf|gets|scanf)\s*\(/g),
  risk('alloc', /\b\w{0,10}(?:malloc|calloc|realloc|alloc)\w{0,6}\s*\(/g),
  risk('free', /\b\w{0,14}(?:free|unref|put|release|destroy|delete)\w{0,6}\s*\(/g),
  work('set null', /=\s*(?:NULL|nullptr|None|null)\s*;/g),
  risk('lock', /\b\w{0,14}lock\w{0,14}\s*\(/g),
  risk('ref', /\b\w{0,14}(?:ref|get|hold)\s*\(/g),
  risk('sizeof', /\bsizeof\b/g),
  risk('strlen', /\bstrn?len\b/g),
  risk('index', /\[\s*\w+\s*(?:[+-]\s*\w+\s*)?\]/g),
  risk('arrow', /->/g),
  risk('deref', /\*\w/g),
  risk('addr', /&\w/g),
  risk('plus one', /[+-]\s*1\b/g),
  risk('mul', /\w\s*\*\s*\w/g),
  risk('shift', /<<|>>/g),
  risk('unsigned', /\b(?:unsigned|size_t|uint\w*|u\d\d)\b/g),
  work('signed', /\b(?:int|long|ssize_t|short|char|off_t)\b/g),
  risk('cast', /\((?:unsigned|int|char|void|size_t|u?int\d*_t|long)\s*\**\)/g),
  risk('overflow', /\b\w{0,20}(?:overflow|OVERFLOW|INT_MAX|UINT_MAX|SIZE_MAX|ULONG_MAX)\w{0,10}/g),
  work('assert', /\b(?:assert|ensure|require|BUG_ON|WARN_ON|Check|CHECK)\w{0,10}\s*\(/g),
  risk('memset', /\b(?:memset|bzero|zero)\w{0,6}\s*\(/g),
  risk('hash weak', /\b(?:md5|sha1|des|rc4|ecb)\b/gi),
  risk('random', /\b(?:random|rand|srand|mt_rand|Math\.random)\b/gi),
  risk('crypto', /\b(?:secrets|urandom|SystemRandom|randomBytes|hmac|sha256|bcrypt|SecureRandom)\b/g),
  risk('eval', /\b(?:eval|exec|new Function|setTimeout\(["'])\b/g),
  risk('loads', /\b(?:pickle|yaml\.load|unserialize|loads|deserialize|ObjectInputStream)\b/g),
  risk('safe load', /safe_load|SafeLoader|literal_eval|json\.loads|JSON\.parse/g),
  risk('xml', /\b(?:xml|etree|DocumentBuilder|SAX|DOCTYPE|resolve_entities|defused\w*)\b/gi),
  risk('tls', /\b(?:verify|ssl|tls|https|cert\w*|rejectUnauthorized)\b/gi),
  risk('csrf', /\b(?:csrf|samesite|httponly|secure|origin|referer|cors)\b/gi),
  risk('perm', /\b(?:chmod|0o?777|umask|0o?600|mkstemp|mktemp|tmp|tempfile)\b/g),
  risk('auth', /\b(?:auth\w*|login|permission\w*|admin|role|user|session|token|password)\b/gi),
  risk('redirect', /redirect|Location|location\./g),
  work(
    'string type',
    /typeof\s+\w+|isinstance\(|instanceof|Array\.isArray|\.toString\(|String\(|\bstr\(|\bint\(|parseInt|Number\(/g,
  ),
  work('limit', /\b\w{0,12}(?:max|MAX|limit|LIMIT|timeout)\w{0,12}\b/g),
  work('const def', /\b(?:const|let)\b/g),
  work('var', /\bvar\b/g),
  work('function', /\bfunction\b|=>/g),
];

/** How often each sign occurs, in the order of SIGNS. */
export function signCounts(lines: readonly ChangedLine[]): number[] {
  const text = lines.map(({ code }) => code).join('\n');
  return SIGNS.map(({ pattern }) => text.match(pattern)?.length ?? 0);
}

const RISKS = SIGNS.filter(({ risky }) => risky).map(
  ({ pattern }) => new RegExp(pattern.source, pattern.flags.replace('g', '')),
);

/** Whether no line shows a place where defects do harm. */
export function isRiskless(lines: readonly ChangedLine[]): boolean {
  return lines.every(({ code }) => !RISKS.some((pattern) => pattern.test(code)));
}
