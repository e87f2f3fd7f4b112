import { ValidationNetwork } from '../../src/node/validation-network.ts';
import type { Committee } from '../../src/protocol/committee.ts';
import type { Task } from '../../src/protocol/task.ts';
import type { Outcome } from '../../src/protocol/value.ts';
import { prepareCode, trainPrepared } from '../training/code.ts';
import { readCode, readLines, readSkill } from '../training/data.ts';
import { foldsOf, generator, shuffled } from '../training/random.ts';
import { trainSkill } from '../training/skill.ts';
import { gamingRows } from './gaming.ts';
import { HELD_BACK_INJECTIONS, INJECTIONS, withInjection } from './injections.ts';
import { embeddedJudges, type Judges, judgeTask, loaderOf, type PanelVerdict } from './judging.ts';
import { defaultCommittee } from './panel.ts';
import { asEvalRow, codeEvalRow, EVERYTHING, type EvalRow, reviewTask, skillEvalRow } from './rows.ts';

export interface HeldOutOptions {
  folder: string;
  folds: number;
  seed: number;
  /** Share of the groups that are used at all; below 1 for a quick look. */
  sample: number;
  say: (progress: string) => void;
}

/** A row that was judged by judges that were trained without its repository or question. */
export interface JudgedRow extends PanelVerdict {
  row: Omit<EvalRow, 'task'>;
  fold: number;
}

/** The same task before and after a text was planted that asks for approval. */
export interface InjectedRow {
  row: Omit<EvalRow, 'task'>;
  before: PanelVerdict;
  after: PanelVerdict;
}

export interface HeldOut {
  kind: EvalRow['kind'];
  judges: string[];
  rows: JudgedRow[];
  /** Rows that are no task, e.g. empty answers. */
  leftOut: number;
  /** Attempts at looking like an answer, for skill; empty for code. */
  gaming: JudgedRow[];
  injected: InjectedRow[];
  /** Merged commits reviewed for everything, not for security alone; empty for skill. */
  wholeReviews: JudgedRow[];
  /** Tasks of the first fold that real validators decided too, and for how many they gave the verdict computed here. */
  network: { tasks: number; same: number };
}

/** Tasks through real validators: they confirm the rule, they do not measure. */
const NETWORK_TASKS = 12;

/** Rows of a fold in which texts are planted; each takes the next text of the list. */
const INJECTED_ROWS_PER_FOLD = 100;

interface Source<Row extends { group: string }, Prepared> {
  kind: EvalRow['kind'];
  rows: readonly Row[];
  /** What costs time and looks at one row at a time only, so that it may be done once for all folds. */
  prepare: (rows: readonly Row[]) => Promise<readonly Prepared[]>;
  /** Weight files by name, calibration included, from these rows alone. */
  train: (rows: readonly Prepared[]) => Record<string, unknown>;
  evalRow: (row: Row) => EvalRow;
  gaming: (rows: readonly Row[], seed: number) => EvalRow[];
}

export function heldOutCodeReviews(options: HeldOutOptions): Promise<HeldOut> {
  const rows = readCode(options.folder);
  const source = {
    kind: 'code' as const,
    rows,
    prepare: prepareCode,
    train: trainPrepared,
    evalRow: codeEvalRow,
    gaming: () => [],
  };
  return heldOut(source, options);
}

export function heldOutAssessments(options: HeldOutOptions): Promise<HeldOut> {
  const questions = questionsOf(options.folder);
  const rows = readSkill(options.folder).map((row) => ({ ...row, question: questions.get(row.id) ?? '' }));
  // Made-up answers mix questions, so nothing of the assessors is prepared across folds.
  const prepare = async (all: readonly (typeof rows)[number][]) => all;
  const source = {
    kind: 'skill' as const,
    rows,
    prepare,
    train: trainSkill,
    evalRow: skillEvalRow,
    gaming: gamingRows,
  };
  return heldOut(source, options);
}

function questionsOf(folder: string): Map<string, string> {
  const records = ['semeval2013', 'saf-english'].flatMap((name) => readLines(`${folder}/skill/${name}.jsonl.gz`));
  return new Map(records.map(({ id, question }) => [String(id), String(question ?? '')]));
}

