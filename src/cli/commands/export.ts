import { Option } from 'commander';
import type { VerifyingClient } from '../../node/client.ts';
import { sarifLog } from '../../node/sarif.ts';
import { agreementOf } from '../../protocol/agreement.ts';
import type { ConsensusResult } from '../../protocol/consensus-result.ts';
import { splitEnvelope } from '../../protocol/dsse.ts';
import { ValidationError } from '../../protocol/errors.ts';
import { findingIds } from '../../protocol/finding-id.ts';
import { attestationOf } from '../attestation.ts';
import { examples } from '../examples.ts';
import { EXIT } from '../exit-codes.ts';
import { inert } from '../inert.ts';
import { Output } from '../io.ts';
import type { CommandDefinition, Handler } from '../program.ts';

interface ExportFlags {
  network?: string;
  format: Format;
  perSigner?: boolean;
}

type Format = keyof typeof FORMATS;

/** A verified result, and what more of the node it takes to write it in another form. */
interface Exported {
  client: VerifyingClient;
  result: ConsensusResult;
  flags: ExportFlags;
  signal: AbortSignal;
}

/** What each format writes: plain JSON. */
const FORMATS = {
  json: async ({ result }: Exported): Promise<unknown> => result,
  dsse: async ({ client, result, flags, signal }: Exported): Promise<unknown> => {
    const envelope = await attestationOf(client, result, signal);
    return flags.perSigner ? splitEnvelope(envelope) : envelope;
  },
  vc: badge,
  sarif,
  anchor,
};

export const defineExport: CommandDefinition = (program, act) => {
  program
    .command('export')
    .description('a verified result in the form of other tools, on standard output')
    .argument('<taskId>', '64 hex digits')
    .addOption(
      new Option(
        '--format <format>',
        'dsse: an in-toto statement that the validators sign; vc: an Open Badges 3.0 credential; sarif: the findings for code scanning; anchor: the proof that it stands on a chain',
      )
        .choices(Object.keys(FORMATS))
        .default('json'),
    )
    .option('--per-signer', 'dsse: a list of envelopes with one signature each')
    .option('--network <genesis.json>', "the genesis to verify it against (else the home's)")
    .addHelpText(
      'after',
      examples(
        ['pheme export 3f2a... --format dsse > attestation.json', 'a quorum of signatures in one envelope'],
        ['pheme export 3f2a... --format dsse --per-signer', 'for verifiers that take one signature'],
      ),
    )
    .action(act(exportResult));
};

const exportResult: Handler<ExportFlags> = async (session, flags, taskId = '') => {
  if (!/^[0-9a-f]{64}$/.test(taskId)) throw new ValidationError('a task id has 64 lower-case hex digits', 'USAGE');
  const { signal } = session.io;
  const client = await session.verifyingClient(flags.network);
  const verified = await client.result(taskId, signal);
  if (verified === null)
    throw new ValidationError('no result: this node has not decided the task', 'NO_RESULT', { taskId });
  const written = await FORMATS[flags.format]({ client, result: verified.result, flags, signal });
  new Output(session.io, true).json(written);
  return EXIT.ok;
};

/** The findings that follow from the verified judgements; a node's own list is not believed. */
async function sarif({ result }: Exported): Promise<unknown> {
  const { findings } = agreementOf(result.judgements ?? []);
  const names = findingIds(findings);
  const ids = new Map(findings.map((finding, at) => [finding, names[at]!]));
  return sarifLog({ result, findings, ids, plain: inert });
}

/** Where this node anchored the result; `pheme verify --chain` checks it. */
async function anchor({ client, result, signal }: Exported): Promise<unknown> {
  const { taskId } = result;
  const proof = await client.rpc.call('pheme_getAnchor', { taskId }, { signal });
  if (proof !== null) return proof;
  const remedy = 'ask one that has the section chain, once the anchor is as deep as its chain.confirmations';
  throw new ValidationError(`this node has no anchor of the result: ${remedy}`, 'NO_RESULT', { taskId });
}

/** The node's own credential about a verified, approved assessment; whoever reads it checks its proof. */
async function badge({ client, result, signal }: Exported): Promise<unknown> {
  const { taskId } = result;
  const credential = await client.rpc.call('pheme_issueBadge', { taskId }, { signal });
  if (credential === null)
    throw new ValidationError('the node does not hold the task any more: ask another', 'NO_TASK', { taskId });
  return credential;
}
