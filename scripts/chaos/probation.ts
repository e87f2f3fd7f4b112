import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const BEGINS = 'this key signed for another data directory';
const ENDS = 'the key signs for this data directory from now on';

/** True while a node has said that it only follows (R29), and not yet that it signs again. */
export async function isOnProbation(home: string): Promise<boolean> {
  const log = await readFile(join(home, 'node.log'), 'utf8');
  return log.lastIndexOf(BEGINS) > log.lastIndexOf(ENDS);
}