/** Trains without one fold at a time and judges it, with whole judges and through the network's own rule. */
async function heldOut<Row extends { group: string }, Prepared>(
  source: Source<Row, Prepared>,
  options: HeldOutOptions,
): Promise<HeldOut> {
  const { kind } = source;
  const { folds, seed, sample, say } = options;
  const rows = sampled(source.rows, sample, seed);
  const groups = rows.map(({ group }) => group);
  const foldOf = foldsOf(groups, folds, generator(seed));
  const result: HeldOut = {
    kind,
    judges: [],
    rows: [],
    leftOut: 0,
    gaming: [],
    injected: [],
    wholeReviews: [],
    network: { tasks: 0, same: 0 },
  };
  const prepared = await source.prepare(rows);
  for (let fold = 0; fold < folds; fold++) {
    const startMs = performance.now();
    const weights = source.train(prepared.filter((_, i) => foldOf[i] !== fold));
    const trainedMs = performance.now();
    const judges = embeddedJudges(loaderOf(kind, weights));
    result.judges = Object.keys(judges);
    const own = rows.filter((_, i) => foldOf[i] === fold);
    const judging = new FoldJudging(judges, defaultCommittee(result.judges.length), fold);
    const judged = own.map((row) => asEvalRow(row, source.evalRow)).filter((row) => row !== undefined);
    result.leftOut += own.length - judged.length;
    result.rows.push(...(await judging.all(judged)));
    if (fold === 0) result.network = await judging.network(shuffled(judged, generator(seed)).slice(0, NETWORK_TASKS));
    result.gaming.push(...(await judging.all(source.gaming(own, seed + fold))));
    result.injected.push(...(await judging.injected(judged, generator(seed + fold))));
    result.wholeReviews.push(...(await judging.all(judged.filter(({ benign }) => benign).map(wholeReview))));
    const [trainSeconds, judgeSeconds] = [trainedMs - startMs, performance.now() - trainedMs].map((ms) => ms / 1000);
    say(
      `${kind} fold ${fold + 1} of ${folds}: trained on ${rows.length - own.length} rows in ${trainSeconds!.toFixed(0)} s, judged ${own.length} in ${judgeSeconds!.toFixed(0)} s`,
    );
  }
  return result;
}

function sampled<Row extends { group: string }>(rows: readonly Row[], sample: number, seed: number): Row[] {
  if (sample >= 1) return [...rows];
  const groups = shuffled([...new Set(rows.map(({ group }) => group))], generator(seed));
  const kept = new Set(groups.slice(0, Math.ceil(sample * groups.length)));
  return rows.filter(({ group }) => kept.has(group));
}

function wholeReview(row: EvalRow): EvalRow {
  const { task } = row;
  return task.type === 'CODE_REVIEW' ? { ...row, task: reviewTask(task.pullRequest.diff, EVERYTHING) } : row;
}

/** Without a verdict, a network stops waiting as soon as none can come: who has revealed by then says how it calls that. */
function verdictOf(outcome: Outcome): Outcome | 'none' {
  return outcome === 'APPROVED' || outcome === 'REJECTED' ? outcome : 'none';
}

/** The judges of one fold at work. */
class FoldJudging {
  readonly #judges: Judges;
  readonly #committee: Committee;
  readonly #fold: number;

  constructor(judges: Judges, committee: Committee, fold: number) {
    this.#judges = judges;
    this.#committee = committee;
    this.#fold = fold;
  }

  async all(rows: readonly EvalRow[]): Promise<JudgedRow[]> {
    const judged: JudgedRow[] = [];
    for (const { task, ...row } of rows) judged.push({ row, fold: this.#fold, ...(await this.#judge(task)) });
    return judged;
  }

  async injected(rows: readonly EvalRow[], random: () => number): Promise<InjectedRow[]> {
    const texts = shuffled([...INJECTIONS, ...HELD_BACK_INJECTIONS], random);
    const chosen = shuffled(rows, random).slice(0, INJECTED_ROWS_PER_FOLD);
    const judged: InjectedRow[] = [];
    for (const [at, { task, ...row }] of chosen.entries()) {
      const after = withInjection(task, texts[at % texts.length]!);
      judged.push({ row, before: await this.#judge(task), after: await this.#judge(after) });
    }
    return judged;
  }

  /** Asks validators with keys, engines and consensus of their own, each with one of the judges. */
  async network(rows: readonly EvalRow[]): Promise<HeldOut['network']> {
    const network = new ValidationNetwork({ judges: Object.values(this.#judges).map((judge) => ({ judge })) });
    const counted = { tasks: 0, same: 0 };
    try {
      for (const { task } of rows) {
        const { result } = await network.validate(task);
        const { outcome } = await this.#judge(task);
        counted.tasks += 1;
        if (verdictOf(result.outcome) === verdictOf(outcome)) counted.same += 1;
      }
    } finally {
      await network.stop();
    }
    return counted;
  }

  #judge(task: Task): Promise<PanelVerdict> {
    return judgeTask(this.#judges, this.#committee, task);
  }
}
