import type { Language } from '../../diff/language.ts';

/** Expressions whose value an outsider chooses, by language; matched against text without comments and strings. */
const SOURCES: Partial<Record<Language, RegExp>> = {
  js: /\b(?:req|request)\s?\??\.(?:body|query|params?|headers?|cookies|url|originalUrl|files?|rawBody|nextUrl|get\()|\bctx\.(?:request|query|params|req)\b|\bevent\.(?:queryStringParameters|pathParameters|body|headers)\b|\blocation\.(?:search|hash|href)\b|\bdocument\.(?:URL|cookie|referrer)\b|\bnew URLSearchParams\b|\bsearchParams\.get\(|\bprocess\.argv\b|\buser_?[iI]nput\b|\bprompt\(/,
  python:
    /\brequest\.(?:args|form|values|json|data|files|cookies|headers|GET|POST|query_params|params|body|get_json|get_data|match_info|rel_url|query)\b|\bself\.(?:request\.|get_argument\(|get_query_argument\(|get_body_argument\()|(?<![\w.])(?:raw_)?input\(|\bsys\.argv\b|\buser_?input\b/,
  php: /\$_(?:GET|POST|REQUEST|COOKIE|SERVER|FILES)\b|\$(?:this->)?request->(?:input|query|get|post|all|param)|->getParam\(|\bInput::get\(|\bfilter_input\(/,
  java: /\.get(?:Parameter|Header|QueryString|Cookies|PathInfo|RequestURI|ParameterValues|ParameterMap|InputStream|Reader)\(|@(?:RequestParam|PathVariable|RequestBody|QueryParam|PathParam|FormParam|RequestHeader|CookieValue)\b|\bargs\[\d|\bscanner\.next\w*\(/,
  go: /\b(?:r|req|request)\.(?:URL\.|FormValue\(|PostFormValue\(|Form\b|PostForm\b|Header\.|Body\b|PathValue\(|Cookie\()|\b(?:c|ctx|context)\.(?:Query|Param|PostForm|DefaultQuery|FormValue|QueryParam|Params|GetHeader|QueryArgs)\(|\bmux\.Vars\(|\bos\.Args\b/,
  ruby: /\bparams(?:\[|\.|\b)|\brequest\.(?:params|body|headers|query_string|cookies|GET|POST)\b|\bcookies\[|\bARGV\b|(?<![\w.])gets\b/,
  csharp:
    /\bRequest\.(?:Query|Form|QueryString|Headers|Cookies|Params|Body)\b|\bRequest\[|\[From(?:Query|Body|Route|Form|Header)\b|\bConsole\.ReadLine\(|\bargs\[\d/,
  rust: /\benv::args\b|\bweb::(?:Query|Path|Form|Json)\b|\breq\.(?:query|param|match_info)/,
  c: /\bargv\[|\bgetenv\(|\bfgets\(|\bscanf\(|\brecv\(/,
  shell: /\$\{?[1-9@*]|\$\{?QUERY_STRING|\$\{?REQUEST_|\$\{?HTTP_/,
};

/** Calls after which a value can do no harm in a statement or command: numbers, quoting, escaping, allow-lists. */
const SANITIZER =
  /\b(?:parseInt|parseFloat|Number|BigInt|int|float|intval|floatval|Atoi|ParseInt|ParseFloat|ParseBool|parseLong|parseDouble|valueOf|to_i|to_f|UUID|uuid\w*|fromString|TryParse|shellescape|Shellwords|quote|escape\w*|\w*[eE]scape|sanitize\w*|encodeURIComponent|encodeURI|htmlspecialchars|htmlentities|escapeshellarg|escapeshellcmd|\w*_escape_string|quote_ident|basename|secure_filename|DOMPurify|bleach|clean\w*|allow\w*|whitelist\w*|isValid\w*|validate\w*|hash\w*|md5|sha\d+|strlen|length|size|count)\b\s*[.(]|\((?:int|float|integer|bool)\)|\.length\b|\.to_[if]\b/;

/** Whether the text reads something that an outsider chooses. */
export function readsOutside(bare: string, language: Language): boolean {
  const source = SOURCES[language === 'html' || language === 'unknown' ? 'js' : language];
  return source?.test(bare) ?? false;
}

/** Whether the text makes its value harmless by a call of a known kind. */
export function isSanitized(bare: string): boolean {
  return SANITIZER.test(bare);
}
