import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** A labelled code change. `slice` names what is reported apart. */
export interface CodeRow {
  id: string;
  source: string;
  diff: string;
  bad: boolean;
  group: string;
  slice: string;
  pair?: string;
  weight: number;
}

/** A labelled answer. */
export interface SkillRow {
  id: string;
  source: string;
  content: string;
  requirements: string[];
  /** Tag of the subject. */
  skill: string;
  question: string;
  good: boolean;
  group: string;
}

export function readLines(path: string): Record<string, unknown>[] {
  const bytes = readFileSync(path);
  const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line));
}

const LANGUAGE: Record<string, string> = { C: 'c', cpp: 'c' };

function codeRow(row: Record<string, unknown>, weight: number): CodeRow {
  const lang = String(row['lang']);
  const pair = row['pair'] === undefined ? {} : { pair: `${row['pair']}/${row['form']}` };
  return {
    id: String(row['id']),
    source: String(row['source']),
    diff: String(row['diff']),
    bad: row['label'] === 'reject',
    group: String(row['repo']),
    slice: `${LANGUAGE[lang] ?? lang} ${row['form']}`,
    weight,
    ...pair,
  };
}

/**
 * All labelled changes of the data folder. CyberSecEval holds bad code only, in languages that no other set has: each
 * of its rows gets a twin without the line that makes it bad, lest language and source be learned instead.
 */
export function readCode(folder: string): CodeRow[] {
  const read = (name: string) => readLines(`${folder}/code-review/${name}.jsonl.gz`);
  const sven = read('sven').map((row) => codeRow(row, 1));
  const ossf = read('ossf-js-cve').map((row) => codeRow(row, 1.5));
  const benign = read('benign-js-commits').map((row) => ({ ...codeRow(row, 0.7), slice: 'js benign' }));
  const eval_ = read('cyberseceval').flatMap((row) => twins(row));
  return [...sven, ...ossf, ...benign, ...eval_];
}

function twins(row: Record<string, unknown>): CodeRow[] {
  const bad = { ...codeRow(row, 0.4), slice: `${row['lang']} cse` };
  const line = `+${String(row['vuln_line'])}`;
  const lines = bad.diff.split('\n');
  const at = lines.findIndex((text) => text === line || text.trimEnd() === line.trimEnd());
  if (at < 0 || lines.length < 10) return [];
  const rest = [...lines.slice(0, at), ...lines.slice(at + 1)].join('\n');
  return [bad, { ...bad, id: `${bad.id}:twin`, diff: rest, bad: false }];
}

/** All graded answers, grouped by question. Beetle's requirements are alternatives, the others' are all asked for. */
export function readSkill(folder: string): SkillRow[] {
  return ['semeval2013', 'saf-english'].flatMap((name) =>
    readLines(`${folder}/skill/${name}.jsonl.gz`).map((row) => ({
      id: String(row['id']),
      source: String(row['source']),
      content: String(row['content']),
      requirements: row['requirements'] as string[],
      skill: String(row['skill']),
      question: String(row['question'] ?? ''),
      good: row['label'] === 'approve',
      group: `${row['source']}:${row['qid']}`,
    })),
  );
}
