import type { Readable, Writable } from 'node:stream';
import { serveMcpOver } from '../../node/mcp.ts';
import { packageVersion } from '../../node/package-version.ts';
import { examples } from '../examples.ts';
import { EXIT } from '../exit-codes.ts';
import { inertJson } from '../inert.ts';
import type { CommandDefinition, Handler } from '../program.ts';

export const defineMcp: CommandDefinition = (program, act) => {
  program
    .command('mcp')
    .description('serve agents: a Model Context Protocol server on standard input and output')
    .option('--network <genesis.json>', "the genesis to verify results against (else the home's)")
    .addHelpText(
      'after',
      examples(
        ['pheme mcp --home DIR', "for an agent's configuration: command pheme, arguments mcp --home DIR"],
        ['pheme mcp --rpc http://127.0.0.1:7436 --network genesis.json', 'against a node elsewhere'],
      ),
    )
    .action(act(mcp));
};

const mcp: Handler<{ network?: string }> = async (session, { network }) => {
  const { stdin, stdout, signal } = session.io;
  const client = await session.verifyingClient(network);
  await serveMcpOver(client, {
    version: packageVersion(),
    input: stdin as Readable,
    output: stdout as Writable,
    signal,
    text: inertJson,
  });
  return EXIT.ok;
};
