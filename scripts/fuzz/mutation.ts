import type { CborValue } from '../../src/protocol/cbor.ts';
import type { SeededRandom } from '../../test/sim/random.ts';

/** Numbers and texts at which parsers break. */
const EDGE_NUMBERS = [0, 1, -1, 23, 24, 255, 256, 65_535, 2 ** 31 - 1, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER];
const EDGE_TEXTS = ['', '\0', '__proto__', 'constructor', '\u202e', '\ud800', 'a'.repeat(300), '{}', '../..', '1e999'];
/** Bytes of one strange value: past every field's limit, below every message's. */
const LONG_BYTES = 70_000;

/** One to four faults of transport in bytes: flipped, cut, doubled, overwritten, or spliced with another message. */
export function mutateBytes(bytes: Uint8Array, other: Uint8Array, random: SeededRandom): Uint8Array {
  let mutated = Uint8Array.from(bytes);
  for (let faults = random.integer(1, 4); faults > 0 && mutated.length > 0; faults--) {
    const at = random.integer(0, mutated.length - 1);
    const end = Math.min(mutated.length, at + random.integer(1, 64));
    switch (random.integer(0, 4)) {
      case 0:
        mutated[at]! ^= 1 << random.integer(0, 7);
        break;
      case 1:
        mutated = mutated.slice(0, at);
        break;
      case 2:
        mutated = joined(mutated.subarray(0, end), mutated.subarray(at));
        break;
      case 3:
        mutated.set(random.bytes(end - at), at);
        break;
      default:
        mutated = joined(mutated.subarray(0, at), other.subarray(random.integer(0, other.length)));
    }
  }
  return mutated;
}

function joined(head: Uint8Array, tail: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(head.length + tail.length);
  bytes.set(head);
  bytes.set(tail, head.length);
  return bytes;
}

/** Replaces, drops, doubles or moves one part of a value; its encoding stays canonical. */
export function mutateCbor(value: CborValue, random: SeededRandom): CborValue {
  if (!Array.isArray(value) || value.length === 0 || random.chance(0.15)) return strange(value, random);
  const items = [...(value as readonly CborValue[])];
  const at = random.integer(0, items.length - 1);
  switch (random.integer(0, 9)) {
    case 0:
      items.splice(at, 1);
      return items;
    case 1:
      items.splice(at, 0, items[random.integer(0, items.length - 1)]!);
      return items;
    case 2:
      return items.reverse();
    default:
      items[at] = mutateCbor(items[at]!, random);
      return items;
  }
}

function strange(value: CborValue, random: SeededRandom): CborValue {
  if (value instanceof Uint8Array && random.chance(0.5)) return mutateBytes(value, value, random);
  if (typeof value === 'number' && random.chance(0.5)) return value + random.pick([-1, 1]);
  if (typeof value === 'boolean' && random.chance(0.5)) return !value;
  switch (random.integer(0, 6)) {
    case 0:
      return null;
    case 1:
      return random.pick(EDGE_NUMBERS);
    case 2:
      return random.pick(EDGE_TEXTS).toWellFormed();
    case 3:
      return random.bytes(random.pick([0, 1, 31, 32, 33, 64, 65]));
    case 4:
      return new Uint8Array(random.chance(0.02) ? LONG_BYTES : 40);
    case 5:
      return random.chance(0.5);
    default:
      return nested(random.integer(1, 70));
  }
}

function nested(depth: number): CborValue {
  return depth === 0 ? [] : [nested(depth - 1)];
}

/** The same for JSON: parts become other types, keys are dropped, added and renamed. */
export function mutateJson(value: unknown, random: SeededRandom): unknown {
  if (typeof value !== 'object' || value === null || random.chance(0.15)) return strangeJson(random);
  if (Array.isArray(value)) {
    if (value.length === 0 || random.chance(0.2)) return [...value, strangeJson(random)];
    const items = [...value];
    const at = random.integer(0, items.length - 1);
    items[at] = mutateJson(items[at], random);
    return items;
  }
  const entries = Object.entries(value);
  const at = random.integer(0, entries.length);
  const entry = entries[at];
  if (entry === undefined) entries.push([random.pick(EDGE_TEXTS.slice(2)), strangeJson(random)]);
  else if (random.chance(0.2)) entries.splice(at, 1);
  else entries[at] = [random.chance(0.1) ? random.pick(EDGE_TEXTS) : entry[0], mutateJson(entry[1], random)];
  return Object.fromEntries(entries);
}

function strangeJson(random: SeededRandom): unknown {
  return random.pick<unknown>([
    null,
    true,
    [],
    {},
    [[]],
    { a: { b: [] } },
    0.5,
    -0,
    1e308,
    random.pick(EDGE_NUMBERS),
    random.pick(EDGE_TEXTS),
    'a'.repeat(5000),
  ]);
}
