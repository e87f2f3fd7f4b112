import { setTimeout as delay } from 'node:timers/promises';
import type { Daemon } from '../../node/daemon.ts';
import { collect } from '../arguments.ts';
import { examples } from '../examples.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { paceGarbage } from '../garbage-pace.ts';
import { joinNetwork } from '../join.ts';
import { type PassphraseFlags, passphraseOption, presentPassphrase } from '../passphrase.ts';
import type { CommandDefinition, Handler } from '../program.ts';
import type { Session } from '../session.ts';
import { aborted, stopSignal } from '../stop-signal.ts';

interface StartFlags extends PassphraseFlags {
  observer?: boolean;
  network?: string;
  peer?: string[];
  model?: string;
  untilEof?: boolean;
}

/** Long enough for a journal write and the answers under way; a supervisor's own patience is usually 10 s. */
const STOP_DEADLINE_MS = 8_000;

export const defineStart: CommandDefinition = (program, act) => {
  const command = program
    .command('start')
    .description('run the node of a home until Ctrl-C')
    .option('--observer', 'follow, verify and serve the RPC, but never vote')
    .option('--network <genesis.json>', 'the network to join: makes the home if there is none yet')
    .option(
      '--peer <multiaddr>',
      'a peer of the network, instead of those in the configuration; may be given again',
      collect,
    )
    .option('--model <name>', 'the model to ask first (as DEFAULT_MODEL)')
    .option('--until-eof', 'stop when standard input ends, for supervisors');
  passphraseOption(command)
    .addHelpText(
      'after',
      examples(
        ['pheme start --home net/validator-2', 'one validator of a testnet or devnet'],
        ['pheme start --observer', 'keeps and serves results, without a vote'],
        [
          'pheme start --observer --network genesis.json --peer /dns/a.example/tcp/7435',
          'joins a network as an observer',
        ],
      ),
    )
    .action(act(start));
};

const start: Handler<StartFlags> = async (session, flags) => {
  const { observer = false, network, peer, model, untilEof = false } = flags;
  if (network !== undefined && (await joinNetwork(session.home, network, peer ?? [])) === 'made') {
    session.out.note(`made the home ${session.home}`);
  }
  const { config, warnings } = await session.loadConfig({ model, peers: peer });
  const { createLogger } = await import('../../node/logger.ts');
  const logger = createLogger(config.logLevel, session.io.stderr.isTTY === true);
  for (const warning of warnings) logger.warn({}, warning);
  // Before standard input is read to its end: the terminal may be asked.
  const passphrase = presentPassphrase(session.io, flags);
  // The network's packages take a while to load: other commands do without them.
  const { startDaemon } = await import('../../node/daemon.ts');
  const daemon = await startDaemon({ config, observer, logger, passphrase });
  const signal = stopSignal(session.io, untilEof);
  announce(session, daemon);
  const stopPacing = paceGarbage((listener) => daemon.node.onDecided(listener));
  await aborted(signal);
  stopPacing();
  return stop(session, daemon);
};

function announce({ out, home }: Session, { node, rpcUrl }: Daemon): void {
  const role = node.validatorIndex === null ? 'observer' : `validator ${node.validatorIndex}`;
  out.json({ home, rpc: rpcUrl, publicKey: node.publicKey, validatorIndex: node.validatorIndex, pid: process.pid });
  out.line(`${role} of ${node.genesis.name}: RPC on ${rpcUrl}, home ${home}; Ctrl-C stops it`);
}

/** Stops the daemon, names what it waits for, and gives up at the deadline. */
async function stop({ out }: Session, daemon: Daemon): Promise<ExitCode> {
  let waitingFor = 'the node';
  const over = new AbortController();
  const stopped = daemon.stop(STOP_DEADLINE_MS, (part) => {
    waitingFor = part;
    out.note(`stopping: waiting for ${part}`);
  });
  const late = delay(STOP_DEADLINE_MS, 'late' as const, { signal: over.signal }).catch(() => undefined);
  const outcome = await Promise.race([stopped, late]);
  over.abort();
  if (outcome !== 'late') return EXIT.ok;
  out.note(`${waitingFor} did not stop within ${STOP_DEADLINE_MS / 1000} s: leaving it, its journal is safe`);
  return EXIT.internal;
}
