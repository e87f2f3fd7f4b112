import { createTestnet, hostPlaces, loopbackPlaces, type TestnetValidator } from '../../config/testnet.ts';
import { createCommittee } from '../../protocol/committee.ts';
import { genesisWarnings, type NetworkKind } from '../../protocol/genesis.ts';
import { collect, wholeNumber } from '../arguments.ts';
import { examples } from '../examples.ts';
import { EXIT } from '../exit-codes.ts';
import { table } from '../io.ts';
import type { CommandDefinition, Handler } from '../program.ts';
import { networkRuleOptions, type RuleFlags, rulesOf } from '../rule-options.ts';

interface TestnetOptions extends RuleFlags {
  validators: number;
  output: string;
  host?: string[];
  basePort?: number;
  name?: string;
  kind: NetworkKind;
}

export const defineTestnet: CommandDefinition = (program, act) => {
  const command = program
    .command('testnet')
    .description('make genesis and homes of a network, ready to copy to hosts or containers')
    .option('--validators <n>', 'number of validators, without --host', wholeNumber(1, 256), 4)
    .requiredOption('--output <folder>', 'where to write them')
    .option('--host <name>', 'address of a validator, once for each; on loopback unless given', collect)
    .option('--base-port <port>', 'first of the loopback ports', wholeNumber(1, 65_535));
  networkRuleOptions(command)
    .addHelpText(
      'after',
      examples(
        ['pheme testnet --validators 4 --output net', 'four homes on this machine'],
        [
          'pheme testnet --host a.example --host b.example --host c.example --host d.example --output net',
          'one home a host',
        ],
      ),
    )
    .action(act(testnet));
};

const testnet: Handler<TestnetOptions> = async ({ out }, options) => {
  const { validators: count, host: hosts, basePort, output: directory, kind, name } = options;
  const places = hosts === undefined ? loopbackPlaces(count, basePort) : hostPlaces(hosts);
  const rules = rulesOf(options);
  const { genesis, genesisPath, validators } = await createTestnet({
    directory,
    places,
    kind,
    rules,
    ...(name === undefined ? {} : { name }),
  });
  out.json({ networkId: createCommittee(genesis).networkId, genesis: genesisPath, validators: validators.map(view) });
  out.line(`genesis  ${genesisPath}`);
  out.lines(
    table([
      ['validator', 'public key', 'home', 'rpc', 'p2p'],
      ...validators.map((validator) => Object.values(view(validator)).map(String)),
    ]),
  );
  for (const warning of genesisWarnings(genesis)) out.note(`note: ${warning}`);
  return EXIT.ok;
};

function view({ index, publicKey, home, rpc, p2p }: TestnetValidator) {
  return { index, publicKey, home, rpc, p2p };
}
