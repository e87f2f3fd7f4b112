import { resolve } from 'node:path';
import { ValidationError } from '../../protocol/errors.ts';
import { examples } from '../examples.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandDefinition, Handler } from '../program.ts';
import type { Session } from '../session.ts';

interface BackupFlags {
  withoutBodies?: boolean;
}

/** Progress is shown after as many results. */
const PROGRESS_RESULTS = 100;

export const defineBackup: CommandDefinition = (program, act) => {
  program
    .command('backup')
    .description('copy key, configuration, genesis and results into a new folder, whether the node runs or not')
    .argument('<dir>', 'becomes a home; it holds the key, so keep it as safe as the first')
    .option('--without-bodies', 'leave out what was submitted and what the models said of it')
    .addHelpText(
      'after',
      `${examples(
        ['pheme backup /safe/node1', 'of the home given by --home or PHEME_HOME'],
        ['pheme start --home /safe/node1', 'restores it: only where the first node will never start again'],
      )}
There is no journal in a backup: a node started from it first follows without signing, so that it contradicts nothing.
Never run both: two nodes with one key are caught, and shown to everybody, as a validator that says two things.`,
    )
    .action(act(backup));
};

const backup: Handler<BackupFlags> = async (session, { withoutBodies = false }, dir = '') => {
  const { out } = session;
  const { config } = await session.loadConfig();
  const { writeBackup } = await import('../../node/backup.ts'); // it knows the database
  const source = await sourceOf(session);
  try {
    const directory = resolve(dir);
    const onProgress = (results: number) => {
      if (results % PROGRESS_RESULTS === 0) out.progress(`${results} results`);
    };
    const summary = await writeBackup({ config, directory, source, withBodies: !withoutBodies, onProgress });
    out.endProgress();
    out.json(summary);
    const { results, bodies, reports, leftOut } = summary;
    out.line(`${directory}: key, configuration, genesis, ${results} results, ${bodies} bodies, ${reports} reports`);
    for (const path of leftOut) out.note(`not copied, since it lies outside the home: ${path}`);
    out.note('it holds the key: keep it safe, and start it only where the first node will never start again');
    return EXIT.ok;
  } finally {
    await source?.close();
  }
};

/** The database itself, or the node that has it open; a node that was named is asked. */
async function sourceOf(session: Session) {
  const { homePaths } = await import('../../config/home-paths.ts');
  const { createRunningSource, openStoppedSource } = await import('../../node/backup-source.ts');
  const running = async () => createRunningSource(await session.verifyingClient(undefined), session.io.signal);
  if (session.options.rpc !== undefined) return running();
  try {
    return await openStoppedSource(homePaths(session.home).data);
  } catch (error) {
    if (error instanceof ValidationError && error.code === 'DATA_LOCKED') return running();
    throw error;
  }
}
