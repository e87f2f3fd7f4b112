import { InvalidArgumentError } from 'commander';

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A parser of whole numbers for a flag. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) throw new InvalidArgumentError(`Give a whole number from ${min} to ${max}.`);
    return value;
  };
}

/** A duration such as `500ms`, `30s`, `5m`, `2h`, `1d`; a bare number is seconds. Gives milliseconds. */
export function duration(text: string): number {
  const match = /^(\d{1,9})(ms|s|m|h|d)?$/.exec(text);
  if (match === null) throw new InvalidArgumentError('Give a duration such as 30s, 5m or 2h.');
  return Number(match[1]) * UNIT_MS[match[2] ?? 's']!;
}

/** A time as ISO 8601 (`2026-11-22T10:00:00Z`), or a duration from now. Gives Unix seconds. */
export function deadline(text: string): number {
  if (/^\d{1,9}(ms|s|m|h|d)?$/.test(text)) return Math.ceil((Date.now() + duration(text)) / 1000);
  const timeMs = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(timeMs))
    throw new InvalidArgumentError('Give a time such as 2026-11-22T10:00:00Z, or a duration such as 10m.');
  return Math.floor(timeMs / 1000);
}

/** Collects a flag that may be given several times. */
export function collect(value: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), value];
}

/** The same for a flag whose value is a list, separated by commas. */
export function collectList(value: string, previous: string[] | undefined): string[] {
  const items = value.split(',').map((item) => item.trim());
  return [...(previous ?? []), ...items.filter((item) => item !== '')];
}
