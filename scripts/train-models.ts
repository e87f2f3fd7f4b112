/**
 * Trains the shipped weights: `node scripts/train-models.ts DATA_FOLDER`. Fixed seeds and grouped folds: the same
 * data give the same files, src/models/embedded/*.weights.json.
 */
import { writeFileSync } from 'node:fs';
import { calibrateCode, finalCode, heldOutCode, prepareCode } from './training/code.ts';
import { readCode, readSkill } from './training/data.ts';
import { calibrateSkill, finalSkill, heldOutSkill, prepareSkill } from './training/skill.ts';

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error('usage: node scripts/train-models.ts DATA_FOLDER');
  process.exit(2);
}

function save(name: string, content: unknown): void {
  const path = new URL(`../src/models/embedded/${name}.weights.json`, import.meta.url);
  writeFileSync(path, `${JSON.stringify(content)}\n`);
  console.log(`wrote ${name}.weights.json`);
}

const changes = prepareCode(readCode(folder));
const heldOutChanges = heldOutCode(changes);
const code = finalCode(changes);
save('code-tokens', { model: code.tokens, calibration: calibrateCode(changes, heldOutChanges.tokens) });
save('code-profile', { model: code.profile, calibration: calibrateCode(changes, heldOutChanges.profile) });

const answers = prepareSkill(readSkill(folder));
const heldOutAnswers = heldOutSkill(answers);
const skill = finalSkill(answers);
const standard = skill.standard;
save('skill-tokens', { model: skill.tokens, calibration: calibrateSkill(answers, heldOutAnswers.tokens), standard });
save('skill-profile', { model: skill.profile, calibration: calibrateSkill(answers, heldOutAnswers.profile) });
