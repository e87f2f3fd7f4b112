import type { Category, Severity } from '../../../../protocol/judgement.ts';
import type { Language } from '../../../diff/language.ts';

/** A rule about one added line. */
export interface LineRule {
  id: string;
  category: Category;
  severity: Severity;
  /** Languages it reads; all where absent. */
  languages?: readonly Language[];
  /** `code`: comments blanked; `bare`: strings blanked too; `raw`: as it stands. */
  on: 'code' | 'bare' | 'raw';
  /** Must run in linear time: bounded or disjoint repetitions only. */
  pattern: RegExp;
  /** A line that also matches this is left alone. */
  unless?: RegExp;
  message: string;
  suggestion: string;
  /** Probability that a hit is a defect a reviewer would stop for. */
  belief: number;
}

/** Shortens the tables: languages as words, the texts last. */
export function rule(
  id: string,
  category: Category,
  severity: Severity,
  belief: number,
  languages: string,
  on: LineRule['on'],
  pattern: RegExp,
  message: string,
  suggestion: string,
  unless?: RegExp,
): LineRule {
  return {
    id,
    category,
    severity,
    on,
    pattern,
    message,
    suggestion,
    belief,
    ...(languages === '' ? {} : { languages: languages.split(' ') as Language[] }),
    ...(unless === undefined ? {} : { unless }),
  };
}
