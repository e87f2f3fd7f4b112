import type { Judge } from '../../src/engine/ports.ts';
import type { Judgement } from '../../src/protocol/judgement.ts';
import type { Task } from '../../src/protocol/task.ts';
import type { SeededRandom } from './random.ts';
import type { Schedule } from './schedule.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** The node that judges, and who is told that it was asked. */
interface Place {
  name: string;
  validator: number;
  onAsked(task: Task): void;
}

/** What the judges of a schedule say unless they err. */
export function leaningOf({ seed }: Schedule): 'approve' | 'reject' {
  return seed % 2 === 0 ? 'reject' : 'approve';
}

/** Each task has a leaning; each judge follows it, errs, fails or is slow, as the seed says. */
export function simJudge(schedule: Schedule, random: SeededRandom, clock: VirtualClock, place: Place): Judge {
  const { disagreement, failure, slowMsMax, confidenceMin } = schedule.judges;
  const draw = (): Judgement['vote'] => {
    if (random.chance(failure)) return 'abstain';
    const [usual, other] =
      leaningOf(schedule) === 'approve' ? (['approve', 'reject'] as const) : (['reject', 'approve'] as const);
    return random.chance(disagreement) ? other : usual;
  };
  return {
    judge: (task) => {
      place.onAsked(task);
      const vote = draw();
      const judgement: Judgement = {
        vote,
        ...(vote === 'abstain' ? { abstainReason: 'model_error' } : {}),
        confidence: confidenceMin + (1 - confidenceMin) * random.fraction(),
        complete: true,
        summary: '',
        findings: [],
        coverage: { filesTotal: 1, filesJudged: 1, linesTotal: 1, linesJudged: 1, omitted: [] },
        model: { id: `simulated:${place.name}`, family: `family-${place.validator % 3}` },
      };
      return new Promise((resolve) => clock.setTimer(random.fraction() * slowMsMax, () => resolve(judgement)));
    },
  };
}
