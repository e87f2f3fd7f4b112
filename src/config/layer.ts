/** Values that are no settings of a section but take part in them, each with its own variable. */
export interface Specials {
  openaiApiKey?: string;
  modelEndpoint?: string;
  defaultModel?: string;
  validatorEndpoint?: string;
  validatorKey?: string;
  rpcToken?: string;
}

type SourceKind = 'flag' | 'environment' | '.env' | 'file' | 'default';

/** Where a value came from: `name` is the variable or the file. */
export interface Origin {
  source: SourceKind;
  name?: string;
  /** Of the file, from 1. */
  line?: number;
}

export type Values = { [key: string]: unknown };

/** What one source says, before it is checked. */
export interface Layer {
  kind: SourceKind;
  values: Values;
  specials: Specials;
  /** The variable or file that gave a dotted path or special, where there is one. */
  where(path: string): string | undefined;
  /** The line of a file in which a value, or a section, begins. */
  line?(path: readonly string[]): number | undefined;
}

/** Sections by dotted path: `[['rpc.port', 1]]` is `{rpc: {port: 1}}`. */
export function nested(entries: readonly (readonly [string, unknown])[]): Values {
  return entries.reduce<Values>((values, [path, value]) => {
    const single = path.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
    return merge(values, single as Values);
  }, {});
}

/** The value at a dotted path of own keys, or undefined. */
export function valueAt(values: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (isSection(value) && Object.hasOwn(value, key) ? value[key] : undefined),
    values,
  );
}

/** `models` is a whole: its order and contents are those of one source. */
const WHOLE = new Set(['models']);

/** Lays `over` on `under`: sections mix key by key, everything else is replaced. */
export function merge(under: Values, over: Values): Values {
  const both = new Map(Object.entries(under));
  for (const [key, value] of Object.entries(over)) {
    const below = both.get(key);
    both.set(key, isSection(value) && isSection(below) && !WHOLE.has(key) ? merge(below, value) : value);
  }
  return Object.fromEntries(both); // defines keys, so that `__proto__` stays a key and is found unknown
}

export function isSection(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An origin as people read it: the variable, the file with the line, or the kind of source. */
export function originText({ source, name, line }: Origin): string {
  if (name === undefined) return source;
  return line === undefined ? name : `${name}:${line}`;
}
