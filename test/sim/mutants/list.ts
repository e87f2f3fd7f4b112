import type { Role } from '../roles.ts';

/** One seeded bug: texts of the sources, and what stands in their place. */
export interface Mutant {
  name: string;
  /** The rule of src/consensus/README.md that it breaks. */
  rule: string;
  edits: readonly { file: string; find: string; replace: string }[];
  /**
   * Where the hunt begins, for one that needs a rare schedule: the seed that once found it, and the role in it; wide
   * for one that needs deadlines, clock steps or lost journals.
   */
  from?: { seed: number; role?: Role; wide?: boolean };
}

function mutant(name: string, rule: string, file: string, find: string, replace: string): Mutant {
  return { name, rule, edits: [{ file: `src/${file}`, find, replace }] };
}

const COLLECTION_MUTANTS: readonly Mutant[] = [
  mutant('quorum-minus-one', 'R1', 'protocol/committee.ts', '/ 3 + 1; // exact', '/ 3; // exact'),
  mutant('weights-ignored', 'R1', 'consensus/intake.ts', 'group.weight += weight;', 'group.weight += 1;'),
  mutant(
    'share-of-votes-cast',
    'R1',
    'consensus/aggregate.ts',
    'winnerOf(committee, approveWeight, rejectWeight)',
    'winnerOf({ ...committee, threshold: 0.7 * (approveWeight + rejectWeight) }, approveWeight, rejectWeight)',
  ),
  mutant(
    'commitment-without-key',
    'R3',
    'protocol/validation-result.ts',
    '[digestBytes(taskId), digestBytes(publicKey), ',
    '[digestBytes(taskId), publicKey.length, ',
  ),
  mutant(
    'closes-in-an-outage',
    'R4',
    'consensus/collection.ts',
    "(instance.fired.has('observe') && committedWeight >= committee.quorum)",
    "instance.fired.has('observe')",
  ),
  mutant(
    'reveals-before-quorum-closed',
    'R5',
    'consensus/collection.ts',
    'if (instance.closedWeight < committee.quorum) return false;\n  arm(',
    'if (instance.closedWeight < 1) return false;\n  arm(',
  ),
  {
    name: 'no-timeliness',
    rule: 'R6',
    edits: [
      {
        file: 'src/consensus/collection.ts',
        find: '?? 0) >= instance.committee.quorum;',
        replace: '?? 0) >= 0;',
      },
      {
        file: 'src/consensus/valuation.ts',
        find: '?? 0) < instance.committee.quorum;',
        replace: '?? 0) < 0;',
      },
    ],
  },
  mutant(
    'closer-counted-twice',
    'R6',
    'consensus/intake.ts',
    'if (instance.closes.has(leaf.signer)) return; // R6: a closer counts once\n',
    '',
  ),
  mutant(
    'low-confidence-counts',
    'R9',
    'consensus/aggregate.ts',
    "confidencePpm < committee.rules.minConfidencePpm ? 'abstain' : vote",
    "confidencePpm < 0 ? 'abstain' : vote",
  ),
  mutant('upper-median', 'R9', 'consensus/aggregate.ts', 'if (2 * sum >= total)', 'if (2 * sum > total)'),
  mutant(
    'value-never-checked',
    'R11',
    'consensus/valuation.ts',
    'held.hardValid = checkValue(instance, held);',
    'held.hardValid = true;',
  ),
  mutant(
    'no-soft-accept',
    'R12',
    'consensus/valuation.ts',
    "if (mine.conclusive && instance.round < INSIST_ROUNDS) return 'no';",
    "return 'yes';",
  ),
  mutant(
    'claimed-value-id-believed',
    'R10',
    'protocol/signed-leaf.ts',
    'if (valueIdOf(encodeCore(proposed.core)) !== leaf.valueId)',
    'if (proposed === null)',
  ),
];

