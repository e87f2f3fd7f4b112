import { Option } from 'commander';
import { EMBEDDED_VARIANTS, type EmbeddedVariant } from '../../config/embedded-variants.ts';
import { loadGenesis } from '../../config/home.ts';
import { initHome } from '../../config/testnet.ts';
import { createCommittee } from '../../protocol/committee.ts';
import { genesisWarnings } from '../../protocol/genesis.ts';
import { collect, wholeNumber } from '../arguments.ts';
import { examples } from '../examples.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandDefinition, Handler } from '../program.ts';

interface InitOptions {
  network?: string;
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
      ),
    )
    .action(act(init));
};

const init: Handler<InitOptions> = async ({ home, out }, { network, peer, ...rest }) => {
  const genesis = network === undefined ? {} : { genesis: await loadGenesis(network) };
  const node = await initHome({ home, ...rest, ...genesis, ...(peer === undefined ? {} : { peers: peer }) });
  const { networkId } = createCommittee(node.genesis);
  const { publicKey, peerId, validatorIndex } = node;
  out.json({ home, publicKey, peerId, networkId, validatorIndex });
  out.line(`home        ${home}`);
  out.line(`public key  ${publicKey}`);
  out.line(`peer id     ${peerId}`);
  out.line(`network     ${node.genesis.name} (${networkId})`);
  if (validatorIndex === null)
    out.note('this key is not in the genesis: the node can only observe (pheme start --observer)');
  for (const warning of genesisWarnings(node.genesis)) out.note(`note: ${warning}`);
  return EXIT.ok;
};
