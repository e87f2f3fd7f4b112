import { hash } from '../../protocol/hash.ts';
import type { ModelIdentity } from '../../protocol/judgement.ts';
import type { BaseModel } from '../base-model.ts';
import { ruleTexts } from './code/evidence.ts';
import { learnedReviewer, linearModel, treeModel } from './code/learned.ts';
import { EmbeddedModel, type EmbeddedVariant } from './embedded-model.ts';
import { flowAssessor, profileAssessor, rulesAssessor, tokensAssessor, wary } from './skill/assessors.ts';
import { type LoadWeights, shippedWeights } from './weights.ts';

const identityOf = (name: string): ModelIdentity => ({ id: `embedded:${name}`, family: `embedded-${name}` });

/** With the digest of all that decides: the rules and, where there are any, the weights. */
function digested(name: string, ...weights: unknown[]): ModelIdentity {
  const digest = hash(
    'pheme/embedded/1',
    ruleTexts(),
    weights.map((part) => JSON.stringify(part)),
  );
  return { ...identityOf(name), digest };
}

const VARIANTS = {
  rules: async (load: LoadWeights): Promise<EmbeddedVariant> => {
    const [code, skill, gaming] = await Promise.all([load('code-rules'), load('skill-rules'), load('skill-gaming')]);
    const review = learnedReviewer(linearModel('code-rules', code.model), code.calibration);
    return { identity: digested('rules', code, skill, gaming), review, assess: wary(rulesAssessor(skill), gaming) };
  },
  flow: async (load: LoadWeights): Promise<EmbeddedVariant> => {
    const [code, skill, gaming] = await Promise.all([load('code-flow'), load('skill-flow'), load('skill-gaming')]);
    const review = learnedReviewer(linearModel('code-flow', code.model), code.calibration);
    return { identity: digested('flow', code, skill, gaming), review, assess: wary(flowAssessor(skill), gaming) };
  },
  tokens: async (load: LoadWeights): Promise<EmbeddedVariant> => {
    const [code, skill, gaming] = await Promise.all([load('code-tokens'), load('skill-tokens'), load('skill-gaming')]);
    const review = learnedReviewer(linearModel('code-tokens', code.model), code.calibration);
    return { identity: digested('tokens', code, skill, gaming), review, assess: wary(tokensAssessor(skill), gaming) };
  },
  profile: async (load: LoadWeights): Promise<EmbeddedVariant> => {
    const [code, skill, gaming] = await Promise.all([
      load('code-profile'),
      load('skill-profile'),
      load('skill-gaming'),
    ]);
    const review = learnedReviewer(treeModel(code.model), code.calibration);
    return { identity: digested('profile', code, skill, gaming), review, assess: wary(profileAssessor(skill), gaming) };
  },
} as const;

export type EmbeddedVariantName = keyof typeof VARIANTS;

/** The judges that ship with the package; each errs in its own way, and a devnet gives every validator another one. */
export const EMBEDDED_VARIANTS = Object.freeze(Object.keys(VARIANTS)) as readonly EmbeddedVariantName[];

export function isEmbeddedVariant(name: string): name is EmbeddedVariantName {
  return Object.hasOwn(VARIANTS, name);
}

/** `load` is asked for the variant's weights at its first task. */
export function createEmbeddedModel(name: EmbeddedVariantName, load: LoadWeights = shippedWeights): BaseModel {
  return new EmbeddedModel(identityOf(name), () => VARIANTS[name](load));
}
