import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Genesis, parseGenesis } from '../../src/protocol/genesis.ts';
import { BenchNet } from '../bench/net.ts';

export const VALIDATORS = 4;

/** Validators with sections of their own in their `validator.yml`; all are ready. */
export async function startNetwork(
  sectionsOf: (index: number, genesis: Genesis) => object | Promise<object>,
): Promise<{ net: BenchNet; genesis: Genesis }> {
  const net = await BenchNet.start(VALIDATORS, { running: 0 });
  try {
    const genesis = parseGenesis(JSON.parse(await readFile(join(net.directory, 'genesis.json'), 'utf8')));
    for (const { index } of net.validators) await net.configure(index, await sectionsOf(index, genesis));
    for (const { index } of net.validators) net.launch(index);
    await Promise.all(net.validators.map(({ index }) => net.untilReady(index)));
    return { net, genesis };
  } catch (error) {
    await net.stop();
    throw error;
  }
}
