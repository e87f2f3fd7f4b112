import type { RequirementFeedback } from '../../../protocol/judgement.ts';
import { clamp } from '../logit.ts';
import type { PreparedRequirement, PreparedText } from './prepared.ts';

/** From here on a requirement counts as met in its comment. */
export const MET_FROM = 0.5;
const PARTLY_FROM = 0.25;
/** Words named in one comment. */
const NAMED_MAX = 5;
/** A word like another from here on is taken for addressed. */
const ADDRESSED_FROM = 0.5;

/** What a reader of the judgement is told of one requirement; `met` is the probability that it is met. */
export function feedbackOn(
  requirement: string,
  met: number,
  prepared: PreparedRequirement,
  text: PreparedText,
): RequirementFeedback {
  const verdict = met >= MET_FROM ? 'Met' : met >= PARTLY_FROM ? 'Partly met' : 'Not met';
  const missing = prepared.asked.filter(({ stem }) => !text.positions.has(stem) && text.nearest(stem) < ADDRESSED_FROM);
  const denied = prepared.asked.filter(({ stem, negated }) => {
    const positions = text.positions.get(stem);
    return positions?.every((at) => text.content[at]!.negated !== negated) ?? false;
  });
  const addressed = prepared.asked.length - missing.length;
  const details = [
    `${addressed} of ${prepared.asked.length} of its words addressed`,
    ...(missing.length > 0 ? [`missing: ${named(missing)}`] : []),
    ...(denied.length > 0 ? [`denied where it affirms, or affirmed where it denies: ${named(denied)}`] : []),
  ];
  return { requirement, score: clamp(met, 0, 1), comment: `${verdict}: ${details.join('; ')}.` };
}

function named(words: readonly { text: string }[]): string {
  const shown = words.slice(0, NAMED_MAX).map(({ text }) => `"${text.slice(0, 40)}"`);
  return words.length > NAMED_MAX ? `${shown.join(', ')} and ${words.length - NAMED_MAX} more` : shown.join(', ');
}
