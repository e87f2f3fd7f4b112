import { ConsensusProtocol } from '../../src/consensus/protocol.ts';
import {
  createInstance,
  type Effect,
  type Input,
  type Instance,
  type JournalRecord,
  type OwnLeaf,
  proposerOf,
  type TimerName,
} from '../../src/consensus/state.ts';
import { freshValue } from '../../src/consensus/valuation.ts';
import type { Bundle } from '../../src/protocol/bundle.ts';
import { type Committee, createCommittee } from '../../src/protocol/committee.ts';
import type { Rules } from '../../src/protocol/genesis.ts';
import { type Digest, hash } from '../../src/protocol/hash.ts';
import { encodeLeaf, type Leaf, type LeafBody, type LeafOf, leafSlot, type VoteLeaf } from '../../src/protocol/leaf.ts';
import { leafDigest } from '../../src/protocol/merkle.ts';
import { type Attachment, type Authentic, asAuthentic, type SignedLeaf } from '../../src/protocol/signed-leaf.ts';
import { commitmentOf, type Opening, type ValidationResult } from '../../src/protocol/validation-result.ts';
import { type Commitment, commitmentSetDigest, encodeCore, type Value, valueIdOf } from '../../src/protocol/value.ts';
import { resultOf } from '../protocol/samples.ts';

/** A committee without real keys, leaves without real signatures, and one validator to watch. */

export const TASK_ID = hash('test-task');

export interface CommitteeSample {
  weights?: readonly number[];
  rules?: Partial<Rules>;
}

export const TIMERS = {
  judgeBudgetMs: 2_000,
  observeMs: 2_500,
  graceMs: 300,
  revealGraceMs: 50,
  finalMs: 700,
  roundBaseMs: 200,
  roundCapMs: 1_600,
};

export function fakeCommittee({ weights = [1, 1, 1, 1], rules = {} }: CommitteeSample = {}): Committee {
  return createCommittee({
    name: 'test',
    createdAt: 1,
    validators: weights.map((weight, index) => ({ publicKey: hash('test-key', index), weight })),
    rules: {
      kind: 'devnet',
      minConfidencePpm: 800_000,
      consensusThresholdPpm: 700_000,
      requiredValidators: 1,
      minModelFamilies: 1,
      timers: TIMERS,
      ...rules,
    },
  });
}

/** What a validator answered; salts differ between validators, and with `draw` between two answers of one. */
export function openingOf(index: number, changes: Partial<ValidationResult> = {}, draw = 0): Opening {
  return { result: resultOf(changes), salt: hash('test-salt', index, draw) };
}

export const approve = (index: number) => openingOf(index);
export const reject = (index: number) => openingOf(index, { vote: 'reject' });
export const abstain = (index: number) => openingOf(index, { vote: 'abstain' });

/** Makes the leaves of any validator, as if its signature had been checked. */
export class Speaker {
  readonly committee: Committee;
  readonly taskId: Digest;

  constructor(committee: Committee, taskId = TASK_ID) {
    this.committee = committee;
    this.taskId = taskId;
  }

  say<L extends LeafBody>(signer: number, body: L, attachment: Attachment = null) {
    const leaf = { taskId: this.taskId, ...body };
    const bytes = encodeLeaf(leaf as Leaf);
    const proof = () => ({
      validatorIndex: signer,
      leafCount: 1,
      leafIndex: 0,
      path: [],
      signature: new Uint8Array(64),
    });
    const signed = { leaf, attachment, signer, bytes, digest: leafDigest(bytes), proof };
    return asAuthentic(signed as unknown as SignedLeaf<LeafOf<L['type']>>);
  }

  commitment(index: number, opening: Opening): Commitment {
    const { publicKey } = this.committee.validators[index]!;
    return { index, commitment: commitmentOf(this.taskId, publicKey, opening) };
  }

  commit(index: number, opening: Opening) {
    return this.say(index, { type: 'COMMIT', commitment: this.commitment(index, opening).commitment });
  }

  close(index: number, set: readonly Commitment[]) {
    return this.say(index, { type: 'CLOSE', set: commitmentSetDigest(set) }, set);
  }

  reveal(index: number, opening: Opening) {
    return this.say(index, { type: 'REVEAL', opening });
  }

  proposal(signer: number, round: number, value: Value, validRound = -1) {
    return this.say(signer, { type: 'PROPOSAL', round, validRound, valueId: idOf(value) }, value);
  }

  prevote(signer: number, round: number, value: Value | Digest | null, validRound = -1) {
    return this.say(signer, { type: 'PREVOTE', round, valueId: nameOf(value), validRound });
  }

  precommit(signer: number, round: number, value: Value | Digest | null) {
    return this.say(signer, { type: 'PRECOMMIT', round, valueId: nameOf(value) });
  }

