import type { SourceLine } from '../../diff/lexer.ts';

/** Work that is repeated for every turn of a loop. */
export interface LoopHit {
  id: 'query-in-loop' | 'blocking-in-loop' | 'deep-nesting';
  line: SourceLine;
}

const LOOP =
  /^\s*(?:\}\s*)?(?:for|while|foreach|until|loop)\b(?!.*;\s*$)|\.(?:forEach|map|each|each_with_index|filter|reduce)\s*\(?[^;]{0,80}(?:=>\s*\{|=>\s*\(?|\{\s*\|[^|]*\||\bdo\s*(?:\|[^|]*\|)?|function\s*\w*\s*\([^)]*\)\s*\{)\s*$/;
const QUERY =
  /\b(?:db|database|conn|connection|client|pool|cursor|cur|session|knex|repository|repo|\w{1,30}Repository|\w{1,30}Model|em|entityManager|jdbcTemplate|stmt)\s*(?:\.|->)\s*(?:query|execute|executeQuery|find\w{0,20}|get|select\w{0,10}|Query|QueryRow|raw|fetch\w{0,10}|save|insert\w{0,10}|update\w{0,10})\s*\(|\b[A-Z]\w{1,30}(?:\.objects\.(?:get|filter|create)|\.(?:findOne|findById|findByPk|findUnique))\s*\(|\b(?:mysqli?_query|pg_query)\s*\(/;
const BLOCKING = /\b(?:readFileSync|writeFileSync|execSync)\s*\(|\brequests\.(?:get|post)\s*\(|\burlopen\s*\(/;
/** Loops inside one another from which the work grows with the cube. */
const NESTING_MAX = 3;

/** Finds added lines inside loops that query, block or nest deeply; nesting is read from indentation. */
export function loopsIn(lines: readonly SourceLine[]): LoopHit[] {
  const hits: LoopHit[] = [];
  const open: number[] = [];
  for (const line of lines) {
    if (line.bare.trim() === '') continue;
    const indent = line.bare.search(/\S/);
    while (open.length > 0 && indent <= open.at(-1)!) open.pop();
    if (line.added && open.length > 0) {
      if (QUERY.test(line.bare)) hits.push({ id: 'query-in-loop', line });
      else if (BLOCKING.test(line.bare)) hits.push({ id: 'blocking-in-loop', line });
    }
    if (!LOOP.test(line.bare)) continue;
    open.push(indent);
    if (line.added && open.length === NESTING_MAX && /^\s*(?:for|while|foreach)\b/.test(line.bare))
      hits.push({ id: 'deep-nesting', line });
  }
  return hits;
}

/** A group that repeats and is itself one repeated atom: matching can take exponential time. */
const NESTED_QUANTIFIER =
  /\((?:\?:)?(?:\.|\\[wdsWDS]|\[[^\]\n]{1,40}\]|\w)[+*]\)[+*]|\((?:\?:)?(?:\.\*|\.\+|\\[wds][+*])(?:\|[^()|\n]{0,40}){1,4}\)[+*]/;

/** Whether a line holds a regular expression that bait can make run for ever. */
export function hasCatastrophicPattern(line: SourceLine): boolean {
  return NESTED_QUANTIFIER.test(line.code) && /\/|["'`]/.test(line.bare);
}
