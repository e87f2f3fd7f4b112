import { z } from 'zod';
import { fromHex } from './bytes.ts';
import { validatorKeyFault } from './ed25519.ts';
import { type Fault, invalidInput, type ValidationError } from './errors.ts';
import { TOTAL_WEIGHT_MAX, VALIDATORS_MAX } from './limits.ts';
import { formatPpm, PPM, parsePpm } from './ppm.ts';

/** The form of the genesis file. */
export const GENESIS_FORMAT = 'pheme-genesis/1';

const KINDS = ['devnet', 'testnet', 'mainnet'] as const;
export type NetworkKind = (typeof KINDS)[number];

/** Timers of the protocol, in milliseconds; the network's rule, not a node's choice. */
export interface Timers {
  /** A judge's time, cut by the task's deadline; then the validator commits an abstention. */
  judgeBudgetMs: number;
  /** From first sight until closing with a quorum of commitments is allowed. */
  observeMs: number;
  /** From max(Q, Tw) commitments until closing. */
  graceMs: number;
  /** From the first conclusive set until round 0, for reveals that are on their way. */
  revealGraceMs: number;
  /** From holding CLOSEs of a quorum until whatever was revealed is proposed. */
  finalMs: number;
  /** Timeout of round 0; doubles each round up to the cap. */
  roundBaseMs: number;
  roundCapMs: number;
}

/** What decisions depend on; part of the config digest. Shares in parts per million. */
export interface Rules {
  kind: NetworkKind;
  minConfidencePpm: number;
  consensusThresholdPpm: number;
  requiredValidators: number;
  minModelFamilies: number;
  timers: Timers;
}

export interface GenesisValidator {
  /** Ed25519 public key, hex. */
  publicKey: string;
  weight: number;
}

/** The first agreement of a network: who validates, with what weight, under which rules. */
export interface Genesis {
  name: string;
  /** Unix seconds; makes two networks of the same keys distinct. */
  createdAt: number;
  validators: readonly GenesisValidator[];
  rules: Rules;
}

/** For networks of slow models and of validators all over the world (`SCALING.md`). */
export const DEFAULT_TIMERS: Timers = {
  judgeBudgetMs: 60_000,
  observeMs: 65_000,
  graceMs: 5_000,
  revealGraceMs: 150,
  finalMs: 3_000,
  roundBaseMs: 500,
  roundCapMs: 8_000,
};

/** For devnets of embedded models, which answer in milliseconds, one machine beside the other. */
export const DEVNET_TIMERS: Timers = {
  ...DEFAULT_TIMERS,
  judgeBudgetMs: 20_000,
  observeMs: 22_000,
  graceMs: 1_000,
  revealGraceMs: 50,
  finalMs: 1_000,
};

const ms = z.int().min(1).max(86_400_000);
const share = z.union([z.string(), z.number()]);
export const genesisSchema = z.strictObject({
  format: z.literal(GENESIS_FORMAT),
  name: z
    .string()
    .min(1)
    .max(64)
    .refine((name) => name.isWellFormed(), 'must be well-formed Unicode'),
  kind: z.enum(KINDS),
  createdAt: z.int().min(0),
  validators: z
    .array(
      z.strictObject({
        publicKey: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits'),
        weight: z.int().min(1).max(TOTAL_WEIGHT_MAX),
      }),
    )
    .min(1, 'must name at least one validator')
    .max(VALIDATORS_MAX),
  validation: z.strictObject({
    minConfidence: share,
    requiredValidators: z.int().min(1),
    consensusThreshold: share,
    minModelFamilies: z.int().min(1),
  }),
  timers: z.strictObject({
    judgeBudgetMs: ms,
    observeMs: ms,
    graceMs: ms,
    revealGraceMs: ms,
    finalMs: ms,
    roundBaseMs: ms,
    roundCapMs: ms,
  }),
});

/** A genesis file's JSON. */
export type GenesisFile = z.infer<typeof genesisSchema>;

/**
 * Parses a genesis file's JSON; every fault is reported with its path.
 * @throws ValidationError INVALID_GENESIS
 */