const VOTING_MUTANTS: readonly Mutant[] = [
  mutant(
    'wrong-proposer-heard',
    'R14',
    'consensus/intake.ts',
    "if (isLeaf(leaf, 'PROPOSAL') && leaf.signer !== proposerOf(instance, leaf.leaf.round)) return; // R14",
    'proposerOf(instance, 0);',
  ),
  mutant(
    'proposes-twice',
    'R2',
    'consensus/voting.ts',
    'if (!due || instance.own.has(',
    'if (!due || new Set<string>().has(',
  ),
  mutant(
    'silent-proposer-awaited',
    'R15',
    'consensus/voting.ts',
    "if (name === 'propose' && instance.step === 'propose') prevoteFor(instance, null, effects);",
    '',
  ),
  mutant('no-lock', 'R15', 'consensus/voting.ts', "if (lock !== null && !lockedOnIt) return 'no'; // R15", ''),
  mutant(
    'polka-unlocks-always',
    'R16',
    'consensus/voting.ts',
    "lock.round <= validRound || lockedOnIt ? 'yes' : 'no'; // R16",
    "lock.round >= -1 || lockedOnIt ? 'yes' : 'no'; // R16",
  ),
  mutant(
    'claimed-polka-believed',
    'R16',
    'consensus/voting.ts',
    "if (validRound >= 0 && polkaFor(instance, validRound, valueId) === undefined) return 'wait';",
    '',
  ),
  mutant(
    'locks-by-fewer',
    'R17',
    'consensus/voting.ts',
    'if (group.weight >= instance.committee.quorum && wanted(group.leaf.valueId)) return group;',
    'if (group.weight > instance.committee.faulty && wanted(group.leaf.valueId)) return group;',
  ),
  mutant(
    'split-prevotes-awaited',
    'R19',
    'consensus/voting.ts',
    "if (round.prevotes.weight >= instance.committee.quorum) armOnce(instance, round, 'prevote', effects);",
    '',
  ),
  mutant(
    'split-precommits-awaited',
    'R20',
    'consensus/voting.ts',
    "if (number === instance.round) armOnce(instance, round, 'precommit', effects);",
    '',
  ),
  mutant(
    'skips-rounds-for-one',
    'R21',
    'consensus/voting.ts',
    'if (number > last && round.voterWeight > instance.committee.faulty) last = number;',
    'if (number > last && round.voterWeight > 0) last = number;',
  ),
  mutant('stale-timers-count', 'R23', 'consensus/voting.ts', 'if (round !== instance.round) return;\n', ''),
  mutant('voter-counted-twice', 'R22', 'consensus/intake.ts', 'if (group.votes.has(vote.signer)) return;\n', ''),
  mutant(
    'decides-by-one-less',
    'R22',
    'consensus/voting.ts',
    'const group = valueGroup(instance, round.precommits);\n    if (group === undefined) continue;\n    const held',
    'const group = [...round.precommits.groups.values()].find(({ weight, leaf }) => leaf.valueId !== null && weight >= instance.committee.quorum - 1);\n    if (group === undefined) continue;\n    const held',
  ),
];

const EDGE_MUTANTS: readonly Mutant[] = [
  mutant(
    'signatures-unchecked',
    'R32',
    'protocol/batch.ts',
    'if (!verifier.verify(headerBytes(configDigest, validatorIndex, leafCount, root), signature)) return false;\n',
    '',
  ),
  {
    name: 'bundle-counts-a-voter-twice',
    rule: 'R25',
    edits: [
      {
        file: 'src/protocol/authenticator.ts',
        find: 'if (new Set(signers).size !== signers.length) throw',
        replace: 'if (signers.length === 0) throw',
      },
      {
        file: 'src/protocol/authenticator.ts',
        find: 'const weight = weightOf(committee, signers);',
        replace: 'const weight = signers.reduce((sum, index) => sum + weightOf(committee, [index]), 0);',
      },
    ],
  },
  mutant(
    'light-bundle-accepted',
    'R22',
    'protocol/authenticator.ts',
    'if (weight < committee.quorum)\n',
    'if (weight < 1)\n',
  ),
  {
    name: 'certificate-of-another-task',
    rule: 'R32',
    edits: [
      {
        file: 'src/protocol/authenticator.ts',
        find: 'if (leaf.taskId !== wire.taskId) throw',
        replace: "if (leaf.taskId === '') throw",
      },
      {
        file: 'src/engine/certificates.ts',
        find: 'core.taskId === cert.taskId ?',
        replace: 'core.taskId !== undefined ?',
      },
    ],
  },
  mutant(
    'third-leaf-kept',
    'R26',
    'consensus/intake.ts',
    'if (seen.length >= VOTES_PER_SLOT_MAX || seen.some(',
    'if (seen.some(',
  ),
  mutant(
    'rounds-far-ahead-kept',
    'R26',
    'consensus/intake.ts',
    "if ('round' in leaf.leaf && leaf.leaf.round > instance.round + ROUNDS_AHEAD_MAX) return; // R26",
    'if (ROUNDS_AHEAD_MAX === 0) return;',
  ),
  mutant(
    'repeats-nothing',
    'R24',
    'engine/open-task.ts',
    'if (stalled || nowMs - this.#repeatedAtMs >= REPEAT_MS_MAX) {',
    'if (nowMs < 0) {',
  ),
];

