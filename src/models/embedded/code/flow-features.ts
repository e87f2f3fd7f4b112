import { FeatureBag, joined, type Sparse, scaled } from '../hashing.ts';
import { callsOf, shapeOf } from './shapes.ts';
import { runsOf } from './token-features.ts';
import { type ChangedLine, type ChangeView, gains, type Side } from './view.ts';

/** Lengths of the groups of features relative to each other: chosen by cross-validation. */
const GROUP = { present: 1, gained: 1.5, ofKind: 1.5, flows: 1 } as const;
const RUN_PARTS = 4;
/** A longer line is unique, and so tells nothing as a whole. */
const WHOLE_PARTS = 14;

function shapesOf(lines: readonly ChangedLine[]): string[] {
  return lines.flatMap((line) => {
    const shape = shapeOf(line);
    const whole = shape.length <= WHOLE_PARTS ? [`line ${shape.join(' ')}`] : [];
    return [...runsOf(shape, RUN_PARTS), ...callsOf(shape), ...whole];
  });
}

const flowsOf = ({ evidence }: Side): string[] =>
  evidence
    .filter(({ rule }) => /-(?:injection|built)$/.test(rule))
    .map(({ rule, severity }) => `${rule.slice(rule.indexOf('/') + 1)} ${severity}`);

/**
 * What values do in a change, whatever they are called: shapes of its lines and calls, and flows from where values
 * enter to where they do harm.
 */
export function flowFeatures({ after, before, kind }: ChangeView, buckets: number): Sparse {
  const bag = () => new FeatureBag(buckets);
  const [present, gained, ofKind, flows] = [bag(), bag(), bag(), bag()];
  const now = shapesOf(after.lines);
  for (const shape of now) present.add(`t ${shape}`);
  for (const [shape, surplus] of gains(now, shapesOf(before.lines))) {
    if (before.lines.length > 0) gained.add(`d ${shape}`, Math.sign(surplus));
    ofKind.add(`${kind} ${shape}`, Math.sign(surplus));
  }
  for (const flow of flowsOf(after)) flows.add(`f ${flow}`);
  for (const flow of flowsOf(before)) flows.add(`f ${flow}`, -1);
  return joined([
    scaled(present, GROUP.present),
    scaled(gained, GROUP.gained),
    scaled(ofKind, GROUP.ofKind),
    scaled(flows, GROUP.flows),
  ]);
}
