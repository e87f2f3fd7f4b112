import type { Rarity } from './coverage.ts';
import type { PreparedRequirement, PreparedText } from './prepared.ts';
import type { Reading } from './reading.ts';

/** Words that turn what is said one way or the other way; most of them are too common to count as content. */
const WAYS = `more higher greater bigger larger increase increases increased faster longer hotter warmer stronger louder heavier
up rise rises grow grows most / less lower fewer smaller decrease decreases decreased slower shorter colder cooler weaker quieter
lighter down fall falls shrink least|before first / after then last|same equal identical / different differ other unequal|
open gap off separated disconnected broken incomplete / closed complete on connected together|yes / no|positive / negative|
can will does do is / cannot not|all both each every / none neither no only one`;

const TURNS = WAYS.split('|').map((turn) => turn.split('/').map((way) => new Set(way.trim().split(/\s+/))));

const RELATIONS =
  `before after more less most above below between through off on up down out into from with without because so
if when while not no same only all both each then any some to by than until against over under during other own`.split(
    /\s+/,
  );

/** How the turns of a text agree with those that are asked for. */
export interface Turns {
  /** For each pair of ways: 1 if both texts take the same one, -1 if they take opposite ones, 0 if one takes none or both. */
  each: number[];
  agreed: number;
  /** Ways asked for in place of which the text takes only the opposite one. */
  opposite: number;
  /** Share of the words of relation asked for that the text has, and share of its words that are others of them. */
  relationsFound: number;
  relationsOther: number;
}

/** Names of the pairs of ways, in order. */
export const TURN_NAMES = ['more', 'before', 'same', 'open', 'yes', 'positive', 'can', 'all'] as const;

export function turnsOf(text: PreparedText, requirement: PreparedRequirement, joined: PreparedRequirement): Turns {
  const [own, asked] = [text.places, requirement.places];
  const sides = TURNS.map((ways) => ({
    own: ways.map((way) => takes(own, way)),
    asked: ways.map((way) => takes(asked, way)),
  }));
  const sum = (of: (side: Side) => number) => sides.reduce((total, side) => total + of(side), 0);
  const wanted = RELATIONS.filter((word) => asked.has(word));
  const others = RELATIONS.filter((word) => own.has(word) && !joined.places.has(word));
  return {
    each: sides.map((side) => (side.asked[0]! - side.asked[1]!) * (side.own[0]! - side.own[1]!)),
    agreed: sum((side) => side.asked.filter((one, i) => one && side.own[i]).length),
    opposite: sum(
      (side) => side.asked.filter((one, i) => one && !side.own[i] && side.own[1 - i] && !side.asked[1 - i]).length,
    ),
    relationsFound: wanted.filter((word) => own.has(word)).length / (1 + wanted.length),
    relationsOther: others.length / (1 + own.size),
  };
}

interface Side {
  own: number[];
  asked: number[];
}

function takes(places: PreparedText['places'], way: ReadonlySet<string>): number {
  for (const word of way) if (places.has(word)) return 1;
  return 0;
}

/** How a text speaks, by its words of all kinds. */
export interface Manner {
  /** Share of distinct words that no requirement has, and the weight of its content among them for each word. */
  newShare: number;
  newWeight: number;
  /** How much its words tell on average, and the one that tells most. */
  meanRarity: number;
  mostRarity: number;
}

export function mannerOf({ text, requirements }: Reading, rarity: Rarity): Manner {
  const { words, places } = text;
  const asked = requirements.joined.places;
  const weights = words.map(rarity);
  const fresh = words.map(({ content, text: own }, i) => (content && !asked.has(own) ? weights[i]! : 0));
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return {
    newShare: [...places.keys()].filter((own) => !asked.has(own)).length / (1 + places.size),
    newWeight: sum(fresh) / (1 + words.length),
    meanRarity: sum(weights) / Math.max(1, words.length),
    mostRarity: weights.reduce((most, weight) => Math.max(most, weight), 0),
  };
}
