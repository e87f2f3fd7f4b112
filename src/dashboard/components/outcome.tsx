import type { ResultSummary } from '../../rpc/api.ts';

type Outcome = ResultSummary['outcome'];

/** Colour never speaks alone: a sign and the word go with it. */
const SIGNS: Readonly<Record<Outcome, string>> = { APPROVED: '✓', REJECTED: '✕', INCONCLUSIVE: '?', EXPIRED: '–' };

const REASON_WORDS: Readonly<Record<string, string>> = {
  split: 'the validators disagree',
  low_confidence: 'too little confidence',
  missing: 'too few results',
  model_diversity: 'too few model families',
};

export function OutcomeBadge({ outcome, reason }: { outcome: Outcome; reason?: string | undefined }) {
  return (
    <span class={`badge ${outcome.toLowerCase()}`}>
      <span aria-hidden="true">{SIGNS[outcome]}</span> {outcome.toLowerCase()}
      {reason === undefined ? '' : `: ${REASON_WORDS[reason] ?? reason}`}
    </span>
  );
}

export function VoteBadge({ vote }: { vote: 'approve' | 'reject' | 'abstain' }) {
  const [tone, sign, word] = {
    approve: ['approved', '✓', 'approves'],
    reject: ['rejected', '✕', 'rejects'],
    abstain: ['expired', '–', 'abstains'],
  }[vote] as [string, string, string];
  return (
    <span class={`badge ${tone}`}>
      <span aria-hidden="true">{sign}</span> {word}
    </span>
  );
}

export function Flag({ good, yes, no }: { good: boolean; yes: string; no: string }) {
  return (
    <span class={`badge ${good ? 'approved' : 'rejected'}`}>
      <span aria-hidden="true">{good ? '✓' : '✕'}</span> {good ? yes : no}
    </span>
  );
}
