import { hash } from '../../protocol/hash.ts';
import type { ModelIdentity } from '../../protocol/judgement.ts';
import type { BaseModel } from '../base-model.ts';
import { ProfileReviewer, TokenReviewer } from './code/classifiers.ts';
import { ruleTexts } from './code/evidence.ts';
import { reviewByFlow, reviewByRules } from './code/variants.ts';
import { EmbeddedModel, type EmbeddedVariant } from './embedded-model.ts';
import { profileAssessor, tokenAssessor } from './skill/classifiers.ts';
import { assessByFlow, assessByRules } from './skill/variants.ts';
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
  rules: async (): Promise<EmbeddedVariant> => ({
    identity: digested('rules'),
    review: reviewByRules,
    assess: assessByRules,
  }),
  flow: async (): Promise<EmbeddedVariant> => ({
    identity: digested('flow'),
    review: reviewByFlow,
    assess: assessByFlow,
  }),
  tokens: async (load: LoadWeights): Promise<EmbeddedVariant> => {
    const [code, skill] = await Promise.all([load('code-tokens'), load('skill-tokens')]);
    const reviewer = new TokenReviewer(code);
    const review: EmbeddedVariant['review'] = (context) => reviewer.review(context);
    return { identity: digested('tokens', code, skill), review, assess: tokenAssessor(skill) };
  },
  profile: async (load: LoadWeights): Promise<EmbeddedVariant> => {
    const [code, skill] = await Promise.all([load('code-profile'), load('skill-profile')]);
    const reviewer = new ProfileReviewer(code);
    const review: EmbeddedVariant['review'] = (context) => reviewer.review(context);
    return { identity: digested('profile', code, skill), review, assess: profileAssessor(skill) };
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
