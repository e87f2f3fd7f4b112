/**
 * The process that opens damaged databases, one after the other, as its parent names them: LevelDB's own assertions may
 * end it, and the parent lives on.
 */
import { type Reading, readDatabase } from './database.ts';

/** What the parent hears of one database: all that it gave, or that it was refused. */
export type Answer = { reading: Reading } | { refusal: string };

process.on('message', ({ directory, tasks }: { directory: string; tasks: number }) => {
  readDatabase(directory, tasks).then(
    (reading) => answer({ reading }),
    (error: Error & { code?: string }) => answer({ refusal: `${error.code ?? ''} ${error.message}` }),
  );
});

function answer(text: Answer): void {
  process.send?.(text);
}