const DURABILITY_MUTANTS: readonly Mutant[] = [
  mutant(
    'sends-before-it-writes',
    'R27',
    'engine/outbox.ts',
    'const writeMs = write === undefined ? null : await this.#write(write);\n',
    'this.#send(tick);\n    for (const list of [tick.leaves, tick.repeats, tick.bundles, tick.announcements]) list.length = 0;\n    const writeMs = write === undefined ? null : await this.#write(write);\n',
  ),
  mutant(
    'failed-write-forgotten',
    'R27',
    'engine/outbox.ts',
    'this.fault = (error as Error).message;\n',
    'if (error !== null) return;\n        this.fault = (error as Error).message;\n',
  ),
  mutant(
    'journal-dropped-at-once',
    'R27',
    'engine/engine.ts',
    'if (this.#journal.add(tick, open)) this.#outbox.dropJournal(tick);',
    'if (!this.#journal.add(tick, open)) this.#outbox.dropJournal(tick);',
  ),
  mutant(
    'lock-not-durable',
    'R28',
    'engine/journal.ts',
    'record.lock === null ? null : validToCbor(record.lock)]',
    'record.lock === undefined ? validToCbor(record.lock) : null]',
  ),
  mutant(
    'commitment-not-restored',
    'R28',
    'consensus/recovery.ts',
    "case 'judged': {\n",
    "case 'judged': {\n      if (record.opening !== null) return;\n",
  ),
  mutant(
    'list-not-restored',
    'R28',
    'consensus/recovery.ts',
    "return restate(instance, { type: 'CLOSE', set: commitmentSetDigest(record.set) }, record.set);",
    'return void commitmentSetDigest(record.set);',
  ),
  mutant(
    'closed-on-what-is-forgotten',
    'R4',
    'consensus/recovery.ts',
    'for (const leaf of record.leaves) acceptLeaf(instance, asAuthentic(leaf), []);',
    'if (record.leaves.length > 256) acceptLeaf(instance, asAuthentic(record.leaves[0]!), []);',
  ),
  mutant(
    'prevote-not-restored',
    'R28',
    'consensus/recovery.ts',
    "case 'prevoted':\n      restate(instance, record.leaf);\n      return reach(instance, record.leaf.round, 'prevote');",
    "case 'prevoted':\n      return;",
  ),
  mutant(
    'precommit-not-restored',
    'R28',
    'consensus/recovery.ts',
    "case 'precommitted':\n      restate(instance, record.leaf);\n",
    "case 'precommitted':\n      if (record.lock !== undefined) return;\n",
  ),
  mutant(
    'decided-task-opened-again',
    'R28',
    'engine/certificates.ts',
    'const decided = await this.#store.hasResult(taskId);',
    'const decided = (await this.#store.hasResult(taskId)) && this.has(taskId);',
  ),
];

const TIME_MUTANTS: readonly Mutant[] = [
  mutant(
    'deadline-comes-at-once',
    'R23',
    'engine/open-task.ts',
    'return Math.max(DEADLINE_WAIT_MS_MIN, deadlineMs - this.#context.clock.nowMs());',
    'return Math.min(DEADLINE_WAIT_MS_MIN, deadlineMs);',
  ),
  mutant(
    'lost-journal-trusted',
    'R29',
    'engine/engine.ts',
    'if (journal.damaged || options.untrustedJournal === true) engine.#probation.begin();',
    'if (journal.damaged && options.untrustedJournal === undefined) engine.#probation.begin();',
  ),
  mutant(
    'probation-forgets-what-it-heard',
    'R29',
    'engine/engine.ts',
    'if (isKnown || !this.#probation.isRunning ||',
    'if (!isKnown || !this.#probation.isRunning ||',
  ),
  mutant(
    'followed-in-name-only',
    'R29',
    'engine/open-task.ts',
    'if (!init.maySign) this.instance.muted = true;',
    'this.instance.muted = false;',
  ),
];

const LOCKING = ['no-lock', 'polka-unlocks-always', 'claimed-polka-believed'];

/** Bugs of locking: the exhaustive search finds the run that they need, which chance seldom does. */
export const LOCK_MUTANTS: readonly Mutant[] = [
  ...VOTING_MUTANTS.filter(({ name }) => LOCKING.includes(name)),
  mutant('lock-not-restored', 'R28', 'consensus/recovery.ts', '        instance.lock = record.lock;\n', ''),
  mutant(
    'locks-late',
    'R18',
    'consensus/voting.ts',
    "const locks = number === instance.round && instance.step === 'prevote';",
    "const locks = instance.step === 'prevote';",
  ),
];

/** Where chance seldom leads, with four validators. */
const RARE: Readonly<Record<string, NonNullable<Mutant['from']>>> = {
  'quorum-minus-one': { seed: 60 },
  'no-soft-accept': { seed: 1, role: 'cherryPick' },
  'decided-task-opened-again': { seed: 1, role: 'replay' },
  'rounds-far-ahead-kept': { seed: 180, role: 'flood' },
  'value-never-checked': { seed: 55 },
  'claimed-value-id-believed': { seed: 350 },
  'certificate-of-another-task': { seed: 1, role: 'replay' },
  'light-bundle-accepted': { seed: 120 },
  'bundle-counts-a-voter-twice': { seed: 40 },
  'lock-not-durable': { seed: 2_090, role: 'split' },
  'deadline-comes-at-once': { seed: 1, wide: true },
  'lost-journal-trusted': { seed: 1, wide: true },
  'probation-forgets-what-it-heard': { seed: 900, wide: true },
  'followed-in-name-only': { seed: 1, wide: true },
  'closed-on-what-is-forgotten': { seed: 120, wide: true },
};

/** Every rule that keeps a promise, broken once; the simulator must find each. */
export const MUTANTS: readonly Mutant[] = [
  ...COLLECTION_MUTANTS,
  ...VOTING_MUTANTS.filter(({ name }) => !LOCKING.includes(name)),
  ...EDGE_MUTANTS,
  ...DURABILITY_MUTANTS,
  ...TIME_MUTANTS,
].map((one) => ({ ...one, ...(RARE[one.name] === undefined ? {} : { from: RARE[one.name]! }) }));
