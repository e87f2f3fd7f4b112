import { Option } from 'commander';
import { type Check, type Expectations, verifyResult } from '../../node/verify.ts';
import { ValidationError } from '../../protocol/errors.ts';
import { TASK_JSON_BYTES_MAX } from '../../protocol/limits.ts';
import { parseTask, type Task } from '../../protocol/task.ts';
import { examples } from '../examples.ts';
import { EXIT } from '../exit-codes.ts';
import { readJson } from '../input.ts';
import type { Io } from '../io.ts';
import type { CommandDefinition, Handler } from '../program.ts';
import { type ReviewFlags, readReviewTask, reviewOptions } from '../review-options.ts';

interface VerifyFlags extends ReviewFlags {
  network?: string;
  task?: string;
  diff?: string;
  require?: 'approved';
}

/** A result with all its reports: more than any node writes. */
const RESULT_BYTES_MAX = 64 * 1024 * 1024;

export const defineVerify: CommandDefinition = (program, act) => {
  const command = program
    .command('verify')
    .description("check a result offline, with nothing but its network's genesis")
    .argument('<result>', 'file of a ConsensusResult as JSON, or - for standard input')
    .option('--network <genesis.json>', "the network's genesis (else the home's)")
    .addOption(new Option('--task <file>', 'the task that it must be about, as JSON').conflicts('diff'))
    .option('--diff <file>', 'the diff that it must be about; give the flags that the review had')
    .addOption(new Option('--require <verdict>', 'fail unless the verdict is this one').choices(['approved']));
  reviewOptions(command)
    .addHelpText(
      'after',
      examples(
        ['pheme verify result.json --network genesis.json', 'authentic?'],
        [
          'pheme verify result.json --network genesis.json --diff my.diff --require approved',
          'approves this very diff?',
        ],
      ),
    )
    .action(act(verify));
};

const verify: Handler<VerifyFlags> = async (session, flags, path) => {
  const { io, out } = session;
  const genesis = await session.pinnedGenesis(flags.network);
  const expectations = await expectationsOf(io, flags);
  const result = await readResult(io, path);
  const { authentic, satisfied, checks } = verifyResult(result, genesis, expectations);
  out.json({ authentic, satisfied, checks });
  for (const check of checks) out.line(lineOf(check), check.ok ? undefined : 'bad');
  const verdict = authentic ? 'authentic' : 'NOT authentic';
  const unmet = authentic && !satisfied ? ', but the requirement is not met' : '';
  out.line(`${verdict}${unmet}`, satisfied ? 'good' : 'bad');
  return satisfied ? EXIT.ok : EXIT.rejected;
};

/** What is no JSON is no result: that is an answer, not a fault of usage. */
async function readResult(io: Io, path: string | undefined): Promise<unknown> {
  try {
    return await readJson(io, path, 'result', RESULT_BYTES_MAX);
  } catch (error) {
    if (error instanceof ValidationError && error.code === 'MALFORMED') return undefined;
    throw error;
  }
}

function lineOf({ name, ok, detail }: Check): string {
  return `${ok ? 'ok    ' : 'FAILED'}  ${name.padEnd(10)}  ${detail}`;
}

async function expectationsOf(io: Io, flags: VerifyFlags): Promise<Expectations> {
  const task = await expectedTask(io, flags);
  if (task === undefined && flags.headSha !== undefined) {
    throw new ValidationError('--head-sha is checked through the input: give --task or --diff too', 'USAGE');
  }
  return {
    ...(task === undefined ? {} : { task }),
    ...(flags.headSha === undefined ? {} : { headSha: flags.headSha }),
    ...(flags.require === undefined ? {} : { requireApproved: true }),
  };
}

async function expectedTask(io: Io, flags: VerifyFlags): Promise<Task | undefined> {
  if (flags.task !== undefined) return parseTask(await readJson(io, flags.task, 'task', TASK_JSON_BYTES_MAX));
  return flags.diff === undefined ? undefined : readReviewTask(io, flags.diff, flags);
}
