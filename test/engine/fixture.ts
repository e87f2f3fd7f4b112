import assert from 'node:assert/strict';
import { aggregate } from '../../src/consensus/aggregate.ts';
import { Engine } from '../../src/engine/engine.ts';
import type { EngineEvents, EngineOptions } from '../../src/engine/engine-options.ts';
import type {
  ConnectedPeer,
  Judge,
  LogFields,
  Logger,
  Network,
  Offence,
  PeerKey,
  Random,
  StoreWrite,
} from '../../src/engine/ports.ts';
import { type Authenticator, createAuthenticator } from '../../src/protocol/authenticator.ts';
import { signBatch } from '../../src/protocol/batch.ts';
import type { Cert } from '../../src/protocol/bundle.ts';
import { fromHex } from '../../src/protocol/bytes.ts';
import type { Committee } from '../../src/protocol/committee.ts';
import type { Signer } from '../../src/protocol/ed25519.ts';
import { ValidationError } from '../../src/protocol/errors.ts';
import {
  decodeResponse,
  encodeAnswer,
  type FetchAnswer,
  type FetchRequest,
  type FetchResponse,
} from '../../src/protocol/fetch.ts';
import { encodeFrame } from '../../src/protocol/frame.ts';
import type { Judgement } from '../../src/protocol/judgement.ts';
import { encodeLeaf } from '../../src/protocol/leaf.ts';
import { SYNC_PAGE_MAX } from '../../src/protocol/limits.ts';
import type { Statement } from '../../src/protocol/signed-leaf.ts';
import { encodeTask, parseTask, type Task, taskIdOf } from '../../src/protocol/task.ts';
import { type Core, closesDigestOf, encodeCore, valueIdOf } from '../../src/protocol/value.ts';
import { fakeCommittee } from '../consensus/fixture.ts';
import { fakeSigner, fakeVerifier } from '../sim/fake-signatures.ts';
import { SeededRandom } from '../sim/random.ts';
import { SimDisk, SimStore } from '../sim/sim-disk.ts';
import { drainMicrotasks, VirtualClock } from '../sim/virtual-clock.ts';

/** Ports for single parts of the engine: a clock that stands still, a network that notes, a disk that obeys. */

export function signerOf(committee: Committee, index: number): Signer {
  return fakeSigner(fromHex(committee.validators[index]!.publicKey));
}

export function verifiersOf(committee: Committee) {
  return committee.validators.map(({ publicKey }) => fakeVerifier(fromHex(publicKey)));
}

export function authenticatorOf(committee: Committee): Authenticator {
  return createAuthenticator(committee, verifiersOf(committee));
}

export function taskOf(number: number, more: Partial<Task> = {}): Task {
  return parseTask({
    type: 'SKILL_ASSESSMENT',
    submission: { content: `answer ${number}`, evidence: [] },
    criteria: { skill: 'testing', level: 1, requirements: ['an answer'] },
    ...more,
  });
}

export class NotingLogger implements Logger {
  readonly lines: { level: string; message: string; fields: LogFields }[] = [];
  debug = this.#at('debug');
  info = this.#at('info');
  warn = this.#at('warn');
  error = this.#at('error');

  #at(level: string) {
    return (fields: LogFields, message: string) => void this.lines.push({ level, message, fields });
  }
}

/** What follows from an event may be a chain of more promises than one draining ends. */
const LONGEST_CHAIN = 4;

export class TestClock extends VirtualClock {
  /** Lets everything happen that is due within a time, promises included. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.nowMs() + ms;
    do {
      for (let chain = 0; chain < LONGEST_CHAIN; chain++) await drainMicrotasks();
    } while (this.runNext(untilMs));
  }
}

/** A disk whose writes end when the test says so, unless it is left to itself. */
export class TestStore extends SimStore {
  readonly disk: SimDisk;
  /** Every write that was begun. */
  readonly writes: StoreWrite[] = [];
  /** While true, writes wait for `settle`. */
  held = false;
  #pending: { write: StoreWrite; resolve: () => void; reject: (error: Error) => void } | undefined;

  constructor(clock: VirtualClock, disk = new SimDisk('test')) {
    super(disk, clock, new SeededRandom(1), { writeMsMax: 0, failure: 0 });
    this.disk = disk;
  }

  override write(write: StoreWrite): Promise<void> {
    if (this.#pending !== undefined) throw new Error('two writes at a time');
    this.writes.push(write);
    return new Promise((resolve, reject) => {
      this.#pending = { write, resolve, reject };
      if (!this.held) this.settle();
    });
  }

  get isWriting(): boolean {
    return this.#pending !== undefined;
  }

  /** Ends the write under way, well or with an error. */
  settle(error?: Error): void {
    const pending = this.#pending;
    if (pending === undefined) throw new Error('nothing is being written');
    this.#pending = undefined;
    if (error !== undefined) return pending.reject(error);
    this.disk.apply(pending.write, 0);
    pending.resolve();
  }
}

type Answer = (request: FetchRequest) => FetchAnswer | Promise<FetchAnswer>;

/** Notes what is sent; each peer answers as the test says. */
export class TestNetwork implements Network {
  readonly broadcasts: Uint8Array[] = [];
  readonly sent: { peer: PeerKey; frame: Uint8Array }[] = [];
  readonly requests: { peer: PeerKey; request: FetchRequest }[] = [];
  readonly answers = new Map<PeerKey, Answer>();
  readonly offences: { peer: PeerKey; offence: Offence }[] = [];
  connected: ConnectedPeer[] = [];