  polka(round: number, value: Value, signers: readonly number[], validRound = -1): Authentic<Bundle> {
    const votes = signers.map((signer) => this.prevote(signer, round, value, validRound));
    return asAuthentic({ kind: 'POLKA', taskId: this.taskId, votes });
  }

  cert(round: number, value: Value, signers: readonly number[]): Authentic<Bundle> {
    const votes = signers.map((signer) => this.precommit(signer, round, value));
    return asAuthentic({ kind: 'CERT', taskId: this.taskId, votes, coreBytes: encodeCore(value.core) });
  }

  roundCert(votes: readonly SignedLeaf<VoteLeaf>[]): Authentic<Bundle> {
    return asAuthentic({ kind: 'ROUNDCERT', taskId: this.taskId, votes });
  }

  /** COMMITs, CLOSEs that list all of them, and REVEALs of these answers. */
  collection(openings: readonly (readonly [number, Opening])[], closers: readonly number[]): Authentic<SignedLeaf>[] {
    const set = openings.map(([index, opening]) => this.commitment(index, opening));
    return [
      ...openings.map(([index, opening]) => this.commit(index, opening)),
      ...closers.map((index) => this.close(index, set)),
      ...openings.map(([index, opening]) => this.reveal(index, opening)),
    ];
  }

  /** The value that somebody who holds these leaves would propose. */
  valueWith(leaves: readonly Authentic<SignedLeaf>[]): Value {
    const observer = new Validator({ committee: this.committee, self: null, taskId: this.taskId });
    observer.hear(...leaves);
    return freshValue(observer.instance);
  }

  /** A validator's position by its turn as proposer. */
  proposer(round: number): number {
    return proposerOf(createInstance(this.committee, this.taskId, null), round);
  }
}

export function idOf(value: Value): Digest {
  return valueIdOf(encodeCore(value.core));
}

function nameOf(value: Value | Digest | null): Digest | null {
  return value === null || typeof value === 'string' ? value : idOf(value);
}

export interface ValidatorSample {
  committee: Committee;
  /** Own position; null is an observer. */
  self: number | null;
  records?: readonly JournalRecord[];
  taskId?: Digest;
}

/** One instance with all that it ever asked for. Its own leaves come back to it at once, as they do after their sync. */
export class Validator {
  readonly instance: Instance;
  readonly speaker: Speaker;
  readonly effects: Effect[] = [];
  readonly records: JournalRecord[] = [];
  readonly said: OwnLeaf[] = [];
  readonly #protocol: ConsensusProtocol;

  constructor({ committee, self, records = [], taskId = TASK_ID }: ValidatorSample) {
    this.#protocol = new ConsensusProtocol(committee, self);
    this.speaker = new Speaker(committee, taskId);
    this.instance = this.#protocol.instance(taskId, records);
  }

  /** Takes an input, then its own leaves that follow from it; returns all effects. */
  input(input: Input): Effect[] {
    const effects = this.#protocol.step(this.instance, input);
    this.effects.push(...effects);
    const all = [...effects];
    for (const effect of effects) {
      if (effect.kind === 'record') this.records.push(effect.record);
      if (effect.kind !== 'state') continue;
      this.said.push(effect.own);
      const { leaf, attachment } = effect.own;
      all.push(...this.input({ kind: 'leaf', leaf: this.speaker.say(this.instance.self!, leaf, attachment) }));
    }
    return all;
  }

  start(): Effect[] {
    return this.input({ kind: 'start' });
  }

  judge(opening: Opening): Effect[] {
    return this.input({ kind: 'judged', opening });
  }

  hear(...leaves: readonly Authentic<SignedLeaf>[]): Effect[] {
    return leaves.flatMap((leaf) => this.input({ kind: 'leaf', leaf }));
  }

  take(bundle: Authentic<Bundle>): Effect[] {
    return this.input({ kind: 'bundle', bundle });
  }

  fire(name: TimerName['name'], round?: number): Effect[] {
    return this.input({ kind: 'timer', timer: (round === undefined ? { name } : { name, round }) as TimerName });
  }

  /** The slots of everything said so far, in order. */
  slots(): string[] {
    return this.said.map(({ leaf }) => leafSlot(leaf));
  }

  /** What was said for a slot. */
  leaf<Type extends Leaf['type']>(type: Type, round = 0): LeafOf<Type> | undefined {
    const own = this.said.find(({ leaf }) => leafSlot(leaf) === `${type}/${round}`);
    return own?.leaf as LeafOf<Type> | undefined;
  }

  count(kind: Effect['kind']): number {
    return this.effects.filter((effect) => effect.kind === kind).length;
  }

  timers(): string[] {
    return this.effects.flatMap((effect) => {
      if (effect.kind !== 'timer') return [];
      const { timer, delayMs } = effect;
      return [`${timer.name}${'round' in timer ? `/${timer.round}` : ''} ${delayMs}`];
    });
  }
}
