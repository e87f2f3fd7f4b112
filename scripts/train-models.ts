/**
 * Trains the shipped weights: `node scripts/train-models.ts DATA_FOLDER`. Fixed seeds and grouped folds: the same
 * data give the same files, src/models/embedded/*.weights.json.
 */
import { writeFileSync } from 'node:fs';
import { codeTable, modelCard, skillTable } from './training/card.ts';
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
const codeCalibrations = {
  tokens: calibrateCode(changes, heldOutChanges.tokens),
  profile: calibrateCode(changes, heldOutChanges.profile),
};
save('code-tokens', { model: code.tokens, calibration: codeCalibrations.tokens });
save('code-profile', { model: code.profile, calibration: codeCalibrations.profile });

const answers = prepareSkill(readSkill(folder));
const heldOutAnswers = heldOutSkill(answers);
const skill = finalSkill(answers);
const skillCalibrations = {
  tokens: calibrateSkill(answers, heldOutAnswers.tokens),
  profile: calibrateSkill(answers, heldOutAnswers.profile),
};
save('skill-tokens', { model: skill.tokens, calibration: skillCalibrations.tokens, standard: skill.standard });
save('skill-profile', { model: skill.profile, calibration: skillCalibrations.profile });

const card = modelCard({
  'code-tokens': codeTable(changes, heldOutChanges.tokens, codeCalibrations.tokens),
  'code-profile': codeTable(changes, heldOutChanges.profile, codeCalibrations.profile),
  'skill-tokens': skillTable(answers, heldOutAnswers.tokens, skillCalibrations.tokens),
  'skill-profile': skillTable(answers, heldOutAnswers.profile, skillCalibrations.profile),
});
writeFileSync(new URL('../src/models/embedded/MODEL_CARD.md', import.meta.url), card);
console.log('wrote MODEL_CARD.md');
