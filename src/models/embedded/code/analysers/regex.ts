import { analyse } from 'scslre';
import { at, type Evidence, type SourceFile } from '../evidence.ts';
import type { Analyser, Session } from './analyser.ts';
import { type RegexLiteral, regexesIn } from './regex-literals.ts';

/** Work on one task, in pairs of repetitions, which is what is compared: at worst 0.3 ms each. */
const PAIRS_MAX = 2000;
/** Times that characters named by a property of Unicode take longer than others. */
const PROPERTY_COST = 20;

type Growth = 'exponential' | 'polynomial' | 'linear' | 'unknown';

const TEXTS = {
  exponential: {
    severity: 'error',
    belief: 0.82,
    message: 'A chosen input makes this pattern run for ever: parts of it can match the same text in many ways.',
    suggestion: 'Let each character match in one way only, or use a linear-time engine.',
  },
  polynomial: {
    severity: 'warning',
    belief: 0.58,
    message: 'Time grows with a power of the input: repetitions of this pattern compete for the same text.',
    suggestion: 'Anchor the pattern, bound its repetitions, or limit the length of the input.',
  },
} as const;

/** Regular expressions whose backtracking grows faster than their input. */
export class RegexAnalyser implements Analyser {
  readonly name = 'regex';

  evidence(source: SourceFile, session: Session): Evidence[] {
    return source.hunks.flat().flatMap((line) => {
      const patterns = line.added ? regexesIn(line, source.file.language) : [];
      const growths = new Set(patterns.map((pattern) => growthOf(pattern, session)));
      const growth = growths.has('exponential') ? 'exponential' : 'polynomial';
      if (!growths.has(growth)) return [];
      const { severity, ...text } = TEXTS[growth];
      const lowered = source.isTest && severity === 'error' ? 'warning' : severity;
      return [{ ...at(source, line), ...text, rule: `regex/${growth}`, category: 'security', severity: lowered }];
    });
  }
}

/** How matching grows, by static analysis: the same on every machine. */
function growthOf(pattern: RegexLiteral, session: Session): Growth {
  const cost = costOf(pattern);
  if (session.spent + cost > PAIRS_MAX) {
    session.noteOnce('regular expressions were left out: together they take too long');
    return 'unknown';
  }
  session.spent += cost;
  try {
    const { reports } = analyse(pattern);
    if (reports.some(({ exponential }) => exponential)) return 'exponential';
    return reports.length > 0 ? 'polynomial' : 'linear';
  } catch {
    return 'unknown'; // no regular expression of JavaScript
  }
}

function costOf({ source, flags }: RegexLiteral): number {
  const repetitions = source.match(/[*+{]/g)?.length ?? 0;
  return (1 + repetitions ** 2) * (/\\p|\\P/.test(source) || flags.includes('v') ? PROPERTY_COST : 1);
}
