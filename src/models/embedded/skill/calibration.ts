import type { Reading } from './reading.ts';

/** What makes a model's log-odds true on questions that it never saw; by what can be seen of the task. */
export interface SkillCalibration {
  slope: number;
  offset: number;
  /** What is added for every unit of each sight. */
  sights: readonly number[];
}

/** What a calibration goes by besides the score: size of what is asked, number of requirements, length of the answer. */
export function sightsOf({ text, requirements }: Reading): number[] {
  return [
    Math.log1p(Math.min(200, requirements.joined.asked.length)) - 2,
    Math.log(Math.min(10, Math.max(1, requirements.each.length))),
    Math.log1p(Math.min(300, text.words.length)) - 3,
  ];
}

export function calibrated(
  { slope, offset, sights }: SkillCalibration,
  score: number,
  seen: readonly number[],
): number {
  return slope * score + offset + sights.reduce((sum, gain, i) => sum + gain * (seen[i] ?? 0), 0);
}
