import { isDeepStrictEqual } from 'node:util';
import { aggregate } from '../consensus/aggregate.ts';
import { type Agreement, agreementOf } from '../protocol/agreement.ts';
import { verifyLeafProof } from '../protocol/batch.ts';
import { fromHex } from '../protocol/bytes.ts';
import { type Committee, createCommittee, weightOf } from '../protocol/committee.ts';
import {
  type ConsensusResult,
  type JudgementView,
  parseConsensusResult,
  proofFromJson,
  renderCore,
  renderJudgement,
} from '../protocol/consensus-result.ts';
import { createVerifier } from '../protocol/ed25519.ts';
import { committeeOfResult, type EpochChangeFile } from '../protocol/epoch-change.ts';
import { ValidationError } from '../protocol/errors.ts';
import type { Genesis } from '../protocol/genesis.ts';
import type { Digest } from '../protocol/hash.ts';
import { encodeLeaf } from '../protocol/leaf.ts';
import { decodeReport, encodeReport, type Report, reportMatches } from '../protocol/report.ts';
import { encodeTask, type Task, taskIdOf } from '../protocol/task.ts';
import { type Core, decodeCore, type Reveal, valueIdOf } from '../protocol/value.ts';

/** What a result must be about; whatever is left out is not checked. */
export interface Expectations {
  /** The input that was judged: its id is computed anew. */
  task?: Task;
  taskId?: Digest;
  /** The commit that the task must be bound to; needs `task`. */
  headSha?: string;
  requireApproved?: boolean;
}

export type CheckName =
  | 'form'
  | 'epochs'
  | 'network'
  | 'rules'
  | 'core'
  | 'fields'
  | 'validators'
  | 'quorum'
  | 'signatures'
  | 'aggregate'
  | 'judgements'
  | 'taskId'
  | 'task'
  | 'headSha'
  | 'approved';

export interface Check {
  name: CheckName;
  ok: boolean;
  /** What was compared, or what is wrong; may quote the result, so show it inert. */
  detail: string;
}

export interface Verification {
  /** All checks held, except that `approved` may have failed: a rejection is authentic too. */
  authentic: boolean;
  /** All checks held. */
  satisfied: boolean;
  /** In the order in which they ran; a failed `form`, `epochs` or `core` ends the list, since nothing after it could be checked. */
  checks: Check[];
}

/**
 * Verifies a ConsensusResult alone, with nothing but the network's genesis (protocol.md, 7).
 * Everything outside `core` is computed again; `unrevealed` and the timeliness of reveals are vouched for by the quorum.
 * A result of a later epoch brings the changes that lead to it, each signed by a quorum of the epoch before (R36).
 * @param resultJson parsed JSON, untrusted
 */
export function verifyResult(resultJson: unknown, genesis: Genesis, expectations: Expectations = {}): Verification {
  const checks: Check[] = [];
  const run = <T>(name: CheckName, check: () => [detail: string, value: T]): T | undefined => {
    try {
      const [detail, value] = check();
      checks.push({ name, ok: true, detail });
      return value;
    } catch (error) {
      if (!(error instanceof ValidationError)) throw error;
      checks.push({ name, ok: false, detail: error.message });
      return undefined;
    }
  };

  const result = run('form', () => ['a ConsensusResult without unknown fields', parseConsensusResult(resultJson)]);
  const { epochs } = result ?? {};
  const committee = epochs === undefined ? createCommittee(genesis) : run('epochs', () => checkEpochs(genesis, epochs));
  const core = result && committee && run('core', () => coreOf(committee, result));
  if (result !== undefined && committee !== undefined && core !== undefined) {
    const says = (name: CheckName, check: () => string) => run(name, () => [check(), true]);
    says('network', () => same('network id', core.networkId, committee.networkId, 'the result is of another network'));
    says('rules', () =>
      same(
        `digest of validators and rules of epoch ${committee.epoch}`,
        core.configDigest,
        committee.configDigest,
        'the result is of another network, or lacks the changes that lead to its epoch',
      ),
    );
    says('fields', () => checkFields(result, core));
    says('validators', () => checkSigners(committee, result));
    says('quorum', () => checkQuorum(committee, result));
    says('signatures', () => checkSignatures(committee, result, core));
    says('aggregate', () => checkAggregate(committee, core));
    says('judgements', () => checkJudgements(committee, core, result));
    for (const [name, check] of expectationChecks(committee, core, expectations)) says(name, check);
  }
  const failed = checks.filter((check) => !check.ok);
  return { authentic: failed.every(({ name }) => name === 'approved'), satisfied: failed.length === 0, checks };
}

