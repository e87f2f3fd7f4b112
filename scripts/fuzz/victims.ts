import { Engine } from '../../src/engine/engine.ts';
import type { Judge, Logger, Network } from '../../src/engine/ports.ts';
import { createAuthenticator } from '../../src/protocol/authenticator.ts';
import type { Committee } from '../../src/protocol/committee.ts';
import { ProtocolError, ValidationError } from '../../src/protocol/errors.ts';
import { decodeResponse, encodeAnswer, type FetchRequest, type FetchResponse } from '../../src/protocol/fetch.ts';
import { decodeFrame } from '../../src/protocol/frame.ts';
import type { Digest } from '../../src/protocol/hash.ts';
import type { LeafType } from '../../src/protocol/leaf.ts';
import type { SignedLeaf } from '../../src/protocol/signed-leaf.ts';
import { fakeCommittee } from '../../test/consensus/fixture.ts';
import { APPROVAL, signerOf, TestClock, taskOf, verifiersOf } from '../../test/engine/fixture.ts';
import type { SeededRandom } from '../../test/sim/random.ts';
import { SimDisk, SimStore } from '../../test/sim/sim-disk.ts';
import { SimNetwork } from '../../test/sim/sim-network.ts';

/** What the attacker answers to a request, as bytes; undefined for no answer. */
export type Lie = (request: FetchRequest, honest: Uint8Array) => Uint8Array | undefined;

const LINKS = { loss: 0, duplication: 0, delayMsMax: 10, stragglerMs: 10 };
/** Engines; the attacker's index follows theirs. */
const HONEST = 3;
/** Long enough for every task to be decided without the attacker, whatever round it is in. */
const CALM_MS = 120_000;

/**
 * Three honest engines and the key of a fourth validator that attacks them: everything signed with it counts.
 * Whatever it sends, the three must neither crash nor stop nor differ.
 */
export class Victims {
  readonly committee: Committee = fakeCommittee();
  readonly attacker = HONEST;
  readonly attackerKey: string;
  readonly engines: Engine[] = [];
  readonly taskIds: Digest[] = [];
  /** Frames that honest engines sent, the newest last; bounded. */
  readonly heard: Uint8Array[] = [];
  /** The leaves in them, by type; bounded. */
  readonly leaves = new Map<LeafType, SignedLeaf[]>();
  /** What happened that never may: errors that are no refusal. */
  readonly faults: string[] = [];
  /** Frames of the attacker that were read to their end. */
  accepted = 0;
  lie: Lie = (_request, honest) => honest;
  readonly #clock = new TestClock();
  readonly #authenticator = createAuthenticator(this.committee, verifiersOf(this.committee));

  private constructor() {
    this.attackerKey = this.committee.validators[HONEST]!.publicKey;
  }

