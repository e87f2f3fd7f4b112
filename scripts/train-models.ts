/**
 * Trains the shipped weights: `node scripts/train-models.ts DATA_FOLDER [--only code|skill]`. Fixed seeds and grouped
 * folds: the same data give the same files, src/models/embedded/*.weights.json.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { codeCard } from './training/card-code.ts';
import { heldOutSkill, skillCard } from './training/card-skill.ts';
import { heldOutCode, prepareCode, readCode, trainPrepared } from './training/code.ts';
import { readSkill } from './training/data.ts';
import { trainSkill } from './training/skill.ts';

const folderOfWeights = new URL('../src/models/embedded/', import.meta.url);

function save(name: string, content: unknown): void {
  writeFileSync(new URL(`${name}.weights.json`, folderOfWeights), `${JSON.stringify(content)}\n`);
  console.log(`wrote ${name}.weights.json`);
}

/** Puts one part of the model card in place of the part with the same heading, or behind the others. */
function saveCard(part: string): void {
  const file = new URL('MODEL_CARD.md', folderOfWeights);
  const heading = part.slice(0, part.indexOf('\n'));
  const parts = readFileSync(file, 'utf8')
    .split(/^(?=# )/m)
    .filter((text) => text.startsWith('# The embedded ') && !text.startsWith(`${heading}\n`));
  const all = [...parts, part].sort().map((text) => text.trim());
  writeFileSync(file, `${all.join('\n\n')}\n`);
  console.log('wrote MODEL_CARD.md');
}

async function trainCodeModels(folder: string): Promise<void> {
  const rows = await prepareCode(readCode(folder));
  for (const [name, weights] of Object.entries(trainPrepared(rows))) save(name, weights);
  saveCard(codeCard(rows, heldOutCode(rows)));
}

async function trainSkillModels(folder: string): Promise<void> {
  const rows = readSkill(folder);
  for (const [name, weights] of Object.entries(trainSkill(rows))) save(name, weights);
  saveCard(skillCard(await heldOutSkill(rows, console.log)));
}

const { values, positionals } = parseArgs({ options: { only: { type: 'string' } }, allowPositionals: true });
const [folder] = positionals;
if (folder === undefined || (values.only !== undefined && values.only !== 'code' && values.only !== 'skill')) {
  console.error('usage: node scripts/train-models.ts DATA_FOLDER [--only code|skill]');
  process.exit(2);
}
if (values.only !== 'skill') await trainCodeModels(folder);
if (values.only !== 'code') await trainSkillModels(folder);
