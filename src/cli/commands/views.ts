import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import type { ComponentHealth, HealthReport, NodeStatus, PeerView, ValidatorView } from '../../rpc/api.ts';
import type { RpcClient } from '../../rpc/client.ts';
import { wholeNumber } from '../arguments.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { table } from '../io.ts';
import type { Act, CommandDefinition, Handler } from '../program.ts';
import { validatorName } from '../render-result.ts';

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
    `state      ${node.ready ? 'ready' : `not ready: ${node.reasons.join('; ')}`}`,
    `role       ${node.role}${node.validatorIndex === null ? '' : ` ${node.validatorIndex}`}, model ${node.defaultModel}`,
    `network    ${node.networkName} (${node.kind}, ${node.networkId})`,
    `key        ${node.publicKey}`,
    `peer id    ${node.peerId}`,
    `connected  ${node.peers} peers; weight ${node.connectedWeight} of ${node.totalWeight}, ${node.quorum} decide`,
    `tasks      ${node.openTasks} open, ${node.results} decided${node.damagedValues > 0 ? `, ${node.damagedValues} damaged values found` : ''}`,
    `listening  ${node.listen.join(' ')}`,
    `running    pheme ${node.version} since ${node.startedAt}`,
  ],
};

const peers: View<PeerView[]> = {
  name: 'peers',
  description: 'the peers that a node is connected to',
  ask: (rpc, signal) => rpc.call('pheme_peers', {}, { signal }),
  render: (list) => [
    ...table([['peer', 'round trip', 'since', 'agent', 'address'], ...list.map(peerRow)]),
    ...(list.length === 0 ? ['no peer is connected'] : []),
  ],
};

function peerRow({ validatorIndex, publicKey, latencyMs, connectedAt, agent, address }: PeerView): string[] {
  const name =
    validatorIndex === null ? `observer (${publicKey.slice(0, 8)})` : validatorName(validatorIndex, publicKey);
  return [name, latencyMs === null ? '-' : `${latencyMs.toFixed(1)} ms`, connectedAt, agent ?? '-', address];
}

const validators: View<ValidatorView[]> = {
  name: 'validators',
  description: "the network's validators, and which of them a node is connected to",
  ask: (rpc, signal) => rpc.call('pheme_validators', {}, { signal }),
  render: (list) =>
    table([
      ['validator', 'weight', 'state', 'public key'],
      ...list.map(({ index, weight, self, connected, publicKey }) => [
        String(index),
        String(weight),
        self ? 'this node' : connected ? 'connected' : 'not connected',
        publicKey,
      ]),
    ]),
};

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
    .option('--watch [seconds]', `again every few seconds (${WATCH_SECONDS}) until Ctrl-C`, wholeNumber(1, 3600))
    .action(act(show(view)));
}

function show<Answer>(view: View<Answer>): Handler<ViewFlags> {
  return async (session, { watch }) => {
    const { out, io } = session;
    const rpc = await session.rpc();
    for (;;) {
      const answer = await view.ask(rpc, io.signal);
      if (watch !== undefined) out.clearScreen();
      out.json(answer);
      out.lines(view.render(answer));
      if (watch === undefined) return view.exit?.(answer) ?? EXIT.ok;
      await delay((watch === true ? WATCH_SECONDS : watch) * 1000, undefined, { signal: io.signal });
    }
  };
}
