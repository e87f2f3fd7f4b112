import { once } from 'node:events';
import { loadEpochs } from '../../config/epochs.ts';
import { assertModelAccess } from '../../config/load.ts';
import type { Committee } from '../../protocol/committee.ts';
import { committeesOf } from '../../protocol/epoch-change.ts';
import { TASK_JSON_BYTES_MAX } from '../../protocol/limits.ts';
import { examples } from '../examples.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { openInput, unreadable } from '../input.ts';
import { inOrder, linesOf } from '../lines.ts';
import { type JudgeTask, judgeLine, type LocalVerdict } from '../local-judging.ts';
import type { CommandDefinition, Handler } from '../program.ts';
import { usageText } from '../render-result.ts';
import type { Session } from '../session.ts';

/** Ids of tasks judged outside any network; no network has this id. */
const NO_NETWORK = { networkId: '0'.repeat(64), epoch: 0 };

export const defineJudge: CommandDefinition = (program, act) => {
  program
    .command('judge')
    .description('judge tasks with the local model alone: no network, no signature; exit 3 if any got no verdict')
    .argument('<tasks>', 'file with a task as JSON on each line, or - for standard input')
    .option('--model <name>', 'the model (else the preferred one of the configuration)')
    .addHelpText(
      'after',
      examples(['pheme judge tasks.jsonl --model embedded:flow --json', 'a line of JSON for each task, in order']),
    )
    .action(act(judge));
};

const judge: Handler<{ model?: string }> = async (session, { model }, path) => {
  const { io } = session;
  const { config, warnings } = await session.loadConfig({ model });
  for (const warning of warnings) session.out.note(`note: ${warning}`);
  assertModelAccess(config);
  const { assertCustomModels, createJudges } = await import('../../node/judges.ts'); // it knows the embedded models
  await assertCustomModels(config);
  const network = (await session.hasGenesis()) ? await newestCommittee(session) : NO_NETWORK;
  const source = openInput(io, path, 'tasks');
  // A model that was named is the one that is asked, also about a task that escalates another.
  const judges = createJudges(model === undefined ? config : { ...config, escalation: {} });
  try {
    const judgeTask: JudgeTask = (task) => judges.judge(task, io.signal);
    const lines = linesOf(source, TASK_JSON_BYTES_MAX);
    const verdicts = inOrder(lines, 2 * config.worker.concurrency, (line) => judgeLine(line, network, judgeTask));
    return await printAll(session, verdicts);
  } catch (error) {
    throw (error as NodeJS.ErrnoException).syscall === undefined ? error : unreadable('tasks', path, error);
  } finally {
    await judges.stop();
  }
};

async function newestCommittee(session: Session): Promise<Committee> {
  const genesis = await session.pinnedGenesis(undefined);
  return committeesOf(genesis, await loadEpochs(session.home, genesis)).at(-1)!;
}

async function printAll({ io, out }: Session, verdicts: AsyncIterable<LocalVerdict>): Promise<ExitCode> {
  let failed = 0;
  let count = 0;
  for await (const verdict of verdicts) {
    count += 1;
    if (verdict.error !== undefined) failed += 1;
    out.json(verdict);
    out.lines(render(verdict));
    if ((io.stdout as { writableNeedDrain?: boolean }).writableNeedDrain)
      await once(io.stdout, 'drain', { signal: io.signal });
  }
  if (failed > 0) out.note(`${failed} of ${count} tasks got no verdict`);
  return failed > 0 ? EXIT.unjudged : EXIT.ok;
}

function render({ taskId, approved, confidence, score, error, summary, findings, usage }: LocalVerdict): string[] {
  const used = usage === undefined ? [] : [`    ${usageText(usage)}`];
  if (error !== undefined) return [`no verdict  ${taskId?.slice(0, 16) ?? '-'}  ${error.message}`, ...used];
  const scored = score === undefined ? '' : `, score ${score.toFixed(2)}`;
  const head = `${approved ? 'approve' : 'reject '}  ${confidence.toFixed(3)}${scored}  ${taskId?.slice(0, 16)}  ${summary}`;
  return [
    head,
    ...findings.map(
      ({ file, line, severity, rule, message }) => `    ${file}:${line}  ${severity}  ${rule}  ${message}`,
    ),
    ...used,
  ];
}
