import { hash } from '../../protocol/hash.ts';
import type { ModelIdentity } from '../../protocol/judgement.ts';
import type { BaseModel } from '../base-model.ts';
import { ProfileReviewer, TokenReviewer } from './code/classifiers.ts';
import { ruleTexts } from './code/evidence.ts';
import { reviewByFlow, reviewByRules } from './code/variants.ts';
import { EmbeddedModel, type EmbeddedVariant } from './embedded-model.ts';
import { profileAssessor, tokenAssessor } from './skill/classifiers.ts';
import { assessByFlow, assessByRules } from './skill/variants.ts';

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

const LOADERS = {
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
  tokens: async (): Promise<EmbeddedVariant> => {
    const [code, skill] = await Promise.all([
      import('./code-tokens.weights.json', { with: { type: 'json' } }),
      import('./skill-tokens.weights.json', { with: { type: 'json' } }),
    ]);
    const reviewer = new TokenReviewer(code.default);
    return {
      identity: digested('tokens', code.default, skill.default),
      review: (context) => reviewer.review(context),
      assess: tokenAssessor(skill.default),
    };
  },
  profile: async (): Promise<EmbeddedVariant> => {
    const [code, skill] = await Promise.all([
      import('./code-profile.weights.json', { with: { type: 'json' } }),
      import('./skill-profile.weights.json', { with: { type: 'json' } }),
    ]);
    const reviewer = new ProfileReviewer(code.default);
    const assess = profileAssessor(skill.default);
    return {
      identity: digested('profile', code.default, skill.default),
      review: (context) => reviewer.review(context),
      assess,
    };
  },
} as const;

export type EmbeddedVariantName = keyof typeof LOADERS;

/** The judges that ship with the package; each errs in its own way, and a devnet gives every validator another one. */
export const EMBEDDED_VARIANTS = Object.freeze(Object.keys(LOADERS)) as readonly EmbeddedVariantName[];

export function isEmbeddedVariant(name: string): name is EmbeddedVariantName {
  return Object.hasOwn(LOADERS, name);
}

export function createEmbeddedModel(name: EmbeddedVariantName): BaseModel {
  return new EmbeddedModel(identityOf(name), LOADERS[name]);
}