export function parseGenesis(input: unknown): Genesis {
  const parsed = genesisSchema.safeParse(input);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
    throw invalidInput('not a valid genesis', faults, 'INVALID_GENESIS');
  }
  const { name, createdAt, validators, validation, kind, timers } = parsed.data;
  const { requiredValidators, minModelFamilies } = validation;
  const minConfidencePpm = sharePpm(validation.minConfidence, 'validation.minConfidence');
  const consensusThresholdPpm = sharePpm(validation.consensusThreshold, 'validation.consensusThreshold');
  const rules = { kind, minConfidencePpm, consensusThresholdPpm, requiredValidators, minModelFamilies, timers };
  const genesis = { name, createdAt, validators, rules };
  const faults = [...ruleFaults(genesis), ...validatorFaults(validators)];
  if (faults.length > 0) throw invalidInput('not a valid genesis', faults, 'INVALID_GENESIS');
  return genesis;
}

function sharePpm(value: string | number, path: string): number {
  try {
    return parsePpm(value, path);
  } catch (error) {
    throw invalidInput(
      'not a valid genesis',
      [{ path, message: (error as ValidationError).message }],
      'INVALID_GENESIS',
    );
  }
}

function ruleFaults({ rules, validators }: Genesis): Fault[] {
  const faults: Fault[] = [];
  const fault = (path: string, message: string) => faults.push({ path, message });
  if (2 * rules.consensusThresholdPpm <= PPM) {
    fault('validation.consensusThreshold', 'must be above 0.5, or two verdicts could both reach it');
  }
  if (rules.requiredValidators > validators.length) {
    fault(
      'validation.requiredValidators',
      `is ${rules.requiredValidators}, but there are ${validators.length} validators`,
    );
  }
  if (rules.minModelFamilies > validators.length) {
    fault('validation.minModelFamilies', `is ${rules.minModelFamilies}, but there are ${validators.length} validators`);
  }
  if (rules.timers.observeMs <= rules.timers.judgeBudgetMs) {
    fault('timers.observeMs', 'must be above judgeBudgetMs, or slow judges would be closed out');
  }
  if (rules.timers.roundCapMs < rules.timers.roundBaseMs) fault('timers.roundCapMs', 'must be at least roundBaseMs');
  return faults;
}

function validatorFaults(validators: readonly GenesisValidator[]): Fault[] {
  const faults: Fault[] = [];
  const seen = new Set<string>();
  let total = 0;
  validators.forEach(({ publicKey, weight }, index) => {
    const path = `validators.${index}.publicKey`;
    const keyFault = validatorKeyFault(fromHex(publicKey));
    if (keyFault !== undefined) faults.push({ path, message: keyFault });
    if (seen.has(publicKey)) faults.push({ path, message: 'stands twice: each validator has its own key' });
    seen.add(publicKey);
    total += weight;
  });
  if (total > TOTAL_WEIGHT_MAX)
    faults.push({ path: 'validators', message: `weigh ${total} in all, at most ${TOTAL_WEIGHT_MAX}` });
  return faults;
}

/** What an operator should know about these rules, though they are allowed. */
export function genesisWarnings(genesis: Genesis): string[] {
  const warnings: string[] = [];
  const threshold = genesis.rules.consensusThresholdPpm;
  if (3 * threshold <= 2 * PPM) {
    warnings.push(
      `consensusThreshold ${formatPpm(threshold)} is not above 2/3: faulty validators can move the reported confidence`,
    );
  }
  // R31
  if (genesis.validators.length === 1) {
    warnings.push('a single validator: its verdicts are notarised, not agreed');
  } else if (genesis.validators.length < 4) {
    warnings.push(`${genesis.validators.length} validators: with one of them down nothing can be decided`);
  }
  return warnings;
}

/** The JSON of a genesis file; {@link parseGenesis} reads it back. */
export function genesisToJson(genesis: Genesis): GenesisFile {
  const { rules } = genesis;
  return {
    format: GENESIS_FORMAT,
    name: genesis.name,
    kind: rules.kind,
    createdAt: genesis.createdAt,
    validators: [...genesis.validators],
    validation: {
      minConfidence: formatPpm(rules.minConfidencePpm),
      requiredValidators: rules.requiredValidators,
      consensusThreshold: formatPpm(rules.consensusThresholdPpm),
      minModelFamilies: rules.minModelFamilies,
    },
    timers: rules.timers,
  };
}
