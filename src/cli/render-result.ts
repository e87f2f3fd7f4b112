import { type AgreedFinding, agreementOf } from '../protocol/agreement.ts';
import { fromHex } from '../protocol/bytes.ts';
import { type Committee, indexOfKey } from '../protocol/committee.ts';
import type { ConsensusResult, JudgementView } from '../protocol/consensus-result.ts';
import type { Usage } from '../protocol/judgement.ts';
import { ppmToNumber } from '../protocol/ppm.ts';
import { decodeCore } from '../protocol/value.ts';
import type { Tone } from './io.ts';

type Report = NonNullable<JudgementView['report']>;

/** One line to print. */
export interface Line {
  text: string;
  tone?: Tone;
}

/** Findings shown: past that a reader scrolls, and `--json` has them. */
const FINDINGS_SHOWN_MAX = 20;

const VERDICTS = { approve: 'approves', reject: 'rejects', abstain: 'abstains' } as const;
const VOTE_TONES: Readonly<Record<JudgementView['vote'], Tone>> = { approve: 'good', reject: 'bad', abstain: 'faint' };

/**
 * A result for people: what was found and by how many, every validator's judgement, then what was agreed.
 * @param shown the findings to show; all unless given
 */
export function renderResult(result: ConsensusResult, committee: Committee, shown?: readonly AgreedFinding[]): Line[] {
  const views = new Map((result.judgements ?? []).map((view) => [view.validator, view]));
  const minConfidence = ppmToNumber(committee.rules.minConfidencePpm);
  const { findings, modelFamilies } = agreementOf(result.judgements ?? []); // a file's own is not believed
  const judgements = committee.validators.flatMap(({ publicKey }, index) =>
    renderJudgement(validatorName(index, publicKey), views.get(publicKey), minConfidence),
  );
  const agreed = renderAgreed(result, committee, modelFamilies);
  return [...renderFindings(shown ?? findings), ...judgements, { text: '' }, ...agreed];
}

/** The name under which people see a validator: its position in the genesis, from 0, and its key's beginning. */
export function validatorName(index: number, publicKey: string): string {
  return `validator ${index} (${publicKey.slice(0, 8)})`;
}

function renderJudgement(name: string, view: JudgementView | undefined, minConfidence: number): Line[] {
  if (view === undefined) return [{ text: `${name}  is not in the result`, tone: 'faint' }];
  const { vote, model, report } = view;
  const head = { text: `${name}  ${model.id}  ${verdictText(view, minConfidence)}`, tone: VOTE_TONES[vote] };
  if (report === undefined) return [head, { text: '    (this node does not hold its report)', tone: 'faint' }];
  const feedback = (report.feedback ?? []).map((item) => ({
    text: `    ${percent(item.score)}  ${item.requirement}: ${item.comment}`,
  }));
  return [head, ...renderSummary(report), ...feedback, ...renderUsage(report)];
}

function verdictText(
  { vote, abstainReason, confidence, score, complete }: JudgementView,
  minConfidence: number,
): string {
  if (vote === 'abstain') return `abstains: ${abstainReason}`;
  const counted = confidence >= minConfidence && (complete || vote === 'reject');
  const parts = [
    `${VERDICTS[vote]}, confidence ${percent(confidence)}`,
    ...(score === undefined ? [] : [`score ${percent(score)}`]),
    ...(complete ? [] : ['part of the input only']),
    ...(counted ? [] : ['which counts as an abstention']),
  ];
  return parts.join(', ');
}

/** The summary; of one that repeats a finding what stands behind it, such as a word on the confidence. */
function renderSummary({ summary, findings }: Report): Line[] {
  const said = findings.map(({ message }) => message).find((message) => message !== '' && summary.includes(message));
  const rest = said === undefined ? summary : summary.slice(summary.indexOf(said) + said.length);
  const text = rest.replace(/^ \(and \d+ more\)/, '').trim();
  return text === '' ? [] : [{ text: `    ${text}` }];
}

/** What a model behind an endpoint used; cost as its operator configured it. */
function renderUsage({ usage }: Report): Line[] {
  if (usage === undefined) return [];
  return [{ text: `    ${usageText(usage)}`, tone: 'faint' }];
}

export function usageText({ promptTokens, completionTokens, costMicros }: Usage): string {
  const cost = costMicros === 0 ? '' : `, cost ${(costMicros / 1e6).toFixed(6)}`;
  return `used ${promptTokens} + ${completionTokens} tokens${cost}`;
}

function renderFindings(findings: readonly AgreedFinding[]): Line[] {
  if (findings.length === 0) return [];
  const shown = findings.slice(0, FINDINGS_SHOWN_MAX).flatMap(renderFinding);
  const more = findings.length - FINDINGS_SHOWN_MAX;
  const rest: Line[] = more > 0 ? [{ text: `    and ${more} more; --json shows them`, tone: 'faint' }] : [];
  return [{ text: 'findings' }, ...shown, ...rest, { text: '' }];
}

function renderFinding(finding: AgreedFinding): Line[] {
  const { file, line, severity, rules, quote, message, suggestion, agreement } = finding;
  const head = `    ${agreement.found} of ${agreement.of}  ${file}:${line}  ${severity}  ${rules.join(', ')}`;
  const lines: Line[] = [
    { text: head, ...(severity === 'error' ? { tone: 'bad' as const } : {}) },
    { text: `      | ${quote}`, tone: 'faint' },
    { text: `      ${message}` },
  ];
  return suggestion === undefined ? lines : [...lines, { text: `      try: ${suggestion}` }];
}

function renderAgreed(result: ConsensusResult, committee: Committee, modelFamilies: number): Line[] {
  const { outcome, reason, confidence, score, validators } = result;
  const signers = validators.map((key) => indexOfKey(committee, key) ?? key);
  const { approveWeight, rejectWeight, abstainWeight } = decodeCore(fromHex(result.core)).tallies;
  const parts = [
    `${outcome}${reason === undefined ? '' : ` (${reason})`}`,
    ...(result.approved || outcome === 'REJECTED' ? [`confidence ${percent(confidence)}`] : []),
    ...(score === undefined ? [] : [`score ${percent(score)}`]),
  ];
  const tally = `${approveWeight} approve, ${rejectWeight} reject, ${abstainWeight} abstain; a verdict needs ${committee.threshold} of ${committee.totalWeight}`;
  return [
    { text: `agreed    ${parts.join(', ')}: ${tally}`, tone: result.approved ? 'good' : 'bad' },
    ...(result.judgements === undefined ? [] : [{ text: `models    ${familiesText(modelFamilies)}` }]),
    {
      text: `signed    by validators ${signers.join(', ')} (${signers.length} of ${committee.validators.length}), ${result.decidedAt}`,
    },
    { text: `task      ${result.taskId}` },
  ];
}

function familiesText(families: number): string {
  return families === 1 ? 'verdicts of one model family, which errs as one' : `verdicts of ${families} model families`;
}

/** A share as people read it; never rounded up to certainty. */
function percent(share: number): string {
  return `${(Math.floor(share * 1000) / 10).toFixed(1)}%`;
}
