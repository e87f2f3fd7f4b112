import { evidenceFault } from '../../node/verify-evidence.ts';
import { committeesOf, parseEpochChange } from '../../protocol/epoch-change.ts';
import { wholeNumber } from '../arguments.ts';
import { examples } from '../examples.ts';
import { EXIT } from '../exit-codes.ts';
import { table } from '../io.ts';
import type { CommandDefinition, Handler } from '../program.ts';
import { validatorName } from '../render-result.ts';

interface EvidenceFlags {
  network?: string;
  limit: number;
}

const LIMIT = 100;
/** As many as a node tells at once. */
const LIMIT_MAX = 1000;

export const defineEvidence: CommandDefinition = (program, act) => {
  program
    .command('evidence')
    .description(
      'validators that signed two different things for one slot, each proof checked here; exit 1 if one fails',
    )
    .option('--network <genesis.json>', "the network's genesis (else the home's)")
    .option('--limit <n>', `how many (${LIMIT})`, wholeNumber(1, LIMIT_MAX), LIMIT)
    .addHelpText('after', examples(['pheme evidence --json', 'with both signed statements, for anybody to check']))
    .action(act(evidence));
};

/** A node is not trusted: every proof is checked against the pinned genesis. */
const evidence: Handler<EvidenceFlags> = async (session, { network, limit }) => {
  const genesis = await session.pinnedGenesis(network);
  const rpc = await session.rpc();
  const changes = await rpc.call('pheme_epochs', {}, { signal: session.io.signal });
  const committees = committeesOf(genesis, changes.map(parseEpochChange));
  const proofs = await rpc.call('pheme_getEvidence', { limit }, { signal: session.io.signal });
  const checked = proofs.map((proof) => ({ ...proof, fault: evidenceFault(proof, committees) ?? null }));
  session.out.json(checked);
  const rows = checked.map(({ validatorIndex, validator, taskId, slot, fault }) => [
    validatorName(validatorIndex, validator),
    slot,
    taskId,
    fault === null ? 'proven' : `NOT PROVEN: ${fault}`,
  ]);
  session.out.lines(table([['validator', 'slot', 'task', 'proof'], ...rows]));
  if (checked.length === 0) session.out.note('no validator was caught signing two different things');
  return checked.every(({ fault }) => fault === null) ? EXIT.ok : EXIT.rejected;
};
