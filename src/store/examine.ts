/**
 * A process that reads every entry of a closed database, after a repair if told so, and answers what it found. LevelDB's
 * own assertions end the process on some damage: this one, not the node.
 */
import { Level } from 'level';
import type { Examination, Order } from './examination.ts';

type Repairing = { repair(location: string): Promise<void> };

process.once('message', (order: Order) => {
  void answerOf(order).then((answer) => {
    process.send?.(answer);
    process.disconnect();
  });
});

async function answerOf({ directory, repair }: Order): Promise<Examination> {
  try {
    if (repair) await (Level as unknown as Repairing).repair(directory);
    const database = new Level<Uint8Array, Uint8Array>(directory, { keyEncoding: 'view', valueEncoding: 'view' });
    await database.open();
    for await (const [key] of database.iterator()) if (key.length === 0) break; // every entry has a key
    await database.close();
    return 'sound';
  } catch (error) {
    const { code, cause } = error as { code?: string; cause?: { code?: string } };
    return [code, cause?.code].includes('LEVEL_LOCKED') ? 'locked' : 'damaged';
  }
}