/** The committee of the last epoch that the result names; the check of the rules holds the core to it. */
function checkEpochs(genesis: Genesis, epochs: readonly EpochChangeFile[]): [string, Committee] {
  const committee = committeeOfResult(genesis, { epochs });
  return [
    `epoch ${committee.epoch}: each change on the way is signed by a quorum of the validators before it`,
    committee,
  ];
}

function fail(message: string): never {
  throw new ValidationError(message, 'NOT_AUTHENTIC');
}

function same(what: string, found: string, expected: string, why: string): string {
  if (found !== expected) fail(`the ${what} is ${expected}, the core says ${found}: ${why}`);
  return `${what} ${expected}`;
}

function coreOf(committee: Committee, result: ConsensusResult): [string, Core] {
  const core = decodeCore(fromHex(result.core));
  const named = [...core.reveals.map(({ index }) => index), ...core.unrevealed];
  const unknown = named.find((index) => index >= committee.validators.length);
  if (unknown !== undefined)
    fail(`the core names validator ${unknown}, but the genesis has ${committee.validators.length}`);
  if (new Set(named).size !== named.length) fail('the core names a validator as revealed and as unrevealed');
  return [`${result.core.length / 2} canonical bytes`, core];
}

/** Fields of the JSON that follow from the core; the rest has checks of its own. */
function checkFields(result: ConsensusResult, core: Core): string {
  const {
    core: _core,
    validators: _validators,
    signatures: _signatures,
    certificate: _cert,
    epochs: _epochs,
    judgements: _judgements,
    modelFamilies: _families,
    findings: _findings,
    ...stated
  } = result;
  const expected: Record<string, unknown> = renderCore(core);
  const given: Record<string, unknown> = stated;
  const names = [...new Set([...Object.keys(given), ...Object.keys(expected)])];
  const wrong = names.filter((name) => !isDeepStrictEqual(given[name], expected[name]));
  if (wrong.length > 0) {
    fail(wrong.map((name) => `${name} is ${shown(given[name])}, the core says ${shown(expected[name])}`).join('; '));
  }
  return `${names.join(', ')} follow from the core`;
}

const SHOWN_CHARS_MAX = 80;

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'absent').slice(0, SHOWN_CHARS_MAX);
}

function signersOf({ certificate }: ConsensusResult): number[] {
  return certificate.precommits.map(({ validatorIndex }) => validatorIndex);
}

function checkSigners(committee: Committee, result: ConsensusResult): string {
  const signers = signersOf(result);
  const unknown = signers.find((index) => index >= committee.validators.length);
  if (unknown !== undefined)
    fail(`the certificate names validator ${unknown}, but the genesis has ${committee.validators.length}`);
  const keys = signers.map((index) => committee.validators[index]!.publicKey);
  if (!isDeepStrictEqual(result.validators, keys)) fail('validators are not those of the certificate, in its order');
  const signatures = result.certificate.precommits.map(({ signature }) => signature);
  if (!isDeepStrictEqual(result.signatures, signatures))
    fail('signatures are not those of the certificate, in its order');
  return `${keys.length} validators and signatures as in the certificate`;
}

function checkQuorum(committee: Committee, result: ConsensusResult): string {
  const signers = signersOf(result);
  if (signers.some((index, position) => position > 0 && index <= signers[position - 1]!)) {
    fail('the certificate must name its signers once each, in ascending order');
  }
  const weight = weightOf(committee, signers);
  if (weight < committee.quorum)
    fail(`the signers have weight ${weight}, a quorum is ${committee.quorum} of ${committee.totalWeight}`);
  return `distinct signers of weight ${weight}, a quorum is ${committee.quorum} of ${committee.totalWeight}`;
}

function checkSignatures(
  committee: Committee,
  { core: coreHex, certificate }: ConsensusResult,
  { taskId }: Core,
): string {
  const valueId = valueIdOf(fromHex(coreHex));
  const leafBytes = encodeLeaf({ type: 'PRECOMMIT', taskId, round: certificate.round, valueId });
  const failed = certificate.precommits.map(proofFromJson).filter((proof) => {
    const validator = committee.validators[proof.validatorIndex];
    if (validator === undefined) return true;
    return !verifyLeafProof(committee.configDigest, leafBytes, proof, createVerifier(fromHex(validator.publicKey, 32)));
  });
  if (failed.length > 0) {
    fail(
      `the precommit of validator ${failed.map(({ validatorIndex }) => validatorIndex).join(', ')} is not signed by its key for this core`,
    );
  }
  return `${certificate.precommits.length} precommits of round ${certificate.round} sign this core`;
}

