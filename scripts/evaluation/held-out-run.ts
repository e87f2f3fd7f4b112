import { Worker } from 'node:worker_threads';
import { aboutLine, aboutThisRun } from './about.ts';
import { codeGoals, type GoalLine, skillGoals } from './goals.ts';
import type { HeldOut } from './held-out.ts';
import { type HeldOutReport, heldOutReport } from './held-out-report.ts';
import type { HeldOutRequest } from './held-out-worker.ts';
import { goalLines, heldOutLines } from './render.ts';
import type { EvalRow } from './rows.ts';

export interface HeldOutRun extends Omit<HeldOutRequest, 'kind'> {
  kinds: readonly EvalRow['kind'][];
  /** Share of bad changes that reviewers are calibrated to. Assessors are calibrated to their labels. */
  baseRate: number;
  asJson: boolean;
}

/** Runs the kinds side by side, each in a thread of its own, and prints the figures and the table of goals. */
export async function evaluateHeldOut({ kinds, baseRate, asJson, ...request }: HeldOutRun) {
  const startMs = performance.now();
  const about = aboutThisRun();
  const judged = await Promise.all(kinds.map((kind) => inWorker({ ...request, kind })));
  const reports: Record<string, HeldOutReport> = {};
  const goals: GoalLine[] = [];
  for (const heldOut of judged) {
    const report = heldOutReport(heldOut, heldOut.kind === 'code' ? baseRate : 0.5);
    reports[heldOut.kind] = report;
    goals.push(...(heldOut.kind === 'code' ? codeGoals(report) : skillGoals(report)));
    if (!asJson) console.log(heldOutLines(heldOut.kind, report).join('\n'));
  }
  const seconds = Math.round((performance.now() - startMs) / 1000);
  if (!asJson) {
    console.log(['', '== goals', ...goalLines(goals), '', `${aboutLine(about)}; ${seconds} s`].join('\n'));
    const rows = judged
      .map((heldOut) => `${heldOut.rows.length} ${heldOut.kind} rows (${heldOut.leftOut} left out)`)
      .join(', ');
    console.log(
      `seed ${request.seed}, ${request.folds} folds, ${rows}; intervals are 95%, over repositories or questions`,
    );
  }
  return { about, ...request, baseRate, seconds, reports, goals };
}

function inWorker(workerData: HeldOutRequest): Promise<HeldOut> {
  const { promise, resolve, reject } = Promise.withResolvers<HeldOut>();
  const worker = new Worker(new URL('./held-out-worker.ts', import.meta.url), { workerData });
  worker.on('message', (message: { progress?: string; heldOut?: HeldOut }) => {
    if (message.progress !== undefined) console.error(message.progress);
    if (message.heldOut !== undefined) resolve(message.heldOut);
  });
  worker.once('error', reject);
  worker.once('exit', (code) => reject(new Error(`the judging thread ended with ${code} before its report`)));
  return promise;
}