  static async start(random: SeededRandom): Promise<Victims> {
    const victims = new Victims();
    const keys = victims.committee.validators.map(({ publicKey }) => publicKey);
    const network = new SimNetwork(victims.#clock, random, keys, LINKS);
    network.onFrame = (_port, frame) => victims.#hear(frame);
    for (let index = 0; index < HONEST; index++) await victims.#startEngine(index, network, random);
    network.connect(network.attach(victims.attackerKey, 'attacker').port, {
      onFrame: () => 'accept',
      onRequest: () => new Promise(() => {}),
      onPeer: () => {},
    });
    return victims;
  }

  async #startEngine(index: number, network: SimNetwork, random: SeededRandom): Promise<void> {
    const { committee } = this;
    const { port, network: side } = network.attach(committee.validators[index]!.publicKey, `${index}`);
    const vote = random.chance(0.7) ? 'approve' : 'reject';
    const judge: Judge = { judge: async () => ({ ...APPROVAL, vote }) };
    const ports = {
      store: new SimStore(new SimDisk(`${index}`), this.#clock, random, { writeMsMax: 2, failure: 0 }),
      network: this.#lyingTo(side),
      judge,
      clock: this.#clock,
      random,
      logger: this.#logger(),
    };
    const identity = { index, signer: signerOf(committee, index) };
    const engine = await Engine.start({ committee, identity, authenticator: this.#authenticator }, ports);
    network.connect(port, engine);
    this.engines.push(engine);
  }

  /** A new task, taken in by one of the three. */
  async submit(random: SeededRandom): Promise<void> {
    const known = this.taskIds.length;
    const submitted = random.pick(this.engines).submit(taskOf(known));
    void submitted.then((taskId) => this.taskIds.push(taskId));
    while (this.taskIds.length === known) await this.pass(5); // time passes only here
  }

  pass(ms: number): Promise<void> {
    return this.#clock.pass(ms);
  }

  /** A frame of the attacker; a throw is a fault of the engine. */
  attack(engine: Engine, frame: Uint8Array): void {
    const verdict = this.#guard('a frame', () => engine.onFrame(frame, this.attackerKey));
    if (verdict === 'accept') this.accepted += 1;
  }

  /** Reads what came from outside; undefined for a refusal. */
  read<T>(parse: () => T): T | undefined {
    return this.#guard('reading', parse);
  }

  async ask(engine: Engine, request: FetchRequest): Promise<void> {
    try {
      encodeAnswer(await engine.onRequest(request, this.attackerKey));
    } catch (error) {
      this.#note('a request', error);
    }
  }

  /** Lets the attack end, and says what is broken: tasks without an end, or decided in two ways. */
  async settle(): Promise<string[]> {
    await this.pass(CALM_MS);
    const broken = [...this.faults];
    for (const taskId of this.taskIds) {
      const certs = await Promise.all(this.engines.map((engine) => engine.certificate(taskId)));
      const cores = new Set(
        certs.map((cert) => (cert === undefined ? 'none' : Buffer.from(cert.coreBytes).toString('hex'))),
      );
      if (cores.size > 1 || cores.has('none')) broken.push(`task ${taskId.slice(0, 8)} ended in ${cores.size} ways`);
    }
    for (const engine of this.engines) engine.stop();
    return broken;
  }

  #lyingTo(network: Network): Network {
    return {
      ...network,
      request: async (peer, request): Promise<FetchResponse> => {
        if (peer !== this.attackerKey) return network.request(peer, request);
        const bytes = this.lie(request, encodeAnswer(await this.engines[0]!.onRequest(request, peer)));
        if (bytes === undefined) throw new ValidationError('no answer', 'TIMEOUT');
        return decodeResponse(bytes, request.kind);
      },
    };
  }

  /** Background work tells its failures to the log: whatever is no refusal there is a fault too. */
  #logger(): Logger {
    const told = (fields: Record<string, unknown>, message: string) => {
      if (/failed/.test(message) && isBug(String(fields['error']))) this.faults.push(`${message}: ${fields['error']}`);
    };
    return { debug: told, info: told, warn: told, error: (_fields, message) => void this.faults.push(message) };
  }

  #hear(frame: Uint8Array): void {
    keep(this.heard, frame);
    const { batch } = decodeFrame(frame);
    if (batch === null) return;
    for (const leaf of this.#authenticator.openBatch(batch).leaves) {
      const { type } = leaf.leaf;
      const known = this.leaves.get(type) ?? [];
      this.leaves.set(type, known);
      keep(known, leaf);
    }
  }

  #guard<T>(what: string, action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      this.#note(what, error);
      return undefined;
    }
  }

  #note(what: string, error: unknown): void {
    if (error instanceof ProtocolError || error instanceof ValidationError) return;
    this.faults.push(`${what}: ${(error as Error).stack?.split('\n').slice(0, 3).join(' ')}`);
  }
}

const HEARD_MAX = 400;

function keep<T>(list: T[], item: T): void {
  list.push(item);
  if (list.length > HEARD_MAX) list.splice(0, HEARD_MAX / 2);
}

/** Texts of the language's own errors: a refusal has its own words. */
function isBug(message: string): boolean {
  return /undefined|not a function|null|not iterable|Maximum call|Invalid|out of range|BigInt/.test(message);
}
