import { EVENT_TEXTS } from '../protocol/explanation.ts';
import type { TaskExplanation, TimelineEntryView, ValidatorExplanation } from '../rpc/api.ts';
import { type Tone, table } from './io.ts';
import type { Line } from './render-result.ts';

const TONES: Readonly<Partial<Record<ValidatorExplanation['standing'], Tone>>> = {
  agreed: 'good',
  dissented: 'bad',
  missing: 'bad',
  unrevealed: 'bad',
  waiting: 'faint',
};

/** An explanation as a story: what came out and why, who did what, and what happened when. */
export function renderExplanation(explanation: TaskExplanation): Line[] {
  const { taskId, summary, validators, timeline } = explanation;
  return [
    { text: `task ${taskId}` },
    ...summary.map((text) => ({ text: `  ${text}` })),
    { text: '' },
    { text: 'validators' },
    ...renderValidators(validators),
    ...(timeline.length === 0 ? [] : [{ text: '' }, { text: 'what happened, as this node saw it' }]),
    ...renderTimeline(timeline),
  ];
}

function renderValidators(validators: readonly ValidatorExplanation[]): Line[] {
  const rows = table(
    validators.map(({ standing, words, model, committedAfterMs, revealedAfterMs, signed }) => [
      `  ${standing}`,
      `commit ${after(committedAfterMs)}`,
      `reveal ${after(revealedAfterMs)}`,
      signed ? 'signed' : 'not signed',
      model === undefined ? words : `${words} (${model})`,
    ]),
  );
  return rows.map((text, at) => {
    const tone = TONES[validators[at]!.standing];
    return tone === undefined ? { text } : { text, tone };
  });
}

function renderTimeline(timeline: readonly TimelineEntryView[]): Line[] {
  const startMs = timeline[0] === undefined ? 0 : Date.parse(timeline[0].at);
  const rows = timeline.map(({ at, event, validatorIndex, round, note }) => [
    `  ${event === 'seen' ? at : after(Date.parse(at) - startMs)}`,
    round === null ? '' : `round ${round}`,
    validatorIndex === null ? '' : `validator ${validatorIndex}`,
    note === undefined ? EVENT_TEXTS[event] : `${EVENT_TEXTS[event]}: ${note}`,
  ]);
  return table(rows).map((text) => ({ text }));
}

function after(ms: number | null): string {
  return ms === null ? '-' : ms < 10_000 ? `+${Math.round(ms)} ms` : `+${(ms / 1000).toFixed(1)} s`;
}
