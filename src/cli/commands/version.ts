import { packageVersion } from '../../node/package-version.ts';
import { PROTOCOL_VERSION } from '../../protocol/committee.ts';
import { examples } from '../examples.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandDefinition, Handler } from '../program.ts';

export const defineVersion: CommandDefinition = (program, act) => {
  program
    .command('version')
    .description('versions of pheme, its protocol and Node.js')
    .addHelpText('after', examples(['pheme version --json', 'for a report']))
    .action(act(showVersion));
};

const showVersion: Handler<object> = async ({ out }) => {
  const versions = { pheme: packageVersion(), protocol: PROTOCOL_VERSION, node: process.versions.node };
  out.json(versions);
  out.line(`pheme ${versions.pheme} (protocol ${versions.protocol}, Node.js ${versions.node})`);
  return EXIT.ok;
};
