import { ValidationError } from './errors.ts';

/** Parts per million: how shares and confidences are written in anything agreed on. 0.7 is 700000. */
export const PPM = 1_000_000;

const DECIMAL = /^(0|1)(?:\.(\d{1,6}))?$/;

/**
 * Parses a share from its decimal text, exactly: `"0.7"` gives 700000. No float takes part.
 * Accepts a number too, by its shortest decimal text. Range 0 to 1, at most six places.
 * @throws ValidationError INVALID_SHARE
 */
export function parsePpm(value: string | number, name: string): number {
  const match = DECIMAL.exec(String(value));
  const ppm = match === null ? Number.NaN : Number(match[1]) * PPM + Number((match[2] ?? '').padEnd(6, '0'));
  if (!(ppm <= PPM)) {
    throw new ValidationError(
      `${name} must be a decimal from 0 to 1 with at most six places, got ${String(value)}`,
      'INVALID_SHARE',
      { path: name },
    );
  }
  return ppm;
}

/** The decimal text of parts per million, shortest form: 700000 gives `"0.7"`. */
export function formatPpm(ppm: number): string {
  const whole = Math.floor(ppm / PPM);
  const rest = String(ppm % PPM)
    .padStart(6, '0')
    .replace(/0+$/, '');
  return rest === '' ? String(whole) : `${whole}.${rest}`;
}

/** The JSON number of parts per million; the nearest double, whose shortest text has at most six places. */
export function ppmToNumber(ppm: number): number {
  return Number(formatPpm(ppm));
}

/** Rounds a model's probability (a float from 0 to 1) to parts per million; called once, at the edge. */
export function probabilityToPpm(probability: number): number {
  if (!Number.isFinite(probability)) return 0;
  return Math.round(Math.min(1, Math.max(0, probability)) * PPM);
}
