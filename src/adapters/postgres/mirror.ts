import type { ClientBase, Pool, PoolConfig } from 'pg';
import pg from 'pg';
import { ValidationError } from '../../protocol/errors.ts';
import type { Adapter, AdapterHost, DecidedTask } from '../adapter.ts';
import { ResultFollower } from '../result-follower.ts';
import { type Migration, migrate, readMigrations } from './migrate.ts';
import {
  deliveryRow,
  evidenceRow,
  judgementRows,
  type MirroredDecision,
  resultRow,
  taskRow,
  validatorRows,
} from './rows.ts';
import { upsert } from './upsert.ts';

/** Decisions in one transaction: each with a body of up to 4 MiB in memory. */
const BATCH_MAX = 32;
/** One connection writes decisions, one what comes beside them. */
const CONNECTIONS_MAX = 2;
const CONNECT_TIMEOUT_MS = 5_000;
/** The server gives up a statement then, also one that waits for another writer's rows. */
const STATEMENT_TIMEOUT_MS = 8_000;
/** The client gives up a moment later, if the server is gone without a word. */
const QUERY_TIMEOUT_MS = 10_000;
const IDLE_TIMEOUT_MS = 30_000;
/** How often what is not in the order of decisions is looked after: late reports, and evidence. */
const SWEEP_MS = 30_000;
/** After a failure sooner, so that the health does not tell of an outage that is over. */
const SWEEP_RETRY_MS = 5_000;
/** Reports that did not come within a day are asked for no more. */
const LATE_REPORTS_HOURS = 24;
const LATE_REPORTS_MAX = 50;
/** The node itself waits for reports only a moment; this is for a decision that must first be read. */
const REPORTS_WAIT_MS = 5_000;
/** Pieces of evidence that are mirrored; far more than a network with honest operators ever sees. */
const EVIDENCE_MAX = 10_000;

export interface PostgresOptions {
  /** With user and password; `sslmode` and `sslrootcert` as libpq knows them. */
  url: string;
  sweepMs?: number;
}

/**
 * Mirrors what the network decided into PostgreSQL: tasks, results, judgements, evidence, validators. Decisions arrive
 * in order, without gaps, over outages and restarts; rows are keyed by ids, so that any number of nodes write one
 * database. The tables are made, and brought to this version, at the first connection.
 */
export class PostgresMirror implements Adapter {
  readonly name = 'postgres';
  readonly #host: AdapterHost;
  readonly #pool: Pool;
  readonly #follower: ResultFollower;
  readonly #sweepMs: number;
  #migrations: Promise<readonly Migration[]> | undefined;
  #migrated = false;
  #sweeping: Promise<void> = Promise.resolve();
  #cancelSweep: () => void = () => {};
  #stopping: Promise<void> | undefined;
  #evidenceMirrored = 0;
  #sweepFault: string | undefined;

  constructor({ url, sweepMs = SWEEP_MS }: PostgresOptions, host: AdapterHost) {
    this.#host = host;
    this.#sweepMs = sweepMs;
    this.#pool = new pg.Pool(poolConfig(url));
    // A connection that breaks while it is idle is replaced when it is needed; unheard, it would end the process.
    this.#pool.on('error', () => {});
    const deliver = (batch: readonly DecidedTask[], signal: AbortSignal) => this.#deliver(batch, signal);
    this.#follower = new ResultFollower({ name: this.name, batchMax: BATCH_MAX, deliver }, host);
    this.#sweepSoon(0);
  }

  faults(): string[] {
    const faults = this.#follower.faults();
    return faults.length > 0 || this.#sweepFault === undefined ? faults : [this.#sweepFault];
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#end();
    return this.#stopping;
  }

