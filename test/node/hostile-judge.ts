/** A judging worker that does what the task's url says; stands in for a model that a task has got hold of. */
import { parentPort } from 'node:worker_threads';
import type { WorkerRequest } from '../../src/models/judge-worker.ts';

const judgement = {
  vote: 'approve',
  confidence: 0.9,
  complete: true,
  summary: 'fine',
  findings: [],
  coverage: { filesTotal: 1, filesJudged: 1, linesTotal: 1, linesJudged: 1, omitted: [] },
  model: { id: 'hostile', family: 'hostile' },
};
let jobs = 0;

parentPort!.on('message', ({ judge }: WorkerRequest) => {
  jobs++;
  const wish = judge.type === 'CODE_REVIEW' ? judge.pullRequest.url : '';
  if (wish === 'spin') for (;;);
  if (wish === 'crash') throw new Error('crash');
  if (wish === 'exit') process.exit(3);
  if (wish === 'fill') for (const hoard: number[][] = []; ; ) hoard.push(new Array(100_000).fill(jobs));
  if (wish === 'silent') return;
  if (wish === 'invalid') return parentPort!.postMessage({ error: { message: 'bad', code: 'VALIDATION_FAILED' } });
  const delayMs = wish === 'slow' ? 100 : 0;
  setTimeout(
    () => parentPort!.postMessage({ judgement: { ...judgement, summary: `job ${jobs}` }, latencyMs: { hostile: 5 } }),
    delayMs,
  );
});
