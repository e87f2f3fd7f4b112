import type { Calibration, KindCalibration } from '../../src/models/embedded/code/learned.ts';
import type { ChangeKind } from '../../src/models/embedded/code/view.ts';
import type { CodeRow } from './data.ts';
import { auc } from './metrics.ts';

interface Row {
  row: CodeRow;
  kind: ChangeKind;
}

const KINDS: readonly ChangeKind[] = [
  'js new',
  'js change',
  'python new',
  'python change',
  'c new',
  'c change',
  'other new',
  'other change',
];

/** Weight of made-up twins where a language has real pairs. */
const TWIN_WEIGHT = 0.1;
/** Pulls each kind's slope and offset towards what all kinds share, as so many rows of full doubt would. */
const SHRINKAGE = 3;
const ROUNDS = 300;
/** A kind with fewer rows, or ranked hardly better than by chance, is one that the model does not know. */
const KNOWN_ROWS_MIN = 50;
const KNOWN_AUC_MIN = 0.62;

/**
 * Slope and offset of each kind of change, fitted on log-odds that were given without the row's own group. A slope and
 * an offset are shared by all kinds; each kind departs from them as far as its rows warrant.
 */
export function calibrationOf(rows: readonly Row[], heldOut: readonly number[]): Calibration {
  const shared = { slope: 1, offset: 0 };
  const own = new Map(KINDS.map((kind) => [kind, { slope: 0, offset: 0 }]));
  for (let round = 0; round < ROUNDS; round++) {
    const steps = new Map([...KINDS, 'shared' as const].map((kind) => [kind, { gs: 0, go: 0, hs: 1e-6, ho: 1e-6 }]));
    rows.forEach(({ row, kind }, i) => {
      const [score, part] = [heldOut[i]!, own.get(kind)!];
      const p = 1 / (1 + Math.exp(-((shared.slope + part.slope) * score + shared.offset + part.offset)));
      const weight = weightOf(row, kind);
      const [error, curvature] = [weight * (Number(row.bad) - p), weight * Math.max(0.02, p * (1 - p))];
      for (const step of [steps.get(kind)!, steps.get('shared')!]) {
        step.gs += error * score;
        step.go += error;
        step.hs += curvature * score * score;
        step.ho += curvature;
      }
    });
    for (const kind of KINDS) move(own.get(kind)!, steps.get(kind)!, SHRINKAGE);
    move(shared, steps.get('shared')!, 0);
  }
  return Object.fromEntries(
    KINDS.map((kind) => [kind, rounded(shared, own.get(kind)!, isKnown(kind, rows, heldOut))]),
  ) as Calibration;
}

/** Half a Newton step along each coordinate, since slope and offset are not independent. */
function move(
  part: { slope: number; offset: number },
  { gs, go, hs, ho }: { gs: number; go: number; hs: number; ho: number },
  shrinkage: number,
): void {
  part.slope += (0.5 * (gs - shrinkage * part.slope)) / (hs + shrinkage);
  part.offset += (0.5 * (go - shrinkage * part.offset)) / (ho + shrinkage);
}

function weightOf({ slice }: CodeRow, kind: ChangeKind): number {
  return slice.endsWith('cse') && !kind.startsWith('other') ? TWIN_WEIGHT : 1;
}

/** A kind without rows is as well known as all others together. */
function isKnown(kind: ChangeKind, rows: readonly Row[], heldOut: readonly number[]): boolean {
  const own = rows.flatMap((row, i) => (row.kind === kind && weightOf(row.row, kind) > TWIN_WEIGHT ? [i] : []));
  if (own.length === 0) return true;
  const scores = own.map((i) => heldOut[i]!);
  const bad = own.map((i) => rows[i]!.row.bad);
  return own.length >= KNOWN_ROWS_MIN ? !(auc(scores, bad) < KNOWN_AUC_MIN) : kind.endsWith('change');
}

function rounded(
  shared: { slope: number; offset: number },
  own: { slope: number; offset: number },
  knows: boolean,
): KindCalibration {
  return {
    slope: Number((shared.slope + own.slope).toFixed(4)),
    offset: Number((shared.offset + own.offset).toFixed(4)),
    knows,
  };
}
