import { writeFile } from 'node:fs/promises';
import solc from 'solc';
import { compiledContract } from './contract/compile.ts';

/** Compiles the contract of the chain adapter into the module that it is deployed and called from. */
const { abi, bytecode, deployedBytecode } = await compiledContract();
const text = `/** PhemeAnchors.sol as solc ${solc.version()} compiled it: made by scripts/compile-contract.ts, never by hand. */

export const ABI = ${JSON.stringify(abi, null, 2)} as const;

/** Deploys the contract; the encoded arguments of the constructor follow it. */
export const BYTECODE = '${bytecode}';

/** What stands at the contract's address: the same for every deployment. */
export const DEPLOYED_BYTECODE = '${deployedBytecode}';
`;
await writeFile(new URL('../src/adapters/evm/contract/compiled.ts', import.meta.url), text);
