import type { Committee } from '../protocol/committee.ts';
import { ValidationError } from '../protocol/errors.ts';
import type { GenesisValidator } from '../protocol/genesis.ts';

/** What an operator asks to be changed: keys, or the beginnings of those that are there, with weights where they belong. */
export interface ValidatorEdits {
  /** `KEY` or `KEY=WEIGHT`. */
  add?: string[];
  remove?: string[];
  /** `KEY=WEIGHT`. */
  weight?: string[];
}

/** Those that stay keep their order, new ones come last. @throws ValidationError USAGE */
export function changedValidators(
  present: readonly GenesisValidator[],
  { add = [], remove = [], weight = [] }: ValidatorEdits,
): GenesisValidator[] {
  const removed = new Set(remove.map((key) => keyOf(present, key)));
  const weights = new Map(weight.map(weighted).map(([key, value]) => [keyOf(present, key), value]));
  const kept = present
    .filter(({ publicKey }) => !removed.has(publicKey))
    .map((validator) => ({ ...validator, weight: weights.get(validator.publicKey) ?? validator.weight }));
  return [...kept, ...add.map((text) => (text.includes('=') ? weighted(text) : ([text, 1] as const))).map(asValidator)];
}

function asValidator([publicKey, weight]: readonly [string, number]): GenesisValidator {
  return { publicKey, weight };
}

function weighted(text: string): [string, number] {
  const [key = '', weight = ''] = text.split('=');
  if (!/^[1-9]\d{0,9}$/.test(weight)) usage(`give KEY=WEIGHT with a whole weight above 0, got ${text}`);
  return [key, Number(weight)];
}

/** A validator by its key, or by the beginning of it. */
function keyOf(validators: readonly GenesisValidator[], text: string): string {
  const found = validators.filter(({ publicKey }) => text !== '' && publicKey.startsWith(text));
  if (found.length === 1) return found[0]!.publicKey;
  return usage(
    `${found.length === 0 ? 'no' : 'more than one'} validator of this epoch has a key that begins with ${text}`,
  );
}

/** True if a change would change nothing. */
export function sameConfig(before: Committee, after: Committee): boolean {
  const plain = ({ validators, rules }: Committee) => JSON.stringify([validators, rules]);
  return plain(before) === plain(after);
}

function usage(message: string): never {
  throw new ValidationError(message, 'USAGE');
}
