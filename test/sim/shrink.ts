import type { Schedule } from './schedule.ts';

/** What can be taken out of a schedule, one thing at a time, the largest first. */
function* smaller(schedule: Schedule): Generator<Schedule> {
  for (const list of ['partitions', 'crashes', 'crashPoints', 'faulty', 'clockSteps', 'deadlines'] as const) {
    const items: readonly unknown[] = schedule[list];
    if (items.length > 1) yield { ...schedule, [list]: [] };
    for (let i = 0; i < items.length; i++) yield { ...schedule, [list]: items.toSpliced(i, 1) };
  }
  const { links, disk, judges } = schedule;
  if (schedule.targeted !== null) yield { ...schedule, targeted: null };
  if (schedule.lostJournal !== null) yield { ...schedule, lostJournal: null };
  if (schedule.muzzled !== null) yield { ...schedule, muzzled: null };
  if (schedule.ambushRound !== null) yield { ...schedule, ambushRound: null };
  if (schedule.everywhere) yield { ...schedule, everywhere: false };
  if (schedule.tasks > 1) yield { ...schedule, tasks: schedule.tasks - 1 };
  if (links.loss > 0) yield { ...schedule, links: { ...links, loss: 0 } };
  if (links.duplication > 0) yield { ...schedule, links: { ...links, duplication: 0 } };
  if (links.stragglerMs > links.delayMsMax) yield { ...schedule, links: { ...links, stragglerMs: links.delayMsMax } };
  if (disk.failure > 0) yield { ...schedule, disk: { ...disk, failure: 0 } };
  if (judges.failure > 0) yield { ...schedule, judges: { ...judges, failure: 0 } };
  if (judges.disagreement > 0) yield { ...schedule, judges: { ...judges, disagreement: 0 } };
}

/**
 * Takes out of a failing schedule whatever it fails without, until nothing can go. What is left draws other random
 * numbers than before, so it may fail in another way; it is small, and it fails.
 * @param fails runs a schedule; true if a promise was broken
 */
export async function shrink(
  schedule: Schedule,
  fails: (candidate: Schedule) => Promise<boolean>,
  triesMax = 300,
): Promise<Schedule> {
  let least = schedule;
  let tries = 0;
  for (let progress = true; progress && tries < triesMax; ) {
    progress = false;
    for (const candidate of smaller(least)) {
      tries += 1;
      if (tries > triesMax) break;
      if (!(await fails(candidate))) continue;
      least = candidate;
      progress = true;
      break;
    }
  }
  return least;
}
