/**
 * Trains the injection detector: `node scripts/train-screening.ts DATA_FOLDER`. Fixed seeds and grouped folds: the same
 * data give the same weights and card, src/models/screening/.
 */
import { writeFileSync } from 'node:fs';
import { heldOutInjection, injectionTable, readInjection, trainInjection } from './training/injection.ts';
import { screeningCard } from './training/injection-card.ts';

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error('usage: node scripts/train-screening.ts DATA_FOLDER');
  process.exit(2);
}

function save(name: string, text: string): void {
  writeFileSync(new URL(`../src/models/screening/${name}`, import.meta.url), text);
  console.log(`wrote ${name}`);
}

const rows = readInjection(folder);
const heldOut = heldOutInjection(rows);
const weights = trainInjection(rows, heldOut);
save('injection.weights.json', `${JSON.stringify(weights)}\n`);
const card = screeningCard(injectionTable(rows, heldOut, weights.threshold), weights);
save('MODEL_CARD.md', card);
