import { type LineRule, rule } from './rule.ts';

/** Style: what a maintainer would ask to mend before merging. */
export const STYLE_RULES: readonly LineRule[] = [
  rule('conflict-marker', 'style', 'error', 0.97, '', 'raw', /^(?:<{7} \S|>{7} \S|={7}$)/, 'An unresolved merge conflict was committed.', 'Resolve the conflict and remove the markers.', /^={8}/),
  rule('debugger', 'style', 'error', 0.88, 'js', 'bare', /(?<![.\w$])debugger\s*;?\s*$/, 'A breakpoint was left in.', 'Remove it.'),
  rule('debugger', 'style', 'error', 0.88, 'python ruby php', 'bare', /\b(?:pdb|ipdb)\.set_trace\(|^\s*breakpoint\(\)|\bbinding\.pry\b|^\s*byebug\b|\bvar_dump\s*\(\s*\$|\bdd\s*\(\s*\$/, 'Debugging code was left in.', 'Remove it.'),
  rule('only-test', 'style', 'error', 0.88, 'js', 'bare', /\b(?:describe|it|test|context)\.only\(/, 'All other tests are switched off by this one.', 'Remove .only.'),
  rule('console', 'style', 'warning', 0.58, 'js', 'bare', /(?<![.\w])console\.(?:log|debug|trace)\(/, 'Output for debugging was left in.', 'Remove it or use the logger.'),
  rule('empty-catch', 'style', 'warning', 0.62, 'js java csharp php', 'bare', /\bcatch\s*(?:\([^)]{0,80}\))?\s*\{\s*\}/, 'An error is swallowed without a word.', 'Handle it, or say why it may be ignored.'),
  rule('bare-except', 'style', 'warning', 0.6, 'python', 'bare', /^\s*except\s*:/, 'Every error is caught, also the ones that should stop the program.', 'Name the exceptions.'),
  rule('wildcard-import', 'style', 'note', 0.55, 'python java', 'bare', /^\s*from\s+\S+\s+import\s+\*|^\s*import\s+[\w.]+\.\*;/, 'It is unclear which names come from here.', 'Import the names that are used.'),
  rule('var', 'style', 'note', 0.52, 'js', 'bare', /^\s*var\s+\w/, 'var is scoped to the function.', 'Use const or let.'),
  rule('loose-equality', 'style', 'note', 0.54, 'js', 'bare', /[^=!<>]==(?!=)|!=(?!=)/, 'The comparison converts its operands.', 'Use === or !==.', /[!=]=\s*null\b|\bnull\s*[!=]=/),
  rule('trailing-blank', 'style', 'note', 0.52, '', 'raw', /\S[ \t]+$/, 'The line ends with blanks.', 'Remove them.', /^\s*(?:\*|\/\/|#|>|\|)/),
  rule('long-line', 'style', 'note', 0.52, 'js python java go php ruby c csharp rust', 'raw', /^.{161}/, 'The line is longer than 160 characters.', 'Break it.', /https?:\/\//),
  rule('unfinished', 'style', 'note', 0.54, '', 'raw', /(?:\/\/|#|\/\*|<!--|--)\s{0,4}(?:TODO|FIXME|XXX|HACK)\b/, 'The change says itself that it is unfinished.', 'Finish it, or open an issue and refer to it.'),
  rule('mixed-indent', 'style', 'note', 0.52, 'js python java go php ruby c csharp rust', 'raw', /^ {1,8}\t/, 'Blanks and tabs are mixed.', 'Use one of them.'),
  rule('double-semicolon', 'style', 'note', 0.52, 'js java c csharp php', 'bare', /;;\s*$/, 'An empty statement.', 'Remove one semicolon.', /\bfor\b/),
];

/** Performance: what one line shows. Loops are judged by nesting, see `loops`. */
export const PERFORMANCE_RULES: readonly LineRule[] = [
  rule('synchronous-io', 'performance', 'warning', 0.6, 'js', 'bare', /\b(?:readFileSync|writeFileSync|execSync|spawnSync|readdirSync|statSync|pbkdf2Sync|scryptSync|gzipSync)\(/, 'The event loop stands still meanwhile.', 'Use the asynchronous form.'),
  rule('deep-copy', 'performance', 'note', 0.54, 'js', 'bare', /\bJSON\.parse\(\s*JSON\.stringify\(/, 'Copying through text is slow.', 'Use structuredClone, or copy what is needed.'),
  rule('select-all', 'performance', 'note', 0.54, '', 'code', /\bselect\s+\*\s+from\b/i, 'All columns are read.', 'Name the columns that are used.'),
  rule('leading-wildcard', 'performance', 'note', 0.55, '', 'code', /\blike\s+['"]%\w/i, 'A pattern that begins with % cannot use an index.', 'Use a text index or anchor the pattern.'),
  rule('sleep', 'performance', 'warning', 0.58, 'python java csharp go ruby', 'bare', /\btime\.[sS]leep\(|\bThread\.[sS]leep\(/, 'A thread waits instead of being told.', 'Wait for the event itself.'),
  rule('full-count', 'performance', 'note', 0.54, 'python', 'bare', /\blen\(\s*(?:list\(|[\w.]{1,60}\.objects\.(?:all|filter)\()/, 'Everything is loaded to be counted.', 'Use count().'),
];
