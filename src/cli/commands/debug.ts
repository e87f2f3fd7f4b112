import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { writeFileAtomic } from '../../config/files.ts';
import { connectRpc } from '../../node/client.ts';
import { examples } from '../examples.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandDefinition, Handler } from '../program.ts';

interface DumpFlags {
  withTasks?: boolean;
  offline?: boolean;
}

export const defineDebug: CommandDefinition = (program, act) => {
  const debug = program
    .command('debug')
    .description('for those who look for a fault')
    .addHelpText('after', examples(['pheme debug dump', 'a bundle for a report']));
  debug
    .command('dump')
    .description(
      'write all that helps to find a fault into one file: no secrets, and no text of tasks unless asked for',
    )
    .argument('[file]', 'JSON, or compressed if it ends in .gz (else pheme-debug-TIME.json.gz)')
    .option('--with-tasks', 'add the bodies of the last tasks, which may be private')
    .option('--offline', "leave the doctor's questions to peers, models and services out")
    .addHelpText(
      'after',
      examples(
        ['pheme debug dump', 'look through it before you give it away'],
        ['pheme debug dump bundle.json --offline', 'asks nobody but the node'],
      ),
    )
    .action(act(dump));
};

const dump: Handler<DumpFlags> = async (session, { withTasks = false, offline = false }, file) => {
  const { io, out, options } = session;
  const { signal } = io;
  const path = resolve(file ?? `pheme-debug-${new Date().toISOString().replace(/[:.]/g, '-')}.json.gz`);
  const loaded = await session.loadConfig().catch(() => undefined);
  const onProgress = (text: string) => out.progress(text);
  const onCost = (text: string) => out.note(text);
  const load = { home: options.home, environment: io.env };
  const { examine } = await import('../../node/doctor/doctor.ts'); // it knows the network and the database
  const doctor = await examine({ load, offline, signal, onProgress, onCost });
  out.progress('asking the node');
  const rpc =
    loaded === undefined ? undefined : await connectRpc(loaded.config, options.tokenFile).catch(() => undefined);
  const { createSupportBundle } = await import('../../node/support-bundle.ts');
  const text = await createSupportBundle({ loaded, rpc, doctor, environment: io.env, withTasks, signal });
  await writeFileAtomic(path, path.endsWith('.gz') ? await promisify(gzip)(text) : text, 0o600);
  out.endProgress();
  out.json({ path, bytes: Buffer.byteLength(text), withTasks });
  out.line(path);
  if (withTasks) out.note('it holds the text of tasks: give it only to those who may read them');
  return EXIT.ok;
};
