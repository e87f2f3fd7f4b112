import { Option } from 'commander';
import type { VerifyingClient } from '../../node/client.ts';
import { ValidationError } from '../../protocol/errors.ts';
import { linkSentences } from '../../protocol/escalation.ts';
import { OUTCOMES, type Outcome } from '../../protocol/value.ts';
import { RESULTS_PAGE_MAX, type ResultSummary } from '../../rpc/api.ts';
import { wholeNumber } from '../arguments.ts';
import { type AskFlags, outputFor, printResult } from '../ask.ts';
import { examples } from '../examples.ts';
import { EXIT, exitOfOutcome } from '../exit-codes.ts';
import { table } from '../io.ts';
import type { CommandDefinition, Handler } from '../program.ts';
import type { Session } from '../session.ts';

interface ResultsFlags {
  limit: number;
  cursor?: number;
  outcome?: Outcome;
  oldest?: boolean;
}

const LIMIT = 20;

export const defineResults: CommandDefinition = (program, act) => {
  program
    .command('results')
    .description('the results that a node holds, as it says; pheme result verifies one')
    .option('--limit <n>', `how many (${LIMIT})`, wholeNumber(1, RESULTS_PAGE_MAX), LIMIT)
    .option('--cursor <n>', 'go on where the page before ended', wholeNumber(0, Number.MAX_SAFE_INTEGER))
    .addOption(new Option('--outcome <outcome>', 'only these').choices([...OUTCOMES]))
    .option('--oldest', 'oldest first')
    .addHelpText(
      'after',
      examples(
        ['pheme results --outcome REJECTED --limit 5', 'the last five'],
        ['pheme results --json', 'a page for programs'],
      ),
    )
    .action(act(results));
};

const results: Handler<ResultsFlags> = async (session, { limit, cursor, outcome, oldest = false }) => {
  const rpc = await session.rpc();
  const query = { limit, cursor, outcome, order: oldest ? ('oldest' as const) : ('newest' as const) };
  const page = await rpc.call('pheme_listResults', query, { signal: session.io.signal });
  session.out.json(page);
  session.out.lines(table([['#', 'task', 'outcome', 'confidence', 'decided'], ...page.results.map(row)]));
  if (page.next !== null && !session.out.asJson) session.out.note(`more: --cursor ${page.next}`);
  return EXIT.ok;
};

function row({ sequence, taskId, outcome, reason, confidence, decidedAt }: ResultSummary): string[] {
  return [
    String(sequence),
    taskId,
    reason === undefined ? outcome : `${outcome} (${reason})`,
    String(confidence),
    decidedAt,
  ];
}

type ResultFlags = Pick<AskFlags, 'network' | 'format'>;

export const defineResult: CommandDefinition = (program, act) => {
  program
    .command('result')
    .description('one result, verified; exit 0 approved, 1 rejected, 3 no verdict')
    .argument('<taskId>', '64 hex digits')
    .option('--network <genesis.json>', "the genesis to verify it against (else the home's)")
    .addOption(new Option('--format <format>', 'how to print it').choices(['pretty', 'json']).default('pretty'))
    .addHelpText(
      'after',
      examples(['pheme result 3f2a... --json > result.json', 'for pheme verify, or for an archive']),
    )
    .action(act(result));
};

const result: Handler<ResultFlags> = async (session, { network, format }, taskId = '') => {
  if (!/^[0-9a-f]{64}$/.test(taskId)) throw new ValidationError('a task id has 64 lower-case hex digits', 'USAGE');
  const client = await session.verifyingClient(network);
  const verified = await client.result(taskId, session.io.signal);
  if (verified === null)
    throw await noResult(client.rpc.call('pheme_getTask', { taskId }, { signal: session.io.signal }), taskId);
  const out = outputFor(session, format);
  printResult(out, client, verified);
  for (const line of await linkLines(session, client, taskId, out.asJson)) out.line(line);
  return exitOfOutcome(verified.result.outcome);
};

/** Which tasks it asks again, or asked it again; a node without an answer takes nothing from the verified result. */
async function linkLines({ io: { signal } }: Session, { rpc }: VerifyingClient, taskId: string, asJson: boolean) {
  if (asJson) return [];
  const view = await rpc.call('pheme_getTask', { taskId }, { signal }).catch(() => null);
  return linkSentences(view ?? {}).map((sentence) => `linked    ${sentence} (as this node says)`);
}

async function noResult(task: Promise<{ state: string } | null>, taskId: string): Promise<ValidationError> {
  const reason = (await task) === null ? 'this node does not know the task' : 'the task is not decided yet';
  return new ValidationError(`no result: ${reason}`, 'NO_RESULT', { taskId });
}
