import type { Engine } from '../../src/engine/engine.ts';
import type { Network, NetworkHandlers } from '../../src/engine/ports.ts';
import { ProtocolError } from '../../src/protocol/errors.ts';
import type { WireFrame } from '../../src/protocol/frame.ts';
import type { Actor } from './actor.ts';
import type { Behaviour } from './roles.ts';

/** The network as a Byzantine validator's engine sees it: what it says goes through its master's hands. */
export function censored(network: Network, actor: Actor, { says }: Behaviour): Network {
  if (says === undefined) return network;
  return {
    ...network,
    broadcast: (bytes) => {
      const { batch } = actor.authenticator.readFrame(bytes);
      if (batch === null) return network.broadcast(bytes);
      const { leaves } = actor.authenticator.openBatch(batch);
      actor.say(
        says(
          actor,
          leaves.map(({ leaf, attachment }) => ({ leaf, attachment })),
        ),
      );
    },
  };
}

/** A Byzantine validator's ears and answers. Its engine goes on whatever it hears under its own key. */
export function tapped(engine: Engine, actor: Actor, behaviour: Behaviour): NetworkHandlers {
  const inner = shameless(engine);
  return {
    onFrame: (bytes, from) => {
      const verdict = inner.onFrame(bytes, from);
      watch(actor, behaviour, bytes);
      return verdict;
    },
    onRequest: async (request, from) => {
      const honest = await inner.onRequest(request, from);
      return behaviour.answers?.(actor, request, honest) ?? honest;
    },
    onPeer: (peer, connected) => inner.onPeer(peer, connected),
  };
}

function watch(actor: Actor, behaviour: Behaviour, bytes: Uint8Array): void {
  try {
    const frame: WireFrame = actor.authenticator.readFrame(bytes);
    behaviour.sees?.(actor, frame, bytes);
    if (behaviour.hears === undefined || frame.batch === null) return;
    for (const leaf of actor.authenticator.openBatch(frame.batch).leaves) behaviour.hears(actor, leaf);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error; // of another liar
  }
}

/** An engine that goes on signing though it sees what somebody else said under its key. */
export function shameless(engine: Engine): Engine {
  const unmute = () => {
    for (const { instance } of engine.openTasks.values()) instance.muted = false;
  };
  return new Proxy(engine, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== 'function') return value;
      return (...parameters: unknown[]) => {
        unmute();
        const result: unknown = value.apply(target, parameters);
        unmute();
        return result;
      };
    },
  });
}