  async #end(): Promise<void> {
    this.#cancelSweep();
    await Promise.all([this.#follower.stop(), this.#sweeping]);
    await this.#pool.end();
  }

  async #deliver(batch: readonly DecidedTask[], signal: AbortSignal): Promise<void> {
    await this.#transaction(async () => {}); // an outage shows before the node reads a batch of bodies
    const decisions = await Promise.all(batch.map((decided) => this.#read(decided, signal)));
    await this.#transaction((client) => this.#write(client, decisions));
  }

  /** Waits a moment for reports that are on their way. */
  async #read({ sequence, taskId }: DecidedTask, signal: AbortSignal): Promise<MirroredDecision> {
    const held = await this.#host.getResult(taskId);
    if (held === null)
      throw new ValidationError(`the result of ${taskId} is damaged, and is fetched from peers`, 'RESULT_DAMAGED');
    const whole = (held.judgements ?? []).every(({ report }) => report !== undefined);
    const result = whole ? held : await this.#host.waitForResult(taskId, REPORTS_WAIT_MS, signal);
    return { sequence, result, task: await this.#host.getTask(taskId) };
  }

  /** In the order of ids, table by table, as every writer does. */
  async #write(client: ClientBase, decisions: readonly MirroredDecision[]): Promise<void> {
    const sorted = [...decisions].sort((a, b) => (a.result.taskId < b.result.taskId ? -1 : 1));
    await upsert(client, 'tasks', sorted.map(taskRow));
    await upsert(client, 'results', sorted.map(resultRow));
    await upsert(
      client,
      'judgements',
      sorted.flatMap(({ result }) => judgementRows(result)),
    );
    const node = this.#host.publicKey;
    await upsert(
      client,
      'deliveries',
      sorted.map((decision) => deliveryRow(node, decision)),
    );
  }

  #sweepSoon(delayMs: number): void {
    this.#cancelSweep = this.#host.clock.setTimer(delayMs, () => {
      this.#sweeping = this.#sweep().then(() => {
        if (this.#stopping !== undefined) return;
        this.#sweepSoon(this.#sweepFault === undefined ? this.#sweepMs : Math.min(this.#sweepMs, SWEEP_RETRY_MS));
      });
    });
  }

  async #sweep(): Promise<void> {
    try {
      await this.#mirrorEvidence();
      await this.#mirrorLateReports();
      this.#sweepFault = undefined;
    } catch (error) {
      this.#sweepFault = `${this.name}: ${messageOf(error)}; evidence and late reports are written later`;
    }
  }

  async #mirrorEvidence(): Promise<void> {
    const evidence = await this.#host.evidence(EVIDENCE_MAX);
    if (evidence.length === this.#evidenceMirrored) return;
    const rows = evidence.map((piece) => evidenceRow(this.#host.genesis, piece));
    await this.#transaction((client) => upsert(client, 'evidence', rows));
    this.#evidenceMirrored = evidence.length;
  }

  async #mirrorLateReports(): Promise<void> {
    const taskIds = await this.#transaction((client) => tasksWithoutReports(client, this.#host.networkId));
    const results = await Promise.all(taskIds.map((taskId) => this.#host.getResult(taskId)));
    const rows = results.flatMap((result) => (result === null ? [] : judgementRows(result)));
    const arrived = rows.filter(({ report }) => report !== undefined);
    if (arrived.length > 0) await this.#transaction((client) => upsert(client, 'judgements', arrived));
  }

  async #transaction<T>(work: (client: ClientBase) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect().catch((error: unknown) => {
      throw named(error);
    });
    // A connection that breaks between two statements is found by the next one.
    const ignore = () => {};
    client.on('error', ignore);
    try {
      await this.#prepare(client);
      await client.query('BEGIN');
      const value = await work(client);
      await client.query('COMMIT');
      client.off('error', ignore);
      client.release();
      return value;
    } catch (error) {
      client.release(true); // the server rolls back
      throw named(error);
    }
  }

  /** Once a run: the tables, and the validators of the genesis. */
  async #prepare(client: ClientBase): Promise<void> {
    if (this.#migrated) return;
    this.#migrations ??= readMigrations();
    await migrate(client, await this.#migrations);
    await upsert(client, 'validators', validatorRows(this.#host.networkId, this.#host.genesis));
    this.#migrated = true;
  }
}

function poolConfig(url: string): PoolConfig {
  return {
    connectionString: url,
    max: CONNECTIONS_MAX,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    application_name: 'pheme',
  };
}

/** Newest first, and those only that a node may still get; what was dropped has been there before and is older. */
async function tasksWithoutReports(client: ClientBase, networkId: string): Promise<string[]> {
  const { rows } = await client.query(
    `SELECT task_id FROM pheme.judgements j JOIN pheme.results r USING (task_id)
     WHERE j.report IS NULL AND r.network_id = $1 AND r.mirrored_at > now() - make_interval(hours => $2)
     GROUP BY task_id ORDER BY max(r.mirrored_at) DESC LIMIT $3`,
    [networkId, LATE_REPORTS_HOURS, LATE_REPORTS_MAX],
  );
  return rows.map(({ task_id: taskId }: { task_id: string }) => taskId);
}

/** Several refused addresses make one error without a message. */
function messageOf(error: unknown): string {
  const { message, code } = error as { message?: string; code?: string };
  return message || code || 'unknown error';
}

function named(error: unknown): Error {
  return error instanceof Error && error.message !== '' ? error : new Error(messageOf(error), { cause: error });
}
