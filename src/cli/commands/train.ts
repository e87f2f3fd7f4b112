import { addAbortSignal, type Readable } from 'node:stream';
import { InvalidArgumentError, Option } from 'commander';
import { EMBEDDED_VARIANTS } from '../../config/embedded-variants.ts';
import { TASK_JSON_BYTES_MAX } from '../../protocol/limits.ts';
import { examples } from '../examples.ts';
import { EXIT } from '../exit-codes.ts';
import { openInput, unreadable } from '../input.ts';
import { linesOf } from '../lines.ts';
import type { CommandDefinition, Handler } from '../program.ts';
import { trainingLines, trainingToJson } from '../render-training.ts';

interface TrainFlags {
  prior?: string;
  out?: string;
  rejectShare?: number;
  holdOut?: 'group' | 'row';
}

const HELP = `
Each line of DATA is {"task": TASK, "label": "approve"|"reject"} with a task as pheme judge takes it, or, flat,
{"diff": ..., "label": ...} or {"content": ..., "requirements": [...], "label": ...}. An optional "group" names what
must not be split when measuring; else it is the task's repository or its requirements.
Exit 0: written and enabled; 1: no better than its prior on rows held out, so not enabled.`;

export const defineTrain: CommandDefinition = (program, act) => {
  program
    .command('train')
    .description('train a model of your own on labelled tasks; measures it on rows held out')
    .argument('<name>', 'its name: a letter, then letters, digits or . _ -')
    .argument('<data>', 'file with a labelled task as JSON on each line, or - for standard input')
    .addOption(
      new Option('--prior <model>', 'what it starts from (else a blend of all embedded models)').choices([
        'embedded',
        ...EMBEDDED_VARIANTS.map((variant) => `embedded:${variant}`),
      ]),
    )
    .option('--out <file>', 'where to write it (else models/NAME.json in the home)')
    .addOption(
      new Option(
        '--reject-share <share>',
        'how often tasks are to be rejected in use (else 0.2 of reviews, and of assessments as in the data)',
      ).argParser(shareOf),
    )
    .addOption(
      new Option(
        '--hold-out <unit>',
        'measure on whole questions and repositories that were not trained on, or on single rows (else group where there are 5)',
      ).choices(['group', 'row']),
    )
    .addHelpText('after', HELP)
    .addHelpText(
      'after',
      examples(
        ['pheme train grading answers.jsonl', 'learn how your examiners grade'],
        ['pheme train house reviews.jsonl --hold-out row', 'for the repositories that the data comes from'],
      ),
    )
    .action(act(train));
};

function shareOf(text: string): number {
  const share = /^0?\.\d{1,6}$/.test(text) ? Number(text) : 0;
  if (share > 0) return share;
  throw new InvalidArgumentError('Give a share over 0 and under 1, e.g. 0.2.');
}

const train: Handler<TrainFlags> = async (session, { prior, out, ...options }, name, data) => {
  const { io } = session;
  const source = addAbortSignal(io.signal, openInput(io, data, 'data') as Readable);
  const lines = linesOf(source, TASK_JSON_BYTES_MAX);
  const { trainCustomModel } = await import('../../node/custom-training.ts'); // it knows the embedded models
  const onProgress = (text: string) => session.out.progress(text);
  try {
    const training = { name, prior, lines, home: session.home, out };
    const trained = await trainCustomModel(training, { ...options, onProgress, signal: io.signal });
    session.out.endProgress();
    session.out.json(trainingToJson(trained));
    for (const { text, tone } of trainingLines(trained, session.home)) session.out.line(text, tone);
    return trained.model.enabled ? EXIT.ok : EXIT.rejected;
  } catch (error) {
    throw (error as NodeJS.ErrnoException).syscall === undefined ? error : unreadable('data', data, error);
  }
};
