import { Option } from 'commander';
import { EMBEDDED_VARIANTS, type EmbeddedVariant } from '../../config/embedded-variants.ts';
import { loadGenesis } from '../../config/home.ts';
import { initHome } from '../../config/testnet.ts';
import { createCommittee } from '../../protocol/committee.ts';
import { ValidationError } from '../../protocol/errors.ts';
import { genesisWarnings } from '../../protocol/genesis.ts';
import { collect, wholeNumber } from '../arguments.ts';
import { readChange } from '../epoch-file.ts';
import { examples } from '../examples.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandDefinition, Handler } from '../program.ts';

interface InitOptions {
  network?: string;
  epochs?: string[];
  name?: string;
  variant?: EmbeddedVariant;
  p2pPort?: number;
  rpcPort?: number;
  peer?: string[];
}

export const defineInit: CommandDefinition = (program, act) => {
  program
    .command('init')
    .description('make a home: key, configuration, token and, unless given one, a genesis of this node alone')
    .option('--network <genesis.json>', 'the network to join')
    .option('--epochs <file...>', "with --network: the network's changes since, as their operators applied them")
    .option('--name <name>', 'name of the new network, without --network')
    .addOption(new Option('--variant <model>', 'embedded model to begin with').choices([...EMBEDDED_VARIANTS]))
    .option('--p2p-port <port>', 'port for peers', wholeNumber(1, 65_535))
    .option('--rpc-port <port>', 'port of the RPC', wholeNumber(1, 65_535))
    .option('--peer <multiaddr>', 'a peer of the network; may be given again', collect)
    .addHelpText(
      'after',
      examples(
        ['pheme init', 'a network of this node alone'],
        ['pheme init --network genesis.json --peer /dns/a.example/tcp/7435/p2p/12D3...', 'joins one'],
        ['pheme init --network genesis.json --epochs 001.json 002.json', 'joins one whose validators have changed'],
      ),
    )
    .action(act(init));
};

const init: Handler<InitOptions> = async ({ home, io, out }, { network, epochs = [], peer, ...rest }) => {
  if (network === undefined && epochs.length > 0)
    throw new ValidationError('--epochs are those of a network: give its genesis with --network', 'USAGE');
  const genesis = network === undefined ? {} : { genesis: await loadGenesis(network) };
  const changes = await Promise.all(epochs.map((file) => readChange(io, file)));
  changes.sort((a, b) => a.epoch - b.epoch);
  const node = await initHome({ home, changes, ...rest, ...genesis, ...(peer === undefined ? {} : { peers: peer }) });
  const { networkId } = createCommittee(node.genesis);
  const { publicKey, peerId, epoch, validatorIndex } = node;
  out.json({ home, publicKey, peerId, networkId, epoch, validatorIndex });
  out.line(`home        ${home}`);
  out.line(`public key  ${publicKey}`);
  out.line(`peer id     ${peerId}`);
  out.line(`network     ${node.genesis.name} (${networkId})${epoch === 0 ? '' : `, epoch ${epoch}`}`);
  if (validatorIndex === null)
    out.note(
      'this key is no validator of the network: the node can only observe (pheme start --observer) until an epoch adds it (pheme epoch propose --add)',
    );
  for (const warning of genesisWarnings(changes.at(-1)?.genesis ?? node.genesis)) out.note(`note: ${warning}`);
  return EXIT.ok;
};
