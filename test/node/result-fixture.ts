import { aggregate } from '../../src/consensus/aggregate.ts';
import { signBatch } from '../../src/protocol/batch.ts';
import { toHex } from '../../src/protocol/bytes.ts';
import { type Committee, createCommittee } from '../../src/protocol/committee.ts';
import { type ConsensusResult, renderConsensusResult } from '../../src/protocol/consensus-result.ts';
import { createSigner, type Signer } from '../../src/protocol/ed25519.ts';
import { DEVNET_TIMERS, type Genesis } from '../../src/protocol/genesis.ts';
import type { Vote } from '../../src/protocol/judgement.ts';
import { encodeLeaf, type LeafOf } from '../../src/protocol/leaf.ts';
import { FINDING_CHARS_MAX } from '../../src/protocol/limits.ts';
import { coverageDigestOf, encodeReport, type Report, reportDigestOf } from '../../src/protocol/report.ts';
import type { SignedLeaf } from '../../src/protocol/signed-leaf.ts';
import { encodeTask, parseTask, type Task, taskIdOf } from '../../src/protocol/task.ts';
import { type Core, closesDigestOf, encodeCore, type Reveal, valueIdOf } from '../../src/protocol/value.ts';

/** Signs for validator `index`; keys are the same in every run. */
export function signerOf(index: number): Signer {
  return createSigner(new Uint8Array(32).fill(index + 1));
}

export function genesisOf(validators: number, name = 'test'): Genesis {
  return {
    name,
    createdAt: 1_700_000_000,
    validators: Array.from({ length: validators }, (_, index) => ({
      publicKey: toHex(signerOf(index).publicKey),
      weight: 1,
    })),
    rules: {
      kind: 'devnet',
      minConfidencePpm: 800_000,
      consensusThresholdPpm: 700_000,
      requiredValidators: Math.min(2, validators),
      minModelFamilies: 1,
      timers: DEVNET_TIMERS,
    },
  };
}

export const TASK: Task = parseTask({
  type: 'CODE_REVIEW',
  pullRequest: {
    url: 'https://example.org/pull/1',
    diff: '--- a/x.js\n+++ b/x.js\n@@ -1 +1 @@\n-a\n+b\n',
    files: ['x.js'],
  },
  requirements: { style: true, security: true, performance: false },
  headSha: 'a'.repeat(40),
});

function reportOf(index: number): Report {
  return {
    // As long as it may be, so that more would be cut off in encoding.
    summary: `validator ${index} looked at one line`.padEnd(FINDING_CHARS_MAX, '.'),
    findings: [
      {
        rule: 'js/x',
        severity: 'warning',
        category: 'security',
        file: 'x.js',
        line: 1,
        quote: 'b',
        message: 'look',
        suggestion: 'c',
      },
    ],
    coverage: {
      filesTotal: 1,
      filesJudged: 1,
      linesTotal: 1,
      linesJudged: 1,
      omitted: [{ what: 'logo.png', reason: 'binary' }],
    },
    usage: { promptTokens: 1, completionTokens: 2, costMicros: 3 },
  };
}

function revealOf(index: number, vote: Vote, report: Report): Reveal {
  return {
    index,
    salt: `${index}${index}`.repeat(32),
    result: {
      vote,
      abstainReason: vote === 'abstain' ? 'timeout' : null,
      confidencePpm: 900_000 + index,
      scorePpm: null,
      complete: true,
      coverageDigest: coverageDigestOf(report.coverage),
      reportDigest: reportDigestOf(encodeReport(report)),
      modelId: `model-${index}`,
      modelFamily: `family-${index}`,
      modelDigest: 'd'.repeat(64),
      promptDigest: null,
      judgedAtSeconds: 1_700_000_100 + index,
    },
  };
}

export interface Fixture {
  genesis: Genesis;
  committee: Committee;
  core: Core;
  result: ConsensusResult;
}

export interface FixtureOptions {
  genesis?: Genesis;
  /** That of a later epoch; else the genesis's. */
  committee?: Committee;
  task?: Task;
  votes?: Vote[];
  /** Indexes of the precommits in the certificate; a quorum unless given. */
  signers?: number[];
  round?: number;
  /** Changes the core before it is signed: what a dishonest quorum could do. */
  tamper?: (core: Core) => Core;
}

/** A result as four honest validators make it, really signed; reports of all but the last judgement are held. */
export function makeResult(options: FixtureOptions = {}): Fixture {
  const {
    genesis = genesisOf(4),
    task = TASK,
    votes = ['approve', 'approve', 'approve', 'reject'],
    signers = [0, 2, 3],
    round = 1,
  } = options;
  const committee = options.committee ?? createCommittee(genesis);
  const reports = votes.map((_, index) => reportOf(index));
  const reveals = votes.map((vote, index) => revealOf(index, vote, reports[index]!));
  const taskId = taskIdOf(committee.networkId, committee.epoch, encodeTask(task));
  const honest: Core = {
    ...aggregate(committee, reveals),
    networkId: committee.networkId,
    configDigest: committee.configDigest,
    taskId,
    reveals,
    unrevealed: [],
    closesDigest: closesDigestOf([{ index: 0, set: 'e'.repeat(64) }]),
  };
  const core = options.tamper?.(honest) ?? honest;
  const coreBytes = encodeCore(core);
  const leaf: LeafOf<'PRECOMMIT'> = { type: 'PRECOMMIT', taskId, round, valueId: valueIdOf(coreBytes) };
  const cert = {
    kind: 'CERT' as const,
    taskId,
    votes: signers.map((index) => precommit(committee, index, leaf)),
    coreBytes,
  };
  const held = new Map(
    reports.slice(0, -1).map((report) => [reportDigestOf(encodeReport(report)), encodeReport(report)]),
  );
  // Through JSON, as everybody outside the node gets it.
  const result = JSON.parse(JSON.stringify(renderConsensusResult(committee, cert, held))) as ConsensusResult;
  return { genesis, committee, core, result };
}

/** The vote as one of several leaves in a batch, so that its proof has a path. */
function precommit(committee: Committee, signer: number, leaf: LeafOf<'PRECOMMIT'>): SignedLeaf<LeafOf<'PRECOMMIT'>> {
  const bytes = encodeLeaf(leaf);
  const other = encodeLeaf({ type: 'COMMIT', taskId: leaf.taskId, commitment: 'c'.repeat(64) });
  const leaves = signer === 0 ? [bytes] : [other, bytes, other];
  const position = leaves.indexOf(bytes);
  const batch = signBatch(committee.configDigest, signer, leaves, signerOf(signer));
  return {
    signer,
    leaf,
    attachment: null,
    bytes,
    digest: batch.leafDigests[position]!,
    proof: () => batch.proof(position),
  };
}
