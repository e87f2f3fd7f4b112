import { readFile } from 'node:fs/promises';
import solc from 'solc';

const SOURCE = new URL('../../src/adapters/evm/contract/PhemeAnchors.sol', import.meta.url);

interface Compiled {
  abi: unknown[];
  /** 0x-prefixed hex. */
  bytecode: string;
  deployedBytecode: string;
}

interface SolcOutput {
  errors?: { formattedMessage: string }[];
  contracts: Record<
    string,
    Record<string, { abi: unknown[]; evm: Record<'bytecode' | 'deployedBytecode', { object: string }> }>
  >;
}

/** Compiles the contract from its source. @throws Error with what the compiler says, warnings too */
export async function compiledContract(): Promise<Compiled> {
  const input = {
    language: 'Solidity',
    sources: { 'PhemeAnchors.sol': { content: await readFile(SOURCE, 'utf8') } },
    settings: {
      optimizer: { enabled: true, runs: 200 },
      evmVersion: 'paris', // runs on chains that lag behind, too
      metadata: { bytecodeHash: 'none', appendCBOR: false }, // the code alone, so that it can be compared
      outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object'] } },
    },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input))) as SolcOutput;
  if (output.errors !== undefined) throw new Error(output.errors.map((error) => error.formattedMessage).join('\n'));
  const { abi, evm } = output.contracts['PhemeAnchors.sol']!['PhemeAnchors']!;
  return {
    abi,
    bytecode: `0x${evm.bytecode.object}`,
    deployedBytecode: `0x${evm.deployedBytecode.object}`,
  };
}
