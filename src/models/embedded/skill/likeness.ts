import { stemOf } from './text.ts';

/** Everyday words that answer for one another when something is explained, by sense. */
const SENSES = `big large huge great|small little tiny|same equal identical alike similar|different differ other unlike|
make cause create produce form|need require must|stop block prevent|increase grow rise more higher|
decrease reduce lower less fall drop fewer|begin start|find locate discover|see look observe watch view|move go travel flow|
break damage burn dead broken|disappear vanish dissolve|send transmit|get receive obtain gain|keep hold store save|
show display indicate demonstrate|use utilize apply|fast quick rapid|slow gradual|let allow permit enable|give provide supply|
change alter modify vary|separate divide split apart|join connect attach link touch|put place set|help assist support|
because since reason|hot warm heat|cold cool|complete full whole closed|incomplete open gap|happen occur|kind type sort|
amount number quantity|part piece component|bad wrong incorrect|test try check|measure weigh|hit strike|push press force|
soil dirt ground|rock stone|food nutrient|way path route|long far|high tall|hard firm solid|clear transparent|loss lose|
delete remove drop discard|request query ask|error fault failure bug|secure safe protect|verify validate check confirm|
repeat again retry|share distribute spread|limit restrict bound|wait pause delay|answer reply respond response|main chief primary`;

/** Words that say the opposite of one another. */
const OPPOSITES = `increase decrease|more less|more fewer|high low|higher lower|open closed|open close|long short|longer shorter|
big small|large small|bigger smaller|hot cold|warm cold|fast slow|faster slower|same different|heavy light|hard soft|
connected disconnected|positive negative|series parallel|first last|before after|above below|inside outside|on off|up down|
with without|always never|all none|true false|correct incorrect|possible impossible|visible invisible|solid liquid|
conductor insulator|complete incomplete|gain lose|add remove|rise fall|push pull|loud quiet|thick thin|wide narrow|deep shallow|
full empty|wet dry|dark light|attract repel|sender receiver|fixed variable|simple complex|equal unequal|encrypt decrypt|
public private|allow deny|synchronous asynchronous|read write|safe unsafe|valid invalid|client server|grow shrink|best worst`;

const groupsOf = (text: string) => text.split('|').map((group) => group.trim().split(/\s+/).map(stemOf));

const SENSE = new Map(groupsOf(SENSES).flatMap((stems, sense) => stems.map((stem) => [stem, sense] as const)));
const OPPOSITE = new Map<string, Set<string>>();
for (const [one, other] of groupsOf(OPPOSITES)) {
  if (one === undefined || other === undefined || one === other) continue;
  OPPOSITE.set(one, (OPPOSITE.get(one) ?? new Set()).add(other));
  OPPOSITE.set(other, (OPPOSITE.get(other) ?? new Set()).add(one));
}

/** Another word of the same sense is nearly as good as the word itself. */
const SAME_SENSE = 0.8;
/** From here on two words are taken for forms or misspellings of one. */
const SAME_FORM_FROM = 0.55;

/** How far two stems stand for one another: 1 if they are one, 0 if they have nothing in common. */
export function likeness(one: string, other: string): number {
  if (one === other) return 1;
  const sense = SENSE.get(one);
  if (sense !== undefined && SENSE.get(other) === sense) return SAME_SENSE;
  if (one[0] !== other[0] || Math.abs(one.length - other.length) > 4) return 0;
  const [a, b] = [pairsOf(one), pairsOf(other)];
  const common = a.filter((pair) => b.includes(pair)).length;
  const share = (2 * common) / (a.length + b.length);
  return share > SAME_FORM_FROM ? Math.min(1, share) : 0;
}

/** Neighbouring letters, with the ends marked. */
function pairsOf(stem: string): string[] {
  const marked = `^${stem}$`;
  return Array.from({ length: marked.length - 1 }, (_, i) => marked.slice(i, i + 2));
}

/** Whether a text says the opposite of a word; `stems` are all of the text's. */
export function isOpposed(stem: string, stems: ReadonlySet<string>): boolean {
  const opposites = OPPOSITE.get(stem);
  return opposites !== undefined && [...opposites].some((opposite) => stems.has(opposite));
}

/** A word of the same sense, for rephrasing; undefined if none is known. */
export function sameSense(word: string): string | undefined {
  const stem = stemOf(word);
  return WORDS_BY_SENSE[SENSE.get(stem) ?? -1]?.find((other) => stemOf(other) !== stem);
}

const WORDS_BY_SENSE = SENSES.split('|').map((group) => group.trim().split(/\s+/));