  report(peer: PeerKey, offence: Offence): void {
    this.offences.push({ peer, offence });
  }

  connect(key: PeerKey, validatorIndex: number | null, answer?: Answer): void {
    this.connected.push({ key, validatorIndex, address: '', connectedAtMs: 0, latencyMs: null, agent: null });
    if (answer !== undefined) this.answers.set(key, answer);
  }

  broadcast(frame: Uint8Array): void {
    this.broadcasts.push(frame);
  }
  send(peer: PeerKey, frame: Uint8Array): void {
    this.sent.push({ peer, frame });
  }
  async request(peer: PeerKey, request: FetchRequest): Promise<FetchResponse> {
    this.requests.push({ peer, request });
    const answer = this.answers.get(peer);
    if (answer === undefined) throw new ValidationError('nobody answers', 'UNREACHABLE');
    return decodeResponse(encodeAnswer(await answer(request)), request.kind);
  }
  peers(): readonly ConnectedPeer[] {
    return this.connected;
  }

  asked(kind: FetchRequest['kind']): PeerKey[] {
    return this.requests.filter(({ request }) => request.kind === kind).map(({ peer }) => peer);
  }
}

export /** A peer that has decided these, in this order. */
function peerWith(results: readonly Cert[], { storeId = 's', open = [] as string[] } = {}) {
  return (request: FetchRequest): FetchAnswer => {
    if (request.kind === 'open') return { kind: 'open', taskIds: open };
    if (request.kind === 'result') {
      return { kind: 'result', cert: results.find(({ taskId }) => taskId === request.taskId) ?? null };
    }
    assert.ok(request.kind === 'results');
    const page = results.slice(request.cursor, request.cursor + SYNC_PAGE_MAX);
    return { kind: 'results', storeId, next: request.cursor + page.length, taskIds: page.map(({ taskId }) => taskId) };
  };
}

export class TestRandom extends SeededRandom implements Random {}

export const APPROVAL: Judgement = {
  vote: 'approve',
  confidence: 0.9,
  complete: true,
  summary: 'Fine.',
  findings: [],
  coverage: { filesTotal: 1, filesJudged: 1, linesTotal: 1, linesJudged: 1, omitted: [] },
  model: { id: 'test:model', family: 'test' },
};

export interface TestNode {
  engine: Engine;
  network: TestNetwork;
  store: TestStore;
  logger: NotingLogger;
  clock: TestClock;
  judged: Task[];
}

export interface NodeSample {
  committee?: Committee;
  self?: number | null;
  judge?: Judge['judge'];
  options?: Partial<EngineOptions>;
  events?: EngineEvents;
  clock?: TestClock;
  disk?: SimDisk;
  network?: TestNetwork;
}

/** One engine with ports of its own; alone, it hears only what the test hands to it. */
export async function startNode(sample: NodeSample = {}): Promise<TestNode> {
  const { committee = fakeCommittee(), self = 0, clock = new TestClock(), network = new TestNetwork() } = sample;
  const store = new TestStore(clock, sample.disk);
  const logger = new NotingLogger();
  const judged: Task[] = [];
  const judge: Judge = {
    judge: (task, signal) => {
      judged.push(task);
      return sample.judge === undefined ? Promise.resolve(APPROVAL) : sample.judge(task, signal);
    },
  };
  const identity = self === null ? null : { index: self, signer: signerOf(committee, self) };
  const options = { committee, identity, authenticator: authenticatorOf(committee), ...sample.options };
  const ports = { store, network, judge, clock, random: new TestRandom(7), logger };
  const engine = await Engine.start(options, ports, sample.events);
  return { engine, network, store, logger, clock, judged };
}

/** A certificate that the whole committee signed, for a task that expired. */
export function certOf(committee: Committee, task: Task, change: Partial<Core> = {}): Cert {
  const taskId = taskIdOf(committee.networkId, committee.epoch, encodeTask(task));
  const aggregated = aggregate(committee, []);
  const { networkId, configDigest } = committee;
  const closesDigest = closesDigestOf([]);
  const coreBytes = encodeCore({
    networkId,
    configDigest,
    taskId,
    ...aggregated,
    reveals: [],
    unrevealed: [],
    closesDigest,
    ...change,
  });
  const leafBytes = encodeLeaf({ type: 'PRECOMMIT', taskId, round: 0, valueId: valueIdOf(coreBytes) });
  const proofs = committee.validators.map((_, index) => {
    return signBatch(committee.configDigest, index, [leafBytes], signerOf(committee, index)).proof(0);
  });
  const wire = { kind: 'CERT', taskId, groups: [{ leafBytes, proofs }], coreBytes } as const;
  return authenticatorOf(committee).openBundle({
    ...wire,
    groups: [...wire.groups],
  }) as Cert;
}

/** A frame of another node. */
export function frameOf(frame: Parameters<typeof encodeFrame>[0]): Uint8Array {
  return encodeFrame(frame, nonce++);
}
let nonce = 0;

/** Leaves of a validator in one signed frame. */
export function leavesFrame(
  committee: Committee,
  index: number,
  statements: readonly Statement[],
  repeat = false,
): Uint8Array {
  const spoken = statements.map((statement) => ({ ...statement, bytes: encodeLeaf(statement.leaf) }));
  const bytes = spoken.map((statement) => statement.bytes);
  const batch = signBatch(committee.configDigest, index, bytes, signerOf(committee, index));
  return frameOf({ batch: { validatorIndex: index, batch, repeat, statements: spoken } });
}
