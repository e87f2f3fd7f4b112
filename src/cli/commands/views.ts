import type { Command } from 'commander';
import type { ComponentHealth, HealthReport, NodeStatus, PeerView, ValidatorView } from '../../rpc/api.ts';
import type { RpcClient } from '../../rpc/client.ts';
import { wholeNumber } from '../arguments.ts';
import { examples } from '../examples.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { table } from '../io.ts';
import type { Act, CommandDefinition, Handler } from '../program.ts';
import { validatorName } from '../render-result.ts';
import { watch } from '../watch.ts';

/** A command that shows one answer of a node on one screen. */
interface View<Answer> {
  name: string;
  description: string;
  ask(rpc: RpcClient, signal: AbortSignal): Promise<Answer>;
  render(answer: Answer): string[];
  /** The exit code; 0 unless given. */
  exit?(answer: Answer): ExitCode;
}

interface ViewFlags {
  watch?: number | true;
}

const WATCH_SECONDS = 2;

const status: View<NodeStatus> = {
  name: 'status',
  description: 'a node at a glance',
  ask: (rpc, signal) => rpc.call('pheme_status', {}, { signal }),
  render: (node) => [
    `state      ${node.ready ? 'ready' : 'not ready'}`,
    ...node.reasons.map((reason) => `           ${reason}`),
    `role       ${node.role}${node.validatorIndex === null ? '' : ` ${node.validatorIndex}`}, model ${node.defaultModel}`,
    `network    ${node.networkName} (${node.kind}, ${node.networkId})`,
    `key        ${node.publicKey}`,
    `peer id    ${node.peerId}`,
    `connected  ${node.peers} peers; weight ${node.connectedWeight} of ${node.totalWeight}, ${node.quorum} decide`,
    `tasks      ${node.openTasks} open, ${node.results} decided${node.damagedValues > 0 ? `, ${node.damagedValues} damaged values found` : ''}`,
    `listening  ${node.listen.join(' ')}`,
    `webhooks   ${node.webhookKey}`,
    `running    pheme ${node.version} since ${node.startedAt}`,
  ],
};

const peers: View<PeerView[]> = {
  name: 'peers',
  description: 'the peers that a node is connected to',
  ask: (rpc, signal) => rpc.call('pheme_peers', {}, { signal }),
  render: (list) => [
    ...table([['peer', 'round trip', 'since', 'standing', 'agent', 'address'], ...list.map(peerRow)]),
    ...(list.some(({ connected }) => connected) ? [] : ['no peer is connected']),
  ],
};

function peerRow(peer: PeerView): string[] {
  const { validatorIndex, publicKey, latencyMs, connectedAt, agent, address, connected } = peer;
  const name =
    validatorIndex === null ? `observer (${publicKey.slice(0, 8)})` : validatorName(validatorIndex, publicKey);
  const roundTrip = latencyMs === null ? '-' : `${latencyMs.toFixed(1)} ms`;
  return [name, roundTrip, connected ? connectedAt : '-', standingOf(peer), agent ?? '-', address];
}

/** What is held against a peer, in words: why, and until when it is kept out. */
function standingOf({ score, lastOffence, bannedUntil }: PeerView): string {
  if (bannedUntil !== null) return `kept out until ${bannedUntil}: ${lastOffence}`;
  return score === 0 ? 'good' : `${score}: ${lastOffence}`;
}

const validators: View<ValidatorView[]> = {
  name: 'validators',
  description: "the network's validators, and which of them a node is connected to",
  ask: (rpc, signal) => rpc.call('pheme_validators', {}, { signal }),
  render: (list) => [
    ...table([['validator', 'weight', 'state', ...PARTICIPATION_HEADS, 'public key'], ...list.map(validatorRow)]),
    ...participationNote(list),
    ...list.flatMap(({ absence }) => absence ?? []),
  ],
};

const PARTICIPATION_HEADS = ['took part', 'agreed', 'dissented', 'abstained', 'late', 'missing', 'commit p50 / p99'];

function validatorRow({ index, weight, self, connected, publicKey, participation }: ValidatorView): string[] {
  const { tasks, revealed, agreed, dissented, abstained, late, unrevealed, missing } = participation;
  const ms = (value: number | null) => (value === null ? '-' : `${value} ms`);
  return [
    String(index),
    String(weight),
    self ? 'this node' : connected ? 'connected' : 'not connected',
    tasks === 0 ? '-' : `${Math.round((100 * (revealed + late)) / tasks)} %`,
    ...[agreed, dissented, abstained, late, missing + unrevealed].map(String),
    `${ms(participation.commitMsP50)} / ${ms(participation.commitMsP99)}`,
    publicKey,
  ];
}

/** The window is the same for all of them. */
function participationNote([first]: readonly ValidatorView[]): string[] {
  const tasks = first?.participation.tasks ?? 0;
  return tasks === 0 ? [] : [`participation over the last ${tasks} decided tasks held by this node`];
}

const health: View<HealthReport> = {
  name: 'health',
  description: 'whether queue, models, validators and database are healthy; exit 3 if not',
  ask: (rpc, signal) => rpc.call('pheme_health', {}, { signal }),
  render: (report) =>
    (['queue', 'models', 'validators', 'database'] as const).map((name) => healthLine(name, report[name])),
  exit: (report) => (report.healthy ? EXIT.ok : EXIT.unjudged),
};

function healthLine(name: string, { healthy, reasons }: ComponentHealth): string {
  return `${name.padEnd(10)}  ${healthy ? 'ok' : 'NOT HEALTHY'}${reasons.length === 0 ? '' : `: ${reasons.join('; ')}`}`;
}

export const defineViews: CommandDefinition = (program, act) => {
  defineView(program, act, status);
  defineView(program, act, peers);
  defineView(program, act, validators);
  defineView(program, act, health);
};

function defineView<Answer>(program: Command, act: Act, view: View<Answer>): void {
  program
    .command(view.name)
    .description(view.description)
    .option(
      '--watch [seconds]',
      `anew every few seconds (${WATCH_SECONDS}); q or Ctrl-C ends it, and on no terminal it prints what changes`,
      wholeNumber(1, 3600),
    )
    .addHelpText(
      'after',
      examples(
        [`pheme ${view.name} --watch`, 'keeps the screen up to date'],
        [`pheme ${view.name} --json`, 'for programs'],
      ),
    )
    .action(act(show(view)));
}

function show<Answer>(view: View<Answer>): Handler<ViewFlags> {
  return async (session, { watch: every }) => {
    const { out, io } = session;
    const rpc = await session.rpc();
    if (every !== undefined) {
      const periodMs = (every === true ? WATCH_SECONDS : every) * 1000;
      return watch(session, {
        title: `pheme ${view.name}  ${rpc.url}`,
        periodMs,
        ...view,
        ask: (signal) => view.ask(rpc, signal),
      });
    }
    const answer = await view.ask(rpc, io.signal);
    out.json(answer);
    out.lines(view.render(answer));
    return view.exit?.(answer) ?? EXIT.ok;
  };
}
