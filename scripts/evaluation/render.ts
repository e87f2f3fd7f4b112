import type { GoalLine } from './goals.ts';
import { BEST, type Figures, type HeldOutReport, OVERALL, PANEL, type SliceReport } from './held-out-report.ts';
import { type Figure, MEASURES } from './measures.ts';

export function figureText({ value, low, high }: Figure): string {
  if (!Number.isFinite(value)) return '-';
  return `${value.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;
}

/** One judge's figures on one slice; those that the rows do not allow are left out. */
export function figureLines(figures: Figures): string[] {
  return MEASURES.filter((name) => Number.isFinite(figures[name].value)).map(
    (name) => `    ${name.padEnd(32)} ${figureText(figures[name])}`,
  );
}

/** Cells under a heading, padded to the widest of their column. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ')}`.trimEnd());
}

export function sliceLines(name: string, { rows, bad, groups, judges, network }: SliceReport): string[] {
  const names = Object.keys(judges);
  const measures = MEASURES.filter((measure) => names.some((judge) => Number.isFinite(judges[judge]![measure].value)));
  const outcomes = Object.keys(network.good) as (keyof typeof network.good)[];
  return [
    '',
    `== ${name}: ${rows} rows, ${bad} bad, ${groups} repositories or questions`,
    ...table([
      ['', ...names],
      ...measures.map((measure) => [measure, ...names.map((judge) => figureText(judges[judge]![measure]))]),
    ]),
    ...table([
      ['network', ...outcomes],
      ['good', ...outcomes.map((outcome) => figureText(network.good[outcome]))],
      ['bad', ...outcomes.map((outcome) => figureText(network.bad[outcome]))],
    ]),
  ];
}

export function heldOutLines(kind: string, report: HeldOutReport): string[] {
  const { slices, wholeReviews, panelGain, network, unanimous, pairs, gaming, injected } = report;
  const names = Object.keys(injected.towardsApproval);
  return [
    ...Object.entries(slices).flatMap(([name, slice]) => sliceLines(`${kind}, ${name}`, slice)),
    ...(wholeReviews === undefined ? [] : sliceLines('merged commits reviewed for everything', wholeReviews)),
    '',
    `== ${kind}, the panel`,
    ...Object.entries(panelGain).flatMap(([panel, gains]) =>
      Object.entries(gains).map(
        ([name, figure]) => `  ${panel} gains over its best member on history, ${name}: ${figureText(figure)}`,
      ),
    ),
    membersLine(report),
    `  four real validators in one process gave the verdict computed here on ${network.same} of ${network.tasks} tasks (EXPIRED and INCONCLUSIVE are none)`,
    `  unanimous on ${figureText(unanimous.share)} of the rows, right on ${figureText(unanimous.right)} of those`,
    ...Object.entries(pairs).map(
      ([pair, { correlation, agreement }]) =>
        `  ${pair}: same side on ${(100 * agreement).toFixed(0)}%, errors correlate ${correlation.toFixed(2)}`,
    ),
    ...(Object.keys(gaming).length === 0 ? [] : ['', `== ${kind}, gaming attempts approved at 0.8`]),
    ...(Object.keys(gaming).length === 0
      ? []
      : table([
          ['attack', 'attempts', ...names],
          ...Object.entries(gaming).map(([attack, { attempts, approved }]) => [
            attack,
            String(attempts),
            ...names.map((name) => figureText(approved[name]!)),
          ]),
        ])),
    '',
    `== ${kind}, ${injected.pairs} tasks with and without a planted text`,
    ...table([
      ['', ...names],
      ['turned towards approval', ...names.map((name) => figureText(injected.towardsApproval[name]!))],
      ['rejections lost', ...names.map((name) => figureText(injected.rejectionsLost[name]!))],
    ]),
  ];
}

/** Why a panel gains little: members that err together add no vote, and weak ones take from the best. */
function membersLine({ pairs, slices }: HeldOutReport): string {
  const correlations = Object.values(pairs).map(({ correlation }) => correlation);
  const mean = correlations.reduce((sum, value) => sum + value, 0) / correlations.length;
  const figures = Object.entries(slices[OVERALL]!.judges).filter(([name]) => name !== PANEL && name !== BEST);
  const balances = figures.map(([, figure]) => figure['balanced accuracy'].value);
  const span = `${Math.min(...balances).toFixed(3)} to ${Math.max(...balances).toFixed(3)}`;
  return `  its members reach ${span} balanced accuracy, and their errors correlate ${mean.toFixed(2)} on average`;
}

export function goalLines(goals: readonly GoalLine[]): string[] {
  const word = (met: boolean | undefined) => (met === undefined ? 'not measured' : met ? 'met' : 'MISSED');
  return table([
    ['goal', 'measured', 'met?'],
    ...goals.map(({ goal, measured, met }) => [goal, measured === undefined ? '-' : figureText(measured), word(met)]),
  ]);
}
