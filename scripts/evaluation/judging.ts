import { createEmbeddedModel, EMBEDDED_VARIANTS } from '../../src/models/embedded/registry.ts';
import { type LoadWeights, shippedWeights } from '../../src/models/embedded/weights.ts';
import { AIModelManager } from '../../src/models/manager.ts';
import type { Committee } from '../../src/protocol/committee.ts';
import type { Judgement } from '../../src/protocol/judgement.ts';
import type { Task } from '../../src/protocol/task.ts';
import type { Outcome } from '../../src/protocol/value.ts';
import type { Verdict } from './measures.ts';
import { outcomeOf } from './panel.ts';
import type { EvalRow } from './rows.ts';

export type Judges = Record<string, (task: Task) => Promise<Judgement>>;

/** The embedded judges by name, whole: rules, classifiers and caps, as a node runs them. */
export function embeddedJudges(load: LoadWeights = shippedWeights): Judges {
  return Object.fromEntries(
    EMBEDDED_VARIANTS.map((variant) => {
      const name = `embedded:${variant}`;
      const manager = new AIModelManager({ instances: { [name]: createEmbeddedModel(variant, load) }, default: name });
      return [variant, (task: Task) => manager.predict(task)];
    }),
  );
}

/** A loader of freshly trained weights. Files of the same kind that are missing would be trained on what is judged. */
export function loaderOf(kind: EvalRow['kind'], weights: Record<string, unknown>): LoadWeights {
  return async (name) => {
    if (Object.hasOwn(weights, name)) return weights[name] as never;
    if (name.startsWith(`${kind}-`)) throw new Error(`no weights ${name} were trained: the training must give them`);
    return shippedWeights(name);
  };
}

/** What all judges say of one task, and what a network of them decides. */
export interface PanelVerdict {
  /** In the judges' order. */
  members: Verdict[];
  outcome: Outcome;
}

export async function judgeTask(judges: Judges, committee: Committee, task: Task): Promise<PanelVerdict> {
  const judgements = await Promise.all(Object.values(judges).map((judge) => judge(task)));
  return {
    members: judgements.map(({ vote, confidence, complete }) => ({ vote, confidence, complete })),
    outcome: outcomeOf(committee, judgements),
  };
}
