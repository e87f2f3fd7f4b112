import { parentPort, workerData } from 'node:worker_threads';
import { type HeldOutOptions, heldOutAssessments, heldOutCodeReviews } from './held-out.ts';
import type { EvalRow } from './rows.ts';

/** What the worker is given: which kind to judge, and how. */
export type HeldOutRequest = Omit<HeldOutOptions, 'say'> & { kind: EvalRow['kind'] };

const { kind, ...options } = workerData as HeldOutRequest;
const say = (progress: string) => parentPort!.postMessage({ progress });
const heldOut = await (kind === 'code' ? heldOutCodeReviews : heldOutAssessments)({ ...options, say });
parentPort!.postMessage({ heldOut });
