import { ValidationError } from '../../protocol/errors.ts';
import { examples } from '../examples.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandDefinition, Handler } from '../program.ts';
import { renderExplanation } from '../render-explanation.ts';

export const defineExplain: CommandDefinition = (program, act) => {
  program
    .command('explain')
    .description('why a task came out as it did, or what it waits for: who was missing, late or dissenting, and when')
    .argument('<taskId>', '64 hex digits')
    .addHelpText(
      'after',
      examples(['pheme explain 3f2a...', 'as the asked node saw it; pheme result verifies the outcome itself']),
    )
    .action(act(explain));
};

const explain: Handler<object> = async (session, _flags, taskId = '') => {
  if (!/^[0-9a-f]{64}$/.test(taskId)) throw new ValidationError('a task id has 64 lower-case hex digits', 'USAGE');
  const rpc = await session.rpc();
  const explanation = await rpc.call('pheme_explain', { taskId }, { signal: session.io.signal });
  if (explanation === null)
    throw new ValidationError('no explanation: this node does not know the task', 'NO_RESULT', { taskId });
  session.out.json(explanation);
  for (const { text, tone } of renderExplanation(explanation)) session.out.line(text, tone);
  return EXIT.ok;
};
