import { join } from 'node:path';
import { homePaths } from '../config/home-paths.ts';
import { CustomValidator } from '../models/custom/custom-validator.ts';
import type { ModelFile, TrainedHead } from '../models/custom/model-file.ts';
import { badRow, type LabelledTask, parseRow } from '../models/custom/rows.ts';
import type { TrainOptions } from '../models/custom/training.ts';
import { parseStrictJson } from '../rpc/strict-json.ts';

export interface CustomTraining {
  name: string;
  /** What it starts from; a blend of the embedded judges unless given. */
  prior?: string | undefined;
  /** Rows as JSON, numbered; a row without text was too long. */
  lines: AsyncIterable<{ number: number; text?: string }>;
  home: string;
  /** Instead of `models/NAME.json` in the home. */
  out?: string | undefined;
}

export interface TrainedModel {
  model: ModelFile;
  /** What was learned and measured, by type of task. */
  heads: (TrainedHead & { type: string })[];
  /** Where it was written. */
  path: string;
}

/**
 * Trains a custom model from lines of JSON and writes it. One that its measurement refuses is written beside, as
 * `....refused.json`, and never takes the place of one that is in use.
 * @throws ValidationError INVALID_DATA with the line, TOO_FEW_ROWS, INVALID_NAME; the signal's reason when aborted
 */
export async function trainCustomModel(training: CustomTraining, options: TrainOptions): Promise<TrainedModel> {
  const { name, prior, lines, home, out } = training;
  const validator = new CustomValidator({ name, ...(prior === undefined ? {} : { prior }) });
  const model = await validator.train(rowsOf(lines), options);
  const wanted = out ?? join(homePaths(home).models, `${name}.json`);
  const path = model.enabled ? wanted : wanted.replace(/(?:\.json)?$/, '.refused.json');
  await validator.save(path);
  const heads = Object.entries(model.heads).flatMap(([type, head]) => (head === undefined ? [] : [{ ...head, type }]));
  return { model, heads, path };
}

async function* rowsOf(lines: CustomTraining['lines']): AsyncGenerator<LabelledTask> {
  for await (const { number, text } of lines) {
    const where = `line ${number}`;
    if (text === undefined) throw badRow(where, 'the line is too long for a task');
    yield parseRow(parsed(text, where), where);
  }
}

function parsed(text: string, where: string): unknown {
  try {
    return parseStrictJson(text);
  } catch (error) {
    throw badRow(where, `is not JSON: ${(error as Error).message}`);
  }
}
