import { plainRarity } from './rarity.ts';
import { measure, type Reading } from './reading.ts';
import { isInstruction } from './text.ts';

/** Of graded answers that share less than this with what was asked, about one in eight was right. */
const FOREIGN_BELOW = 0.08;
export const FOREIGN_GOOD = 0.14;
/** Of those that deny most of what every requirement affirms, about one in three was right. */
const DENIED_FROM = 0.6;
const DENIED_GOOD = 0.36;
/** A requirement that is hardly spoken of, or denied, leaves it open whether all are met, however good the rest is. */
const UNMET_BELOW = 0.35;
const UNMET_GOOD = 0.6;
/** Requirements of which no two share more than this are asked for one by one; others may be ways to say one thing. */
const DISTINCT_BELOW = 0.15;

/** The highest probability of a good answer that a reading allows, whatever a model says of it. */
export function boundOf(reading: Reading): number {
  const { groups } = measure(reading, plainRarity);
  const words = groups.reduce((sum, group) => sum + group.words, 0) / Math.max(1, groups.length);
  const denied = groups.map((group) => group.negation >= DENIED_FROM && group.words >= UNMET_BELOW);
  const unmet = groups.map((group, i) => denied[i]! || group.words < UNMET_BELOW);
  if (words < FOREIGN_BELOW) return FOREIGN_GOOD;
  if (!denied.includes(false)) return DENIED_GOOD;
  return isAskedOneByOne(reading) && unmet.includes(true) ? UNMET_GOOD : 1;
}

/** Whether all requirements are to be met: a list of instructions, or of things that have nothing to do with one another. */
function isAskedOneByOne({ requirements: { each, groups, overlap } }: Reading): boolean {
  if (groups.length < 2) return false;
  const instructions = each.filter(({ words }) => isInstruction(words)).length;
  return overlap.most < DISTINCT_BELOW || instructions > each.length / 2;
}
