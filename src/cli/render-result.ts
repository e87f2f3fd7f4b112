import type { Committee } from '../protocol/committee.ts';
import { indexOfKey } from '../protocol/committee.ts';
import type { ConsensusResult, JudgementView } from '../protocol/consensus-result.ts';
import type { Tone } from './io.ts';

type Finding = NonNullable<JudgementView['report']>['findings'][number];

/** One line to print. */
export interface Line {
  text: string;
  tone?: Tone;
}

/** Findings shown of one judgement: past that a reader scrolls, and `--json` has them all. */
const FINDINGS_SHOWN_MAX = 20;

const VERDICTS = { approve: 'approves', reject: 'rejects', abstain: 'abstains' } as const;
const VOTE_TONES: Readonly<Record<JudgementView['vote'], Tone>> = { approve: 'good', reject: 'bad', abstain: 'faint' };

/** A result for people: every validator's judgement with its findings, then what was agreed. */
export function renderResult(result: ConsensusResult, committee: Committee): Line[] {
  const views = new Map((result.judgements ?? []).map((view) => [view.validator, view]));
  const judgements = committee.validators.flatMap(({ publicKey }, index) => [
    ...renderJudgement(validatorName(index, publicKey), views.get(publicKey)),
    { text: '' },
  ]);
  return [...judgements, ...renderAgreed(result, committee)];
}

/** The name under which people see a validator: its position in the genesis, from 0, and its key's beginning. */
export function validatorName(index: number, publicKey: string): string {
  return `validator ${index} (${publicKey.slice(0, 8)})`;
}

function renderJudgement(name: string, view: JudgementView | undefined): Line[] {
  if (view === undefined) return [{ text: `${name}  gave no result in time`, tone: 'faint' }];
  const { vote, model, report } = view;
  const share = vote === 'abstain' ? `: ${view.abstainReason}` : `, confidence ${percent(view.confidence)}`;
  const score = view.score === undefined ? '' : `, score ${percent(view.score)}`;
  const partial = view.complete ? '' : ', part of the input only';
  const head = { text: `${name}  ${model.id}  ${VERDICTS[vote]}${share}${score}${partial}`, tone: VOTE_TONES[vote] };
  if (report === undefined) return [head, { text: '    (this node does not hold its report)', tone: 'faint' }];
  const feedback = (report.feedback ?? []).map((item) => ({ text: `    ${percent(item.score)}  ${item.requirement}: ${item.comment}` }));
  return [head, ...texts(report.summary), ...feedback, ...renderFindings(report.findings)];
}

function renderFindings(findings: readonly Finding[]): Line[] {
  const shown = findings.slice(0, FINDINGS_SHOWN_MAX).flatMap(renderFinding);
  const more = findings.length - FINDINGS_SHOWN_MAX;
  return more > 0 ? [...shown, { text: `    and ${more} more; --json shows all`, tone: 'faint' }] : shown;
}

function renderFinding({ file, line, severity, rule, quote, message, suggestion }: Finding): Line[] {
  const lines: Line[] = [
    { text: `  ${file}:${line}  ${severity}  ${rule}`, ...(severity === 'error' ? { tone: 'bad' as const } : {}) },
    { text: `      | ${quote}`, tone: 'faint' },
    { text: `      ${message}` },
  ];
  return suggestion === undefined ? lines : [...lines, { text: `      try: ${suggestion}` }];
}

function renderAgreed(result: ConsensusResult, committee: Committee): Line[] {
  const { outcome, reason, confidence, score, validators, judgements } = result;
  const signers = validators.map((key) => indexOfKey(committee, key) ?? key);
  const why = reason === undefined ? '' : ` (${reason})`;
  const scored = score === undefined ? '' : `, score ${percent(score)}`;
  const share = result.approved || outcome === 'REJECTED' ? `, confidence ${percent(confidence)}` : '';
  const count = (vote: JudgementView['vote']) => judgements?.filter((view) => view.vote === vote).length ?? 0;
  const tally = judgements === undefined ? '' : ` (${count('approve')} approve, ${count('reject')} reject, ${count('abstain')} abstain)`;
  return [
    { text: `agreed    ${outcome}${why}${share}${scored}${tally}`, tone: result.approved ? 'good' : 'bad' },
    { text: `signed    by validators ${signers.join(', ')} (${signers.length} of ${committee.validators.length}), ${result.decidedAt}` },
    { text: `task      ${result.taskId}` },
  ];
}

function texts(summary: string): Line[] {
  return summary === '' ? [] : [{ text: `    ${summary}` }];
}

/** A share as people read it; never rounded up to certainty. */
function percent(share: number): string {
  return `${(Math.floor(share * 1000) / 10).toFixed(1)}%`;
}
