import { CustomValidator } from '../../../src/models/custom/custom-validator.ts';
import { modelContract } from '../../contract/model.ts';
import { TRAIN_ROWS } from './dough-answers.ts';
import { HOUSE_ROWS } from './house-rules.ts';

modelContract('an untrained custom model', () => new CustomValidator({ name: 'untrained' }));

const trained = new CustomValidator({ name: 'trained' });
let training: Promise<unknown> | undefined;

modelContract('a trained custom model', async () => {
  training ??= trained.train([...TRAIN_ROWS, ...HOUSE_ROWS]);
  await training;
  return trained;
});
