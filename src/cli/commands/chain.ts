import { deployAnchorContract } from '../../node/anchors.ts';
import { createCommittee } from '../../protocol/committee.ts';
import { collect } from '../arguments.ts';
import { examples } from '../examples.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandDefinition, Handler } from '../program.ts';

interface DeployFlags {
  chain: string;
  keyFile: string;
  network?: string;
  writer?: string[];
}

export const defineChain: CommandDefinition = (program, act) => {
  const chain = program
    .command('chain')
    .description('the contract that results are anchored in, on an EVM chain')
    .addHelpText('after', examples(['pheme chain deploy --chain URL --key-file chain-key', 'a contract of its own']));
  chain
    .command('deploy')
    .description('deploy the contract for a network, and print its address; the key owns it and may anchor')
    .requiredOption('--chain <url>', 'RPC of a node of the chain')
    .requiredOption('--key-file <file>', 'a secp256k1 key that pays, 64 hex digits, mode 0600')
    .option('--network <genesis.json>', "the network whose results it anchors (else the home's)")
    .option('--writer <address>', 'may anchor too, e.g. another validator; may be given again', collect)
    .addHelpText(
      'after',
      examples(
        ['pheme chain deploy --chain https://rpc.example --key-file chain-key', 'then put it into the section chain'],
        ['pheme chain deploy --chain URL --key-file FILE --writer 0x5FbD...', 'two validators that anchor'],
      ),
    )
    .action(act(deploy));
};

const deploy: Handler<DeployFlags> = async (session, { chain, keyFile, network, writer = [] }) => {
  const { networkId } = createCommittee(await session.pinnedGenesis(network));
  const deployed = await deployAnchorContract({ rpcUrl: chain, keyFile, networkId, writers: writer });
  const { contract, chainId, owner, tx } = deployed;
  session.out.json({ contract, chainId, owner, tx });
  session.out.line(`contract     ${contract}`);
  session.out.line(`chain id     ${chainId}`);
  session.out.line(`owner        ${owner}`);
  session.out.line(`transaction  ${tx}`);
  return EXIT.ok;
};
