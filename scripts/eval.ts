/**
 * Measures judges on labelled tasks.
 *
 * `npm run eval -- DATA.jsonl[.gz]... [--model NAME] [--home DIR] [--base-rate 0.2] [--json]`: the embedded judges, or any
 * model that the configuration of a home names. A row is a `task`, or a `diff`, or a `content` with `requirements`, and a
 * `label`, approve or reject; `repo` or `qid` groups rows, `pair` and `form` join the two sides of a case.
 *
 * `npm run eval -- --held-out DATA_FOLDER [--only code|skill] [--folds 5] [--seed 1] [--sample 1] [--json]`: trains the embedded
 * judges without one part of the repositories or questions at a time, judges that part, and puts their judgements
 * through the network's rule.
 */
import { parseArgs } from 'node:util';
import { invalidInput, ValidationError } from '../src/protocol/errors.ts';
import { evaluateFiles } from './evaluation/files.ts';
import { evaluateHeldOut } from './evaluation/held-out-run.ts';

const { values, positionals } = parseArgs({
  options: {
    model: { type: 'string' },
    home: { type: 'string' },
    'base-rate': { type: 'string', default: '0.2' },
    'held-out': { type: 'string' },
    only: { type: 'string' },
    folds: { type: 'string', default: '5' },
    seed: { type: 'string', default: '1' },
    sample: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});

function numberOf(name: 'base-rate' | 'folds' | 'seed' | 'sample', min: number, max: number): number {
  const value = Number(values[name]);
  if (value >= min && value <= max) return value;
  throw invalidInput('not an evaluation', [{ path: `--${name}`, message: `must be from ${min} to ${max}` }], 'USAGE');
}

function usage(message: string): never {
  throw new ValidationError(
    `${message}: eval DATA.jsonl[.gz]... [--model NAME] [--home DIR], or eval --held-out DATA_FOLDER`,
    'USAGE',
  );
}

function evaluate() {
  const baseRate = numberOf('base-rate', 0.01, 0.99);
  const { model, home, only, 'held-out': folder, json: asJson } = values;
  if (folder === undefined) {
    if (positionals.length === 0) usage('give the rows to judge');
    return evaluateFiles({ paths: positionals, model, home, baseRate, asJson });
  }
  if (only !== undefined && only !== 'code' && only !== 'skill') usage('--only takes code or skill');
  return evaluateHeldOut({
    folder,
    kinds: only === undefined ? ['code', 'skill'] : [only],
    folds: numberOf('folds', 2, 20),
    seed: numberOf('seed', 0, 2 ** 31),
    sample: numberOf('sample', 0.01, 1),
    baseRate,
    asJson,
  });
}

try {
  const report = await evaluate();
  if (values.json) console.log(JSON.stringify(report));
} catch (error) {
  if (!(error instanceof ValidationError)) throw error;
  console.error(`eval: ${error.message}`);
  process.exitCode = 2;
}
