import type { LabelledTask } from '../../../src/models/custom/rows.ts';
import { assessment } from '../tasks.ts';

const REQUIREMENTS = ['Yeast ferments sugars and releases carbon dioxide, which the gluten network retains.'];

/** Short answers to why bread dough rises, half of them in the words of a kitchen; every other one is wrong. */
const ANSWERS: readonly (readonly [right: string, wrong: string])[] = [
  [
    'little bubbles of gas made by the yeast get stuck in the stretchy dough',
    'the oven is hot and heat makes it swell',
  ],
  ['yeast eats the sugar and burps gas, the bubbles puff it up', 'because the baker kneads it until air is beaten in'],
  ['living yeast feeds on sugar and gives off gas that cannot escape', 'the water in it turns to steam while you wait'],
  ['the gas from the yeast blows up the dough like many balloons', 'flour soaks up water and grows bigger and heavier'],
  [
    'yeast is alive, it digests starch and the gas lifts the stretchy dough',
    'salt makes the flour expand on the table',
  ],
  ['bubbles of carbon dioxide from the yeast are caught in the gluten', 'it is left in a warm place so heat swells it'],
  [
    'the yeast breathes out gas and elastic strands hold the bubbles in',
    'kneading beats air into it, nothing else is needed',
  ],
  [
    'as the yeast eats, gas collects in bubbles and everything gets puffy',
    'the flour grows when water is poured over it',
  ],
  ['sugar is turned into gas by yeast, and the dough traps it', 'the oven heat pulls the dough upwards'],
  ['tiny fungi make gas out of sugar, which stays in as bubbles', 'steam from the hot water pushes it up'],
  ['gas bubbles: the yeast makes them and the gluten keeps them', 'because eggs and butter make it fluffy'],
  ['the yeast wakes up, eats and fills it with bubbles of gas', 'the salt reacts with water and swells the flour'],
  ['carbon dioxide made by yeast cannot leave the stretchy mass', 'heat from your hands warms the flour so it grows'],
  ['yeast ferments the sugar, the gas stays inside as bubbles', 'air from the room gets in while it is kneaded'],
  ['because yeast lives on sugars and its gas inflates the dough', 'the bowl is warm and warm things get bigger'],
  ['fermentation: yeast turns sugar to gas and bubbles are held by gluten', 'water boils inside it in the oven'],
  [
    'when yeast digests sugar it leaves gas behind that puffs up the dough',
    'flour is light and rises when it is sifted',
  ],
  ['gas. yeast makes it from sugar, strands of gluten stop it leaving', 'the baker folds air in with a spoon'],
  ['the yeast cells give off bubbles of gas, so it stretches and grows', 'butter melts and leaves room for air'],
  ['bubbles grow where the yeast eats sugar, held by the elastic dough', 'it dries on the outside and so it swells'],
  ['it is the gas that yeast gives off, trapped in a stretchy net', 'hot air of the oven goes into the flour'],
  ['the yeast makes carbon dioxide that blows bubbles in the dough', 'salt and water warm up and push it up'],
  ['microbes eat the sugar and their gas makes lots of bubbles inside', 'kneading makes it soft and then it spreads'],
  ['gas from hungry yeast is caught, so it puffs up like a balloon', 'flour keeps soaking water all night and grows'],
  ['yeast plus sugar gives gas, and gluten is the rubber that holds it', 'because heat always makes things rise'],
  ['the bubbles come from yeast that eats starch and sugar', 'steam lifts the flour from below'],
  ['sugar goes into the yeast, gas comes out and is trapped', 'the eggs are beaten and hold the air'],
  ['the dough holds on to gas bubbles which living yeast produces', 'water and salt make the flour heavier and taller'],
  ['yeast releases gas from sugars and it is stuck in the gluten', 'it sits near the oven and the warm air swells it'],
  ['its bubbles are gas of the yeast, so it inflates', 'the baker leaves it until the water has gone'],
];

const task = (text: string) => assessment(text, REQUIREMENTS);

/** Sixty rows, right and wrong in turn. */
export const DOUGH_ROWS: readonly LabelledTask[] = ANSWERS.flatMap(([right, wrong]) => [
  { task: task(right), label: 'approve' as const },
  { task: task(wrong), label: 'reject' as const },
]);

/** Twenty to learn from, and the forty that nobody sees before. */
export const TRAIN_ROWS = DOUGH_ROWS.slice(0, 20);
export const TEST_ROWS = DOUGH_ROWS.slice(20);
export const doughTask = task;
