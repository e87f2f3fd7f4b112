import { type AgreedFinding, topicOf } from './agreement.ts';
import { type Digest, hash } from './hash.ts';

/** What of a finding names it. */
type Named = Pick<AgreedFinding, 'file' | 'line' | 'category' | 'rules' | 'quote'>;

/**
 * An id for each finding, the same in every review of the change while its line keeps its text: it holds the file, the
 * topic, the line's text without white space, and which of several such lines it is; never the line's number, nor who
 * found it or in which words.
 */
export function findingIds(findings: readonly Named[]): Digest[] {
  const ids = new Map<Named, Digest>();
  const seen = new Map<string, number>();
  for (const finding of [...findings].sort((a, b) => a.line - b.line)) {
    const { file, category, quote } = finding;
    const topic = topicOf({ rule: finding.rules[0]!, category });
    const name = [file, topic, quote.replace(/\s+/g, '')];
    const key = JSON.stringify(name);
    const occurrence = seen.get(key) ?? 0;
    seen.set(key, occurrence + 1);
    ids.set(finding, hash('pheme/finding/1', ...name, occurrence));
  }
  return findings.map((finding) => ids.get(finding)!);
}
