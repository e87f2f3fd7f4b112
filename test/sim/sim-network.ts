import type { ConnectedPeer, Network, NetworkHandlers, Offence, PeerKey } from '../../src/engine/ports.ts';
import { ValidationError } from '../../src/protocol/errors.ts';
import type { FetchAnswer, FetchRequest, FetchResponse } from '../../src/protocol/fetch.ts';
import type { SeededRandom } from './random.ts';
import type { VirtualClock } from './virtual-clock.ts';
import { Wire } from './wire.ts';

export interface LinkFaults {
  loss: number;
  duplication: number;
  delayMsMax: number;
  /** Now and then a message is this late: it overtakes and is overtaken. */
  stragglerMs: number;
}

const REQUEST_TIMEOUT_MS = 3_000;

/** One attached node; several may share a key (twins). */
export interface Port {
  readonly key: PeerKey;
  readonly name: string;
  handlers: NetworkHandlers | null;
}

/** A network of nodes that loses, doubles, delays, reorders and cuts, as its seed says. */
export class SimNetwork {
  readonly #clock: VirtualClock;
  readonly #random: SeededRandom;
  readonly #validators: readonly PeerKey[];
  readonly #ports: Port[] = [];
  readonly #wire = new Wire();
  faults: LinkFaults;
  /** True if a message from one node to the other passes. */
  passes: (from: Port, to: Port) => boolean = () => true;
  /** False for a frame that reaches nobody at this node. */
  reaches: (to: Port, frame: Uint8Array) => boolean = () => true;
  /** Sees every frame that leaves a node. */
  onFrame: (from: Port, frame: Uint8Array) => void = () => {};
  /** Sees every answer to a request. */
  onAnswer: (from: Port, answer: FetchAnswer) => void = () => {};
  /** Sees every accusation of a peer. */
  onReport: (by: Port, peer: PeerKey, offence: Offence) => void = () => {};
  /** How long one message takes from one node to the other, in milliseconds; by default as the faults say. */
  delayMs: (from: Port, to: Port) => number = () => this.#drawDelayMs();
  /** Asked before a frame leaves: false if its node died on the way to it. */
  mayLeave: (from: Port, frame: Uint8Array) => boolean = () => true;

  constructor(clock: VirtualClock, random: SeededRandom, validators: readonly PeerKey[], faults: LinkFaults) {
    this.#clock = clock;
    this.#random = random;
    this.#validators = validators;
    this.faults = faults;
  }

  attach(key: PeerKey, name: string): { port: Port; network: Network } {
    const port: Port = { key, name, handlers: null };
    this.#ports.push(port);
    return {
      port,
      network: {
        broadcast: (frame) => {
          if (port.handlers === null) return;
          if (!this.mayLeave(port, frame)) return;
          this.onFrame(port, frame);
          this.scatter(port, frame);
        },
        send: (peer, frame) => {
          if (port.handlers === null) return;
          if (!this.mayLeave(port, frame)) return;
          this.onFrame(port, frame);
          const to = this.#holder(port, peer);
          if (to !== undefined) this.#deliverFrame(port, to, frame);
        },
        request: (peer, request) => this.#request(port, peer, request),
        peers: () => this.#peersOf(port),
        report: (peer, offence) => this.onReport(port, peer, offence),
      },
    };
  }

  /** Hands a frame to everybody else, be its sender still there or not. */
  scatter(from: Port, frame: Uint8Array): void {
    for (const to of this.#others(from)) this.#deliverFrame(from, to, frame);
  }

  /** Tells everybody who can reach it that a node came (back). */
  connect(port: Port, handlers: NetworkHandlers): void {
    port.handlers = handlers;
    for (const other of this.#others(port)) {
      if (!this.passes(port, other) || !this.passes(other, port)) continue;
      handlers.onPeer(other.key, true);
      other.handlers?.onPeer(port.key, true);
    }
  }

  /** After a partition: everybody who was cut off connects again. */
  reconnectAll(): void {
    for (const port of this.#ports) if (port.handlers !== null) this.connect(port, port.handlers);
  }

  disconnect(port: Port): void {
    port.handlers = null;
  }

  #others(port: Port): Port[] {
    return this.#ports.filter((other) => other !== port && other.key !== port.key && other.handlers !== null);
  }

  #holder(from: Port, key: PeerKey): Port | undefined {
    const holders = this.#ports.filter((port) => port !== from && port.key === key && port.handlers !== null);
    return holders.length === 0 ? undefined : this.#random.pick(holders);
  }

  #peersOf(port: Port): ConnectedPeer[] {
    const reachable = this.#others(port).filter((other) => this.passes(port, other) && this.passes(other, port));
    const keys = [...new Set(reachable.map(({ key }) => key))];
    return keys.map((key) => {
      return {
        key,
        validatorIndex: this.#validators.indexOf(key),
        address: '',
        connectedAtMs: 0,
        latencyMs: null,
        agent: null,
      };
    });
  }

  #deliverFrame(from: Port, to: Port, frame: Uint8Array): void {
    if (this.reaches(to, frame)) this.#deliver(from, to, (handlers) => handlers.onFrame(frame, from.key));
  }

  #deliver(from: Port, to: Port, action: (handlers: NetworkHandlers) => void): void {
    const { loss, duplication } = this.faults;
    if (!this.passes(from, to) || this.#random.chance(loss)) return;
    const copies = this.#random.chance(duplication) ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      this.#clock.setTimer(this.delayMs(from, to), () => {
        if (to.handlers !== null && this.passes(from, to)) action(to.handlers);
      });
    }
  }

  #drawDelayMs(): number {
    const { delayMsMax, stragglerMs } = this.faults;
    return this.#random.chance(0.02) ? this.#random.fraction() * stragglerMs : this.#random.fraction() * delayMsMax;
  }

  #request(from: Port, peer: PeerKey, request: FetchRequest): Promise<FetchResponse> {
    const to = this.#holder(from, peer);
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.setTimer(REQUEST_TIMEOUT_MS, () =>
        reject(new ValidationError('no answer', 'TIMEOUT')),
      );
      if (to === undefined) return;
      this.#deliver(from, to, (handlers) => {
        void handlers.onRequest(request, from.key).then(
          (answer) => {
            this.onAnswer(to, answer);
            const response = this.#wire.carried(answer);
            this.#deliver(to, from, () => {
              cancel();
              resolve(response);
            });
          },
          () => {},
        );
      });
    });
  }
}
