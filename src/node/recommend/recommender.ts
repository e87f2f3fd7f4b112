import type { OpenSkillTask, Recommendations } from '../../protocol/recommendation.ts';
import { decodeTask } from '../../protocol/task.ts';
import { decodeCore } from '../../protocol/value.ts';
import type { ValidatorNode } from '../validator-node.ts';
import { recommendTasks } from './rank.ts';
import { SubjectRecords } from './subject-records.ts';

export type Recommend = (subject: string, tasks: readonly OpenSkillTask[], limit: number) => Promise<Recommendations>;

/** Ranks tasks by the signed results that a node holds; every certificate is checked when it is first read. */
export function createRecommender({ store, engine }: ValidatorNode, nowMs: () => number): Recommend {
  const records = new SubjectRecords({
    resultsAfter: (cursor, limit) => store.results({ cursor, limit, order: 'oldest' }),
    open: (certBytes) => decodeCore(engine.openCertificate(certBytes).coreBytes),
    task: async (taskId) => {
      const stored = await store.task(taskId);
      return stored === undefined ? null : decodeTask(stored.taskBytes);
    },
  });
  return async (subject, tasks, limit) => {
    const read = await records.of(subject);
    const dropped = await Promise.all(read.map(({ taskId }) => store.pruned(taskId)));
    const known = read.filter((_, at) => (dropped[at]?.bodyAtMs ?? null) === null);
    const recommendations = recommendTasks(known, tasks, Math.floor(nowMs() / 1000)).slice(0, limit);
    return { subject, results: known.length, recommendations };
  };
}
