import { resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { epochText, installEpoch, loadEpochs, noteSigned } from '../../config/epochs.ts';
import { writeFileAtomic } from '../../config/files.ts';
import { loadGenesis } from '../../config/home.ts';
import { describeKey, loadKey } from '../../config/key.ts';
import { type Committee, indexOfKey } from '../../protocol/committee.ts';
import { createSigner } from '../../protocol/ed25519.ts';
import {
  committeesOf,
  type EpochChange,
  mergeChanges,
  proposeChange,
  proposedCommittee,
  signChange,
  signedWeightOf,
} from '../../protocol/epoch-change.ts';
import { ValidationError } from '../../protocol/errors.ts';
import { type Genesis, genesisWarnings } from '../../protocol/genesis.ts';
import { collect } from '../arguments.ts';
import { changedValidators, sameConfig, type ValidatorEdits } from '../epoch-edit.ts';
import { readChange } from '../epoch-file.ts';
import { changeWords, shortKey } from '../epoch-words.ts';
import { examples } from '../examples.ts';
import { EXIT } from '../exit-codes.ts';
import { type PassphraseFlags, passphraseOption, presentPassphrase } from '../passphrase.ts';
import type { CommandDefinition, Handler } from '../program.ts';
import type { Session } from '../session.ts';

interface ProposeFlags extends ValidatorEdits {
  out: string;
  genesis?: string;
}

interface SignFlags extends PassphraseFlags {
  yes?: boolean;
}

export const defineEpoch: CommandDefinition = (program, act) => {
  const epoch = program
    .command('epoch')
    .description("change the network's validators or rules, by a quorum of the validators before")
    .addHelpText(
      'after',
      examples(
        ['pheme epoch propose --add KEY --out change.json', 'one operator writes the change'],
        ['pheme epoch sign change.json', 'operators of a quorum sign it, each on their own machine'],
        ['pheme epoch apply change.json', 'every operator installs it, and restarts the node'],
      ),
    );
  epoch
    .command('propose')
    .description('write a change that nobody signed yet')
    .requiredOption('--out <file>', 'where the change is written')
    .option('--add <key[=weight]>', 'a new validator by its public key; may be given again', collect)
    .option('--remove <key>', 'a validator to leave out, by its public key or the beginning of it', collect)
    .option('--weight <key=weight>', 'another weight of a validator', collect)
    .option('--genesis <file>', 'take validators and rules of this file in the form of a genesis, and nothing else')
    .addHelpText('after', examples(['pheme epoch propose --remove 3b6a27bc --out change.json', 'leaves one out']))
    .action(act(propose));
  passphraseOption(epoch.command('sign').description("add the home's signature to a change"))
    .argument('<file>', 'the change; the signature is written into it')
    .option('--yes', 'sign without a question')
    .addHelpText('after', examples(['pheme epoch sign change.json', 'shows what it changes, and asks']))
    .action(act(sign));
  epoch
    .command('apply')
    .description('install a change that a quorum signed; it takes effect when the node is restarted')
    .argument('<file...>', 'the change, or copies of it that were signed at the same time')
    .addHelpText('after', examples(['pheme epoch apply from-ann.json from-bob.json', 'takes the signatures of both']))
    .action(act(apply));
  epoch
    .command('show')
    .description("the home's epochs, or what a change would do and who signed it")
    .argument('[file]', 'a change')
    .addHelpText('after', examples(['pheme epoch show change.json', 'what it changes, and who signed it']))
    .action(act(show));
};

interface Known {
  genesis: Genesis;
  changes: EpochChange[];
  /** Of all epochs, the genesis's first. */
  committees: Committee[];
}

/** A change beside the committee that signs it and the one that it makes. */
interface Step {
  change: EpochChange;
  before: Committee;
  after: Committee;
}

async function knownTo(session: Session): Promise<Known> {
  const genesis = await session.pinnedGenesis(undefined);
  const changes = await loadEpochs(session.home, genesis);
  return { genesis, changes, committees: committeesOf(genesis, changes) };
}

const propose: Handler<ProposeFlags> = async (session, flags) => {
  const { genesis, changes, committees } = await knownTo(session);
  const before = committees.at(-1)!;
  const present = changes.at(-1)?.genesis ?? genesis;
  const given = flags.genesis === undefined ? undefined : await loadGenesis(flags.genesis);
  const validators = given?.validators ?? changedValidators(present.validators, flags);
  const rules = given?.rules ?? present.rules;
  const change = proposeChange(before, { ...genesis, validators, rules });
  const after = proposedCommittee(before, change);
  const step = { change, before, after };
  if (sameConfig(before, after)) usage('the change changes nothing: give --add, --remove, --weight or --genesis');
  await writeFileAtomic(resolve(flags.out), epochText(change));
  describe(session, step);
  printJson(session, step);
  for (const warning of genesisWarnings(change.genesis)) session.out.note(`note: ${warning}`);
  session.out.note(
    `next: operators of weight ${before.quorum} run pheme epoch sign ${flags.out}, each on their machine`,
  );
  return EXIT.ok;
};

const sign: Handler<SignFlags> = async (session, { yes, ...flags }, file) => {
  const { committees } = await knownTo(session);
  const step = stepOf(committees, await readChange(session.io, file!));
  const { change, before, after } = step;
  assertNoRival(committees, after);
  const { config } = await session.loadConfig();
  const { publicKey } = await describeKey(config);
  if (indexOfKey(before, publicKey) === undefined)
    usage(`the key of ${session.home} is no validator of epoch ${before.epoch}`);
  describe(session, step);
  if (yes !== true && !(await confirmed(session, `sign epoch ${after.epoch} with ${publicKey}?`)))
    throw new ValidationError('nothing was signed', 'INTERRUPTED');
  const key = await loadKey(config, presentPassphrase(session.io, flags));
  await noteSigned(session.home, publicKey, after);
  const signed = signChange(before, change, createSigner(key.seed));
  key.seed.fill(0);
  await writeFileAtomic(resolve(file!), epochText(signed));
  printJson(session, { before, after, change: signed });
  const weight = signedWeightOf(before, signed);
  session.out.note(
    weight < before.quorum
      ? `signed: weight ${weight} of the ${before.quorum} that it needs`
      : `signed: weight ${weight} suffices; every operator runs pheme epoch apply ${file} and restarts the node`,
  );
  return EXIT.ok;
};

const apply: Handler<object> = async (session, _flags, ...files) => {
  const { genesis, committees } = await knownTo(session);
  const [first, ...others] = await Promise.all((files.flat() as string[]).map((file) => readChange(session.io, file)));
  const { before, after } = stepOf(committees, first!);
  const change = mergeChanges(before, [first!, ...others]);
  await installEpoch(session.home, genesis, change);
  describe(session, { change, before, after });
  printJson(session, { change, before, after });
  const { config } = await session.loadConfig();
  const { publicKey } = await describeKey(config);
  const place = indexOfKey(after, publicKey);
  const role =
    place === undefined ? 'follows it as an observer, and ends its open tasks' : `is validator ${place} of it`;
  session.out.note(`epoch ${after.epoch} is installed: restart the node; then it ${role}`);
  return EXIT.ok;
};

const show: Handler<object> = async (session, _flags, file) => {
  const { committees, changes } = await knownTo(session);
  if (file !== undefined) {
    const step = stepOf(committees, await readChange(session.io, file));
    describe(session, step);
    printJson(session, step);
    return EXIT.ok;
  }
  const { out } = session;
  const signersOf = (epoch: number) => changes[epoch - 1]?.signatures.map(({ publicKey }) => publicKey) ?? [];
  out.json(
    committees.map(({ epoch, configDigest, quorum, totalWeight, validators }) => {
      return { epoch, configDigest, quorum, totalWeight, validators, signedBy: signersOf(epoch) };
    }),
  );
  for (const { epoch, validators, quorum, totalWeight, configDigest } of committees) {
    const by = epoch === 0 ? 'the genesis' : `signed by ${signersOf(epoch).map(shortKey).join(', ')}`;
    out.line(`epoch ${epoch}  ${validators.length} validators, quorum ${quorum} of ${totalWeight}, ${configDigest}`);
    out.line(`         ${by}`);
  }
  return EXIT.ok;
};

/** For people, before they are asked or after it is done. */
function describe({ out }: Session, { before, after, change }: Step): void {
  const { weight, signedBy } = signedFacts(before, change);
  const by = signedBy.length === 0 ? 'nobody yet' : signedBy.map(shortKey).join(', ');
  out.line(
    `epoch      ${after.epoch} of network ${after.networkId.slice(0, 16)}, ${after.validators.length} validators`,
  );
  out.lines(changeWords(before, after));
  out.line(`signed by  ${by}: weight ${weight}, needs ${before.quorum} of ${before.totalWeight}`);
}

/** For programs, once it is done. */
function printJson({ out }: Session, { before, after, change }: Step): void {
  const { epoch, configDigest, validators } = after;
  out.json({ epoch, configDigest, validators, ...signedFacts(before, change), needed: before.quorum });
}

function signedFacts(before: Committee, change: EpochChange) {
  const signedBy = change.signatures.map(({ publicKey }) => publicKey);
  return { signedBy, weight: signedWeightOf(before, change) };
}

function stepOf(committees: readonly Committee[], change: EpochChange): Step {
  const before = committees[change.epoch - 1];
  if (before !== undefined) return { change, before, after: proposedCommittee(before, change) };
  const message = `the change begins epoch ${change.epoch}, and this home knows epochs up to ${committees.length - 1}: apply those between first`;
  throw new ValidationError(message, 'INVALID_EPOCH', { path: 'epoch' });
}

/** What a quorum has decided is not decided again, even by those who did not sign it. */
function assertNoRival(committees: readonly Committee[], { epoch, configDigest }: Committee): void {
  const held = committees[epoch];
  if (held === undefined || held.configDigest === configDigest) return;
  const message = `this home has applied another change to epoch ${epoch}: propose yours anew, after epoch ${committees.length - 1}`;
  throw new ValidationError(message, 'EPOCH_EXISTS', { path: 'epoch' });
}

/** Asked at a terminal; without one nothing is signed unless it was said beforehand. */
async function confirmed({ io }: Session, question: string): Promise<boolean> {
  if (io.stdin.isTTY !== true) usage('there is no terminal to ask at: give --yes once you have read the change');
  const asking = createInterface({ input: io.stdin, output: io.stderr });
  try {
    return /^y(es)?$/i.test((await asking.question(`${question} [y/N] `, { signal: io.signal })).trim());
  } finally {
    asking.close();
  }
}

function usage(message: string): never {
  throw new ValidationError(message, 'USAGE');
}
