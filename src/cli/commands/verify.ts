import { Option } from 'commander';
import { type Expectations, verifyResult } from '../../node/verify.ts';
import { type AnchorCheck, verifyAnchor } from '../../node/verify-anchor.ts';
import type { ConsensusResult } from '../../protocol/consensus-result.ts';
import { ValidationError } from '../../protocol/errors.ts';
import type { Genesis } from '../../protocol/genesis.ts';
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
  chain?: string;
  anchor?: string;
}

type CheckLine = { name: string; ok: boolean; detail: string };

/** A path of a dozen digests, and what it belongs to. */
const PROOF_BYTES_MAX = 64 * 1024;
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
  command
    .option('--chain <url>', 'RPC of a node of the chain that the result is anchored on; needs --anchor')
    .option('--anchor <file>', 'the proof, as pheme export --format anchor wrote it; needs --chain');
  reviewOptions(command)
    .addHelpText(
      'after',
      examples(
        ['pheme verify result.json --network genesis.json', 'authentic?'],
        [
          'pheme verify result.json --network genesis.json --diff my.diff --require approved',
          'approves this very diff?',
        ],
        ['pheme verify result.json --chain URL --anchor anchor.json', 'existed by a time that a chain keeps?'],
      ),
    )
    .action(act(verify));
};

const verify: Handler<VerifyFlags> = async (session, flags, path) => {
  const { io, out } = session;
  if ((flags.chain === undefined) !== (flags.anchor === undefined))
    throw new ValidationError('--chain and --anchor need each other: give both', 'USAGE');
  const genesis = await session.pinnedGenesis(flags.network);
  const expectations = await expectationsOf(io, flags);
  const result = await readResult(io, path);
  const verified = verifyResult(result, genesis, expectations);
  const anchorChecks = verified.authentic ? await checkAnchor(io, flags, result as ConsensusResult, genesis) : [];
  const { authentic } = verified;
  const checks = [...verified.checks, ...anchorChecks];
  const satisfied = verified.satisfied && anchorChecks.every(({ ok }) => ok);
  const notChecked = authentic ? uncheckedOf(result as ConsensusResult, flags) : [];
  out.json({ authentic, satisfied, checks, notChecked });
  for (const check of checks) out.line(lineOf(check), check.ok ? undefined : 'bad');
  for (const text of notChecked) out.line(`not checked: ${text}`, 'faint');
  const verdict = authentic ? 'authentic' : 'NOT authentic';
  const unmet = authentic && !satisfied ? ', but the requirement is not met' : '';
  out.line(`${verdict}${unmet}`, satisfied ? 'good' : 'bad');
  return satisfied ? EXIT.ok : EXIT.rejected;
};

/** What a reader could take for checked: each with what would check it. */
function uncheckedOf({ judgements = [] }: ConsensusResult, { task, diff }: VerifyFlags): string[] {
  const silent = judgements.filter(({ report }) => report === undefined).length;
  return [
    ...(task === undefined && diff === undefined
      ? ['what was judged: give --task FILE or --diff FILE to compute the task id from your own input']
      : []),
    ...(judgements.length === 0 ? ['the judgements: the file lists none, the core holds their digests'] : []),
    ...(silent === 0 ? [] : [`${silent} of ${judgements.length} reports: the file does not hold them`]),
  ];
}

/** What is no JSON is no result: that is an answer, not a fault of usage. */
async function readResult(io: Io, path: string | undefined): Promise<unknown> {
  try {
    return await readJson(io, path, 'result', RESULT_BYTES_MAX);
  } catch (error) {
    if (error instanceof ValidationError && error.code === 'MALFORMED') return undefined;
    throw error;
  }
}

/** Asked only about an authentic result: an anchor makes no result authentic. */
async function checkAnchor(
  io: Io,
  { chain, anchor }: VerifyFlags,
  result: ConsensusResult,
  genesis: Genesis,
): Promise<AnchorCheck[]> {
  if (chain === undefined || anchor === undefined) return [];
  return verifyAnchor(result, genesis, await readJson(io, anchor, 'anchor proof', PROOF_BYTES_MAX), chain);
}

function lineOf({ name, ok, detail }: CheckLine): string {
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