function checkAggregate(committee: Committee, core: Core): string {
  const { outcome, reason, confidencePpm, scorePpm, decidedAtSeconds, tallies } = core;
  const stated = { outcome, reason, confidencePpm, scorePpm, decidedAtSeconds, tallies };
  const computed = aggregate(committee, core.reveals);
  if (!isDeepStrictEqual(stated, computed))
    fail(`the revealed results give ${shown(computed)}, the core says otherwise`);
  return `${core.reveals.length} revealed results give ${outcome}`;
}

function checkJudgements(committee: Committee, core: Core, result: ConsensusResult): string {
  const { judgements } = result;
  if (judgements === undefined) {
    checkAgreement(result, {});
    return 'none listed';
  }
  if (judgements.length !== core.reveals.length) {
    fail(`${judgements.length} judgements are listed, the core holds ${core.reveals.length}`);
  }
  core.reveals.forEach((reveal, position) => {
    checkJudgement(committee, reveal, judgements[position]!, position);
  });
  checkAgreement(result, agreementOf(judgements));
  const reports = judgements.filter(({ report }) => report !== undefined).length;
  return `${judgements.length} judgements equal those of the core, ${reports} reports match their digests`;
}

/** What is stated beyond the judgements must follow from them; it may be left out. */
function checkAgreement({ modelFamilies, findings }: ConsensusResult, expected: Partial<Agreement>): void {
  const stated = { modelFamilies, findings };
  for (const name of ['modelFamilies', 'findings'] as const) {
    if (stated[name] === undefined || isDeepStrictEqual(stated[name], expected[name])) continue;
    fail(`${name} is ${shown(stated[name])}, the judgements listed give ${shown(expected[name])}`);
  }
}

function checkJudgement(committee: Committee, reveal: Reveal, judgement: JudgementView, position: number): void {
  const { report, ...stated } = judgement;
  const expected: Record<string, unknown> = renderJudgement(committee, reveal, new Map());
  const given: Record<string, unknown> = stated;
  const wrong = [...new Set([...Object.keys(given), ...Object.keys(expected)])].find(
    (name) => !isDeepStrictEqual(given[name], expected[name]),
  );
  if (wrong !== undefined) {
    fail(`judgements.${position}.${wrong} is ${shown(given[wrong])}, the core says ${shown(expected[wrong])}`);
  }
  if (report === undefined) return;
  const reportBytes = encodeReport(report as Report);
  // Encoding shortens what is too long, so the report must also come back as it was given.
  if (!reportMatches(reveal.result, reportBytes) || !isDeepStrictEqual(decodeReport(reportBytes), report)) {
    fail(`judgements.${position}.report is not the one whose digest validator ${reveal.index} signed`);
  }
}

type NamedCheck = [CheckName, () => string];

function expectationChecks(committee: Committee, core: Core, expectations: Expectations): NamedCheck[] {
  const { task, taskId, headSha, requireApproved } = expectations;
  const checks: NamedCheck[] = [];
  if (taskId !== undefined) checks.push(['taskId', () => checkTaskId(core, taskId, 'asked for')]);
  if (task !== undefined) {
    const computed = () => taskIdOf(committee.networkId, committee.epoch, encodeTask(task));
    checks.push(['task', () => checkTaskId(core, computed(), 'computed from the task')]);
  }
  if (headSha !== undefined) checks.push(['headSha', () => checkHeadSha(task, headSha)]);
  if (requireApproved)
    checks.push([
      'approved',
      () => (core.outcome === 'APPROVED' ? 'APPROVED' : fail(`the outcome is ${core.outcome}`)),
    ]);
  return checks;
}

function checkTaskId(core: Core, taskId: Digest, how: string): string {
  if (core.taskId !== taskId) fail(`the result is of task ${core.taskId}, not of ${taskId}, the id ${how}`);
  return `the result is of task ${taskId}, the id ${how}`;
}

function checkHeadSha(task: Task | undefined, headSha: string): string {
  if (task === undefined) fail('needs the task: its id binds the commit');
  if (task.headSha !== headSha) fail(`the task is bound to commit ${task.headSha ?? 'none'}, not to ${headSha}`);
  return `the task is bound to commit ${headSha}`;
}
