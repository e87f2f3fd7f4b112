import type { Language } from '../../diff/language.ts';

export type SinkKind =
  | 'sql'
  | 'shell'
  | 'code'
  | 'html'
  | 'path'
  | 'redirect'
  | 'request'
  | 'deserialise'
  | 'template'
  | 'pattern';

/** A place where a value that an outsider chooses does harm. */
export interface Sink {
  kind: SinkKind;
  languages: readonly Language[];
  /** Matched without strings; the judged expression begins where it ends. */
  call: RegExp;
  /** Whether every argument counts, or the first alone. */
  everyArgument: boolean;
  /** What the statement must hold besides, strings included. */
  needs?: RegExp;
}

const sink = (kind: SinkKind, languages: string, call: RegExp, everyArgument = false, needs?: RegExp): Sink => ({
  kind,
  languages: languages.split(' ') as Language[],
  call,
  everyArgument,
  ...(needs === undefined ? {} : { needs }),
});

/** All sinks that are known, with the language's own names. SQL text is found by its words, see `sqlIn`. */
export const SINKS: readonly Sink[] = [
  sink(
    'shell',
    'js',
    /(?<![.\w$])exec(?:Sync)?\(|\b(?:child_process|childProcess|cp|shell|shelljs|execa)\.(?:exec|execSync|command|commandSync)\(/,
  ),
  sink(
    'shell',
    'js',
    /\b(?:spawn|spawnSync|execFile|execFileSync)\(/,
    true,
    /shell\s*:\s*true|['"`](?:ba|z)?sh['"`]\s*,\s*\[\s*['"`]-c/,
  ),
  sink('shell', 'python', /\bos\.(?:system|popen)\(|\bcommands\.get(?:status)?output\(|\bsubprocess\.getoutput\(/),
  sink('shell', 'python', /\b(?:subprocess\.)?(?:run|call|Popen|check_output|check_call)\(/, false, /shell\s*=\s*True/),
  sink('shell', 'php', /(?<![\w>$:])(?:exec|shell_exec|system|passthru|popen|proc_open|pcntl_exec)\s*\(/),
  sink('shell', 'java', /\bgetRuntime\(\)\s*\.exec\(|\bruntime\.exec\(|\brt\.exec\(|\bnew ProcessBuilder\(/i, true),
  sink('shell', 'go', /\bexec\.Command(?:Context)?\(/, true),
  sink(
    'shell',
    'ruby',
    /(?<![.\w])(?:system|exec|spawn)[ (]|\bIO\.popen\(|\bOpen3\.\w+\(|\bKernel\.(?:system|exec)\(|%x[({[]|=\s*(?=`)|^\s*(?=`)/,
    false,
  ),
  sink('shell', 'c', /(?<![.\w>:])(?:system|popen|execl|execlp)\s*\(/),
  sink('shell', 'csharp', /\bProcess\.Start\(|\bArguments\s*=/, true),
  sink('shell', 'rust', /\bCommand::new\(|\.args?\(/, true, /"(?:ba|z)?sh"[\s\S]{0,80}-c|Command::new\([^"]/),
  sink('shell', 'shell', /(?<![\w-])eval\s|\b(?:ba|z)?sh\s+-c\s/, true),
  sink('code', 'js', /(?<![.\w$])eval\(|\bnew Function\(|\bvm\.run\w*\(|\bset(?:Timeout|Interval)\((?=["'`])/),
  sink('code', 'python', /(?<![.\w])(?:eval|exec)\(/),
  sink('code', 'php', /(?<![\w>$:])(?:eval|assert|create_function|include|include_once|require|require_once)\s*\(?/),
  sink('code', 'ruby', /(?<![.\w])eval[ (]|\b(?:instance|class)_eval[ (]|\.constantize\b|\bsend\(/),
  sink(
    'code',
    'java csharp',
    /\b(?:engine|shell|scriptEngine)\.eval\(|\bClass\.forName\(|\bExpressionParser\b.{0,40}\.parseExpression\(/,
  ),
  sink(
    'html',
    'js html',
    /\.(?:inner|outer)HTML\s*\+?=(?!=)|\.insertAdjacentHTML\(|\bdocument\.write(?:ln)?\(|\bdangerouslySetInnerHTML\s*=|\.html\(|\bv-html\s*=/,
    true,
  ),
  sink('html', 'js', /\bres(?:ponse)?\.(?:send|write|end)\(/, true, /<\w/),
  sink(
    'html',
    'python',
    /\bmark_safe\(|\bMarkup\(|\bself\.response\.(?:out\.)?write\(|\bHttpResponse\(|\bmake_response\(/,
  ),
  sink('html', 'php', /(?<![\w>$:])(?:echo|print)[ (]/),
  sink('html', 'java', /\.getWriter\(\)\.(?:print|println|write)\(|\bout\.print(?:ln)?\(/),
  sink('html', 'ruby', /\.html_safe\b|\braw[ (]|\brender\s+(?:inline|html):/),
  sink('html', 'go', /\bfmt\.Fprintf?(?:ln)?\(\s*w\s*,|\btemplate\.HTML\(|\bw\.Write\(/, true),
  sink(
    'path',
    'js',
    /\b(?:fs|fsp|fsPromises)\.\w{2,30}\(|(?<![.\w$])(?:readFile|readFileSync|createReadStream|writeFile|writeFileSync|unlink|unlinkSync)\(|\bres\.(?:sendFile|download)\(/,
    true,
  ),
  sink(
    'path',
    'python',
    /(?<![.\w])open\(|\bos\.(?:remove|unlink|rename|listdir|mkdir)\(|\bshutil\.\w+\(|\bsend_file\(|\bextractall\(/,
  ),
  sink(
    'path',
    'php',
    /(?<![\w>$:])(?:fopen|file_get_contents|file_put_contents|readfile|unlink|file|move_uploaded_file)\s*\(/,
    true,
  ),
  sink(
    'path',
    'java',
    /\bnew (?:File|FileInputStream|FileReader|FileOutputStream|RandomAccessFile)\(|\bPaths\.get\(|\bFiles\.\w+\(|\bPath\.of\(/,
    true,
  ),
  sink(
    'path',
    'go',
    /\bos\.(?:Open|OpenFile|ReadFile|Create|Remove|RemoveAll|WriteFile)\(|\bioutil\.(?:ReadFile|WriteFile)\(|\bhttp\.ServeFile\(/,
    true,
  ),
  sink('path', 'ruby', /\bFile\.(?:open|read|write|delete|new|join)\(|\bIO\.read\(|\bsend_file[ (]/, true),
  sink('path', 'csharp', /\bFile\.(?:Open|Read\w*|Write\w*|Delete)\(|\bnew (?:FileStream|StreamReader)\(/, true),
  sink('redirect', 'js', /\bres\.redirect\(|\blocation\.(?:href|assign|replace)\s*[=(](?!=)/, true),
  sink('redirect', 'python', /(?<![.\w])(?:redirect|HttpResponseRedirect|RedirectResponse)\(|\bself\.redirect\(/),
  sink(
    'redirect',
    'java php ruby go csharp',
    /\.sendRedirect\(|\bredirect_to[ (]|\bhttp\.Redirect\(|\bRedirect\(/,
    true,
  ),
  sink('redirect', 'php', /\bheader\s*\(/, true, /Location:/i),
  sink(
    'request',
    'js',
    /(?<![.\w$])(?:fetch|axios|got|request|needle|superagent)\(|\baxios\.(?:get|post|put|request)\(|\bhttps?\.(?:get|request)\(/,
  ),
  sink('request', 'python', /\brequests\.(?:get|post|put|head|delete|request)\(|\burlopen\(|\bhttpx\.\w+\(/),
  sink(
    'request',
    'java go php ruby csharp',
    /\bnew URL\(|\bhttp\.(?:Get|Post|NewRequest)\(|\bcurl_init\(|\bNet::HTTP\.get\w*\(|\bURI\.open\(|\bcurl_setopt\(/,
    true,
  ),
  sink(
    'deserialise',
    'python',
    /\b(?:c?[pP]ickle|dill|marshal|shelve|jsonpickle)\.(?:loads?|open|decode)\(|\byaml\.(?:load|unsafe_load|full_load)\(/,
  ),
  sink(
    'deserialise',
    'php ruby js java csharp',
    /(?<![\w>$:])unserialize\s*\(|\bMarshal\.load\(|\bYAML\.load\(|\bnew ObjectInputStream\(|\.readObject\(|\bBinaryFormatter\(|\bserialize\.unserialize\(/,
  ),
  sink('template', 'python', /\brender_template_string\(|\bTemplate\(|\bfrom_string\(/),
  sink(
    'template',
    'js ruby',
    /\b(?:ejs|pug|handlebars|Handlebars|nunjucks|mustache|_)\.(?:render|compile|template|renderString)\(|\bERB\.new\(/,
  ),
  sink('pattern', 'js', /\bnew RegExp\(/),
  sink('pattern', 'python', /\bre\.(?:compile|match|search|sub|findall)\(/),
  sink('sql', 'ruby', /\.(?:where|order|having|joins|pluck|find_by|exists\?)[ (]/, false, /#\{/),
  sink(
    'sql',
    'js python php java go ruby csharp',
    /(?:\b|_|\$)(?:db|database|conn|connection|client|pool|cursor|cur|sequelize|knex|mysql|pg|stmt|statement|session|entityManager|em|jdbcTemplate|engine|pdo|mysqli|wpdb)(?:\.|->)(?:query|execute|executemany|executescript|raw|exec|executeQuery|executeUpdate|Query|QueryRow|Exec|get_results)\(|\b(?:mysqli?_query|pg_query|sqlite_query)\s*\(/i,
  ),
];

/** The words by which an SQL statement in a string is known. Bounded gaps keep matching linear. */
const SQL_TEXT =
  /\bselect\s[^;]{1,200}?\sfrom\s|\binsert\s+(?:or\s+\w{1,10}\s+)?into\s|\bupdate\s[\w."'`$[\]{}]{1,80}\s+set\s|\bdelete\s+from\s|\bdrop\s+(?:table|database)\s|\balter\s+table\s|\breplace\s+into\s|\bwhere\s+[\w."'`]{1,60}\s*(?:=|like|in)\s/i;

/** Where SQL text begins inside a string of the statement; -1 if nowhere. */
export function sqlIn(code: string, bare: string): number {
  const match = SQL_TEXT.exec(code);
  if (match === null) return -1;
  // The verb must be inside a string, where the bare text is blank.
  return bare[match.index] === ' ' ? match.index : -1;
}
