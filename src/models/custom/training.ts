import { ValidationError } from '../../protocol/errors.ts';
import { hash } from '../../protocol/hash.ts';
import { encodeTask, type Task } from '../../protocol/task.ts';
import { PRIOR_BAD } from '../embedded/code/verdict.ts';
import { hashed, readingOf } from './features.ts';
import { defaultHoldOut, type Groupable, groupRows, type HoldOut, sketchOf } from './grouping.ts';
import { trainHead } from './head.ts';
import { measureHeldOut, refusalOf } from './held-out.ts';
import { FEATURE_BUCKETS, TRAINING_ROWS_MAX, TRAINING_ROWS_MIN, TRAINING_ROWS_PER_LABEL_MIN } from './limits.ts';
import type { TrainedHead } from './model-file.ts';
import type { Prior } from './prior.ts';
import type { Example } from './regression.ts';
import type { LabelledTask } from './rows.ts';

export interface TrainOptions {
  /**
   * How often tasks are to be rejected in use, over 0 and under 1; rows count as if they came so. Unless given: a fifth
   * of reviews, as the embedded judges have it, and of assessments the share in the data.
   */
  rejectShare?: number;
  /** What is held out as a whole when measuring: `group` where the data has at least five of them, unless given. */
  holdOut?: HoldOut;
  /** Told of rows read and of folds measured. */
  onProgress?: (text: string) => void;
  signal?: AbortSignal;
}

/** What a row leaves in memory: hashes and numbers. */
interface ReadRow extends Omit<Example, 'weight'>, Groupable {
  type: Task['type'];
}

interface ReadData {
  rows: ReadRow[];
  digest: string;
}

const PROGRESS_ROWS = 100;
const TYPES = ['CODE_REVIEW', 'SKILL_ASSESSMENT'] as const;

/** Asks the prior about every row and keeps features, never the text. */
export async function readData(
  data: Iterable<LabelledTask> | AsyncIterable<LabelledTask>,
  prior: Prior,
  { onProgress, signal }: TrainOptions,
): Promise<ReadData> {
  const rows: ReadRow[] = [];
  let digest = hash('pheme/custom-data/1');
  let leftOut = 0;
  for await (const { task, label, group } of data) {
    signal?.throwIfAborted();
    if (rows.length + leftOut >= TRAINING_ROWS_MAX)
      throw new ValidationError(`the data has over ${TRAINING_ROWS_MAX} rows: give a sample of them`, 'INVALID_DATA');
    const opinion = await prior.opinion(task, signal === undefined ? {} : { signal });
    digest = hash('pheme/custom-data/1', digest, encodeTask(task), label);
    if (!opinion.open) {
      leftOut++;
      continue;
    }
    const { features, gamed } = readingOf(task, opinion);
    rows.push({
      type: task.type,
      bad: label === 'reject',
      prior: opinion.logOdds,
      features: hashed(features),
      gamed,
      group: group ?? groupOf(task),
      sketch: sketchOf(task),
    });
    if (rows.length % PROGRESS_ROWS === 0) onProgress?.(`${rows.length} rows read`);
  }
  const remark = leftOut === 0 ? '' : `, ${leftOut} left out: they hold nothing that could be judged`;
  onProgress?.(`${rows.length} rows read${remark}`);
  return { rows, digest };
}

/** What tasks share where their rows name no group: the repository, or the question. */
function groupOf(task: Task): string | undefined {
  return task.type === 'CODE_REVIEW' ? task.repository : task.criteria.requirements.join('\n');
}

/**
 * Trains and measures a head for each type of task that the rows hold.
 * @throws ValidationError TOO_FEW_ROWS, the signal's reason when aborted
 */
export async function trainHeads(
  rows: readonly ReadRow[],
  options: TrainOptions,
): Promise<Partial<Record<Task['type'], TrainedHead>>> {
  const byType = TYPES.map((type) => [type, rows.filter((row) => row.type === type)] as const);
  const present = byType.filter(([, own]) => own.length > 0);
  if (present.length === 0) throw tooFew('labelled tasks', 0, 0);
  for (const [type, own] of present) {
    const rejections = own.filter(({ bad }) => bad).length;
    const rarer = Math.min(rejections, own.length - rejections);
    if (own.length < TRAINING_ROWS_MIN || rarer < TRAINING_ROWS_PER_LABEL_MIN) throw tooFew(type, own.length, rarer);
  }
  const heads: Partial<Record<Task['type'], TrainedHead>> = {};
  for (const [type, own] of present) heads[type] = await trainType(type, own, options);
  return heads;
}

async function trainType(type: Task['type'], rows: readonly ReadRow[], options: TrainOptions): Promise<TrainedHead> {
  const rejections = rows.filter(({ bad }) => bad).length;
  const inData = rejections / rows.length;
  const rejectShare = options.rejectShare ?? (type === 'CODE_REVIEW' ? PRIOR_BAD : inData);
  const holdOut = options.holdOut ?? defaultHoldOut(rows);
  const groups = groupRows(rows, holdOut);
  const examples = rows.map(({ bad, prior, features, gamed }, i) => {
    const weight = bad ? rejectShare / inData : (1 - rejectShare) / (1 - inData);
    return { bad, prior, features, gamed, weight, group: groups[i]! };
  });
  const groupsTotal = new Set(groups).size;
  if (groupsTotal < GROUPS_MIN) throw tooFewGroups(type, groupsTotal);
  const { onProgress, signal } = options;
  const aborting = signal === undefined ? {} : { signal };
  const onFold = (done: number, of: number) => onProgress?.(`${type}: measuring, ${done} of ${of} folds`);
  const metrics = await measureHeldOut(examples, FEATURE_BUCKETS, { rejectShare, onFold, ...aborting });
  onProgress?.(`${type}: training on all rows`);
  const { weights } = await trainHead(examples, FEATURE_BUCKETS, signal);
  const refused = refusalOf(metrics, rejectShare);
  return {
    weights,
    approvals: rows.length - rejections,
    rejections,
    groups: groupsTotal,
    holdOut,
    rejectShare,
    metrics,
    ...(refused === undefined ? {} : { refused }),
  };
}

/** With fewer, a fold could hold out nearly everything. */
const GROUPS_MIN = 4;

function tooFew(type: string, rows: number, rarer: number): ValidationError {
  const needed = `at least ${TRAINING_ROWS_MIN} are needed, and ${TRAINING_ROWS_PER_LABEL_MIN} of each label`;
  return new ValidationError(
    `too few rows of ${type} (${rows}, of the rarer label ${rarer}): ${needed}`,
    'TOO_FEW_ROWS',
    { type, rows },
  );
}

function tooFewGroups(type: string, groups: number): ValidationError {
  const message = `the rows of ${type} are near copies of ${groups} tasks or come from ${groups} groups: at least ${GROUPS_MIN} are needed to measure on rows that were not trained on`;
  return new ValidationError(message, 'TOO_FEW_ROWS', { type, groups });
}
