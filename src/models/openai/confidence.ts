import { clamp, logit, sigmoid } from '../embedded/logit.ts';

/** A line fitted to an operator's labelled outcomes: log-odds of being right = slope * log-odds stated + offset. */
export interface Calibration {
  slope: number;
  offset: number;
}

/** How sure a verdict counts, given how sure its model says it is. */
export interface Confidence {
  /** Of a stated probability: from 0.5 to the most that is ever believed. */
  of(stated: number): number;
  /** Said after every verdict's summary: whether the confidence is calibrated. */
  note: string;
}

/**
 * Language models state 80 to 100% whatever their accuracy (Xiong et al., "Can LLMs Express Their Uncertainty?", ICLR
 * 2024). Without a calibration a statement counts for three quarters of its log-odds: 0.87 is needed to reach the usual
 * 0.8. That is a precaution, not a fit.
 */
const TEMPERED: Calibration = { slope: 0.75, offset: 0 };
/** No uncalibrated statement counts for more. */
const TEMPERED_MAX = 0.95;
/** Few operators have the outcomes that would show more than this. */
const CALIBRATED_MAX = 0.99;

export function confidenceOf(calibration: Calibration | undefined): Confidence {
  const { slope, offset } = calibration ?? TEMPERED;
  const max = calibration === undefined ? TEMPERED_MAX : CALIBRATED_MAX;
  return {
    of: (stated) => clamp(sigmoid(slope * logit(stated) + offset), 0.5, max),
    note: calibration === undefined ? ' The confidence is raw: stated by the model and tempered, not calibrated.' : '',
  };
}
