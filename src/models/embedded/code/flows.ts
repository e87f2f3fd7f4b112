import type { Language } from '../../diff/language.ts';
import type { SourceLine } from '../../diff/lexer.ts';
import { expressionEnd, lineAt, type Statement, statementsOf, valuesIn } from '../../diff/statements.ts';
import { assignmentIn, requestParameters } from './assignments.ts';
import { SINKS, type Sink, type SinkKind, sqlIn } from './sinks.ts';
import { isSanitized, readsOutside } from './sources.ts';

/**
 * How a value reaches a sink: read from outside in the same statement, through variables, built with a value of
 * unknown origin, or a lone variable of unknown origin.
 */
export type FlowLevel = 'direct' | 'tracked' | 'built' | 'variable';

export interface Flow {
  kind: SinkKind;
  level: FlowLevel;
  line: SourceLine;
  /** Line where the value came from outside, where that is known. */
  sourceLine?: number;
}

/** Names that build the frame of a statement and are rarely a user's to choose. */
const STRUCTURAL =
  /placeholder|table|column|schema|field|prefix|suffix|order|limit|offset|joined|clause|where|cond|__dirname|__filename|process\.(?:cwd|env)|sys\.executable|tmp|temp|version/i;
const GUARD = /^(?:(?:\}\s{0,8})?(?:else\s{1,8})?if|unless|assert|elif|elsif|guard)\b/;
const GUARD_TEST =
  /\.test\(|\bmatch(?:es)?\(|\bin\s+[A-Z_]{3,}|\.(?:includes|has|contains|indexOf|isdigit|isalnum|startsWith|startswith|HasPrefix)\(|\bisinstance\(|\bpreg_match\(|\bin_array\(|\bis_numeric\(|typeof|MatchString\(/;

/**
 * Follows values from outside to sinks within the hunks of one file; reports flows that an added line completes.
 * Without `tracked` each statement is judged by itself.
 */
export function flowsOf(hunks: readonly (readonly SourceLine[])[], language: Language, tracked = true): Flow[] {
  const tracker = new FlowTracker(language, tracked);
  for (const lines of hunks) {
    let before = '';
    for (const statement of statementsOf(lines)) {
      tracker.read(statement, before);
      before = statement.bare;
    }
  }
  return tracker.flows;
}

class FlowTracker {
  readonly flows: Flow[] = [];
  readonly #language: Language;
  readonly #tracked: boolean;
  readonly #sinks: readonly Sink[];
  /** Names that hold a value from outside, with the line where it entered. */
  readonly #tainted = new Map<string, number>();
  /** Names whose value is known to be harmless: literals, numbers, checked ones. */
  readonly #harmless = new Set<string>();
  /** Names that hold a statement or command that was already reported. */
  readonly #reported = new Set<string>();

  constructor(language: Language, tracked: boolean) {
    this.#language = language;
    this.#tracked = tracked;
    this.#sinks = SINKS.filter((sink) => sink.languages.includes(language === 'unknown' ? 'js' : language));
  }

  read(statement: Statement, before: string): void {
    const { bare } = statement;
    for (const name of requestParameters(bare, before, this.#language)) this.#taint(name, statement.lines[0]!.line);
    if (GUARD.test(bare.trimStart()) && GUARD_TEST.test(bare)) for (const name of valuesIn(bare)) this.#clear(name);
    const flows = [...this.#sqlFlows(statement), ...this.#sinks.flatMap((sink) => this.#sinkFlows(statement, sink))];
    const known = flows.filter((flow) => flow.line.added);
    this.flows.push(...known);
    this.#assign(statement, known.length > 0);
  }

  #taint(name: string, line: number): void {
    if (!this.#tracked) return;
    this.#tainted.set(name, line);
    this.#harmless.delete(name);
  }

  #clear(name: string): void {
    this.#tainted.delete(name);
    this.#harmless.add(name);
  }

  #assign(statement: Statement, reported: boolean): void {
    const assignment = assignmentIn(statement.bare);
    if (assignment === null) return;
    const { names, value } = assignment;
    const safe = isSanitized(value);
    const direct = readsOutside(value, this.#language);
    const origin = direct ? lineAt(statement, assignment.at).line : this.#originOf(valuesIn(value));
    const literal = valuesIn(value).every((used) => this.#isHarmless(used));
    for (const name of names) {
      if (reported) this.#reported.add(name);
      if (origin !== undefined && !safe) this.#taint(name, origin);
      else if (safe || literal) this.#clear(name);
      else {
        this.#tainted.delete(name);
        this.#harmless.delete(name);
      }
    }
  }

  #originOf(names: readonly string[]): number | undefined {
    for (const name of names) {
      const origin = this.#tainted.get(name) ?? this.#tainted.get(name.split(/\?\.|\.|->/)[0]!);
      if (origin !== undefined) return origin;
    }
    return undefined;
  }

  #isHarmless(name: string): boolean {
    return this.#harmless.has(name) || this.#harmless.has(name.split(/\.|->/)[0]!);
  }

  #sqlFlows(statement: Statement): Flow[] {
    const { code, bare } = statement;
    const words = sqlIn(code, bare);
    if (words < 0) return [];
    const quote = Math.max(...['"', "'", '`'].map((mark) => bare.lastIndexOf(mark, words)));
    if (quote < 0 || /\b(?:sql|Prisma\.sql|\$queryRaw|\$executeRaw)$/i.test(bare.slice(Math.max(0, quote - 40), quote)))
      return [];
    const formatted = /\b\w*[sS]?(?:printf|Format|format)!?\(\s*$/.test(bare.slice(Math.max(0, quote - 40), quote));
    const end = expressionEnd(bare, quote, formatted);
    if (formatted && !/%[svq@]|\{\w*\}/.test(code.slice(quote, end))) return [];
    return this.#judge(statement, 'sql', quote, end, words);
  }

  #sinkFlows(statement: Statement, sink: Sink): Flow[] {
    const { code, bare } = statement;
    const match = sink.call.exec(bare);
    if (match === null || (sink.needs !== undefined && !sink.needs.test(code))) return [];
    const from = match.index + match[0].length;
    const end = expressionEnd(bare, from, sink.everyArgument);
    if (sink.kind === 'sql' && sqlIn(code, bare) >= 0) return []; // judged by its text
    return this.#judge(statement, sink.kind, from, end, match.index);
  }

  #judge(statement: Statement, kind: SinkKind, from: number, end: number, at: number): Flow[] {
    const expression = statement.bare.slice(from, end);
    const values = valuesIn(expression).filter((name) => !this.#isHarmless(name));
    const direct = readsOutside(expression, this.#language);
    if ((values.length === 0 && !direct) || isSanitized(expression)) return [];
    const origin = this.#originOf(values);
    const line = this.#lineOf(statement, from, end, at);
    if (direct) return [{ kind, level: 'direct', line, sourceLine: line.line }];
    if (values.every((name) => this.#reported.has(name))) return [];
    if (origin !== undefined) return [{ kind, level: 'tracked', line, sourceLine: origin }];
    if (values.every((name) => STRUCTURAL.test(name))) return [];
    return [{ kind, level: /["'`]/.test(expression) ? 'built' : 'variable', line }];
  }

  /** The line to name: that of the sink or the SQL words if it was added, else the first added line of the value. */
  #lineOf(statement: Statement, from: number, end: number, at: number): SourceLine {
    const preferred = lineAt(statement, at);
    if (preferred.added) return preferred;
    const start = statement.lines.indexOf(lineAt(statement, from));
    const stop = statement.lines.indexOf(lineAt(statement, end - 1));
    return statement.lines.slice(start, stop + 1).find((line) => line.added) ?? preferred;
  }
}
