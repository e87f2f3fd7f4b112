import type { ClientBase } from 'pg';
import { type Row, rowsToJson } from './rows.ts';

/** Characters of rows in one statement: a few task bodies, and far from what a server refuses. */
const STATEMENT_CHARS_MAX = 8 * 1024 * 1024;

interface Target {
  table: string;
  /** Columns that a caller gives, with their types. */
  columns: Readonly<Record<string, string>>;
  /** What is done where the row is there already. */
  conflict: string;
}

/** Everything follows from the id: a body that came later fills the rest of its row. */
const TASKS: Target = {
  table: 'tasks',
  columns: {
    task_id: 'text',
    network_id: 'text',
    type: 'text',
    repository: 'text',
    pull_request_url: 'text',
    head_sha: 'text',
    base_sha: 'text',
    subject: 'text',
    skill: 'text',
    level: 'integer',
    attempt: 'integer',
    escalates: 'text',
    deadline: 'timestamptz',
    body: 'jsonb',
  },
  // A body that was dropped here stays dropped: only a row that never had one, and so no type, is filled.
  conflict: `(task_id) DO UPDATE SET
    type = excluded.type, repository = excluded.repository, pull_request_url = excluded.pull_request_url,
    head_sha = excluded.head_sha, base_sha = excluded.base_sha, subject = excluded.subject, skill = excluded.skill,
    level = excluded.level, attempt = excluded.attempt, escalates = excluded.escalates, deadline = excluded.deadline,
    body = excluded.body
    WHERE tasks.type IS NULL AND excluded.type IS NOT NULL`,
};

const RESULTS: Target = {
  table: 'results',
  columns: {
    task_id: 'text',
    network_id: 'text',
    config_digest: 'text',
    outcome: 'text',
    reason: 'text',
    approved: 'boolean',
    confidence: 'double precision',
    score: 'double precision',
    decided_at: 'timestamptz',
    validators: 'text[]',
    signatures: 'text[]',
    core: 'text',
    certificate: 'jsonb',
  },
  conflict: '(task_id) DO NOTHING',
};

const JUDGEMENTS: Target = {
  table: 'judgements',
  columns: {
    task_id: 'text',
    validator: 'text',
    vote: 'text',
    abstain_reason: 'text',
    confidence: 'double precision',
    score: 'double precision',
    complete: 'boolean',
    model_id: 'text',
    model_family: 'text',
    model_digest: 'text',
    prompt_digest: 'text',
    judged_at: 'timestamptz',
    report_digest: 'text',
    report: 'jsonb',
  },
  conflict: `(task_id, validator) DO UPDATE SET report = excluded.report
    WHERE judgements.report IS NULL AND excluded.report IS NOT NULL`,
};

const VALIDATORS: Target = {
  table: 'validators',
  columns: { network_id: 'text', public_key: 'text', validator_index: 'integer', weight: 'integer' },
  conflict: `(network_id, public_key) DO UPDATE SET validator_index = excluded.validator_index, weight = excluded.weight
    WHERE (validators.validator_index, validators.weight) IS DISTINCT FROM (excluded.validator_index, excluded.weight)`,
};

const EVIDENCE: Target = {
  table: 'evidence',
  columns: { task_id: 'text', validator: 'text', validator_index: 'integer', slot: 'text', evidence: 'text' },
  conflict: '(task_id, validator, slot) DO NOTHING',
};

/** A node whose database was made anew counts from 1 again. */
const DELIVERIES: Target = {
  table: 'deliveries',
  columns: { node: 'text', sequence: 'bigint', task_id: 'text' },
  conflict: `(node, sequence) DO UPDATE SET task_id = excluded.task_id
    WHERE deliveries.task_id IS DISTINCT FROM excluded.task_id`,
};

export const TABLES = {
  tasks: TASKS,
  results: RESULTS,
  judgements: JUDGEMENTS,
  validators: VALIDATORS,
  evidence: EVIDENCE,
  deliveries: DELIVERIES,
} as const;

/**
 * Writes rows that may be there already. Rows of several writers must come in one order, tables too: then writers wait
 * for each other, and never in a circle.
 */
export async function upsert(client: ClientBase, table: keyof typeof TABLES, rows: readonly Row[]): Promise<void> {
  for (const json of statementsOf(rows)) await client.query(statement(TABLES[table]), [json]);
}

function statement({ table, columns, conflict }: Target): string {
  const names = Object.keys(columns).join(', ');
  const types = Object.entries(columns).map(([name, type]) => `${name} ${type}`);
  return `INSERT INTO pheme.${table} (${names})
    SELECT ${names} FROM jsonb_to_recordset($1::jsonb) AS given (${types.join(', ')})
    ON CONFLICT ${conflict}`;
}

function statementsOf(rows: readonly Row[]): string[] {
  const groups: string[][] = [];
  let chars = Number.POSITIVE_INFINITY;
  for (const json of rows.map((row) => rowsToJson([row]).slice(1, -1))) {
    chars += json.length;
    if (chars > STATEMENT_CHARS_MAX) {
      groups.push([]);
      chars = json.length;
    }
    groups.at(-1)!.push(json);
  }
  return groups.map((group) => `[${group.join(',')}]`);
}
