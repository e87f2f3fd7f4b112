import assert from 'node:assert/strict';
import { compiledContract } from '../../../scripts/contract/compile.ts';
import { ABI, BYTECODE, DEPLOYED_BYTECODE } from '../../../src/adapters/evm/contract/compiled.ts';

describe('the anchor contract', () => {
  it('is what its source compiles to, without a warning', async function () {
    this.timeout(90_000); // the compiler is WebAssembly, and slow to start
    const { abi, bytecode, deployedBytecode } = await compiledContract();
    const remedy = 'run node scripts/compile-contract.ts';
    assert.deepEqual(ABI, abi, remedy);
    assert.equal(BYTECODE, bytecode, remedy);
    assert.equal(DEPLOYED_BYTECODE, deployedBytecode, remedy);
  });
});
