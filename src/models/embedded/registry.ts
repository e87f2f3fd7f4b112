import type { BaseModel } from '../base-model.ts';
import { ProfileReviewer, TokenReviewer } from './code/classifiers.ts';
import { reviewByFlow, reviewByRules } from './code/variants.ts';
import { EmbeddedModel, type EmbeddedVariant } from './embedded-model.ts';
import { profileAssessor, tokenAssessor } from './skill/classifiers.ts';
import { assessByFlow, assessByRules } from './skill/variants.ts';

const identityOf = (name: string) => ({ id: `embedded:${name}`, family: `embedded-${name}` });

const LOADERS = {
  rules: async (): Promise<EmbeddedVariant> => ({ identity: identityOf('rules'), review: reviewByRules, assess: assessByRules }),
  flow: async (): Promise<EmbeddedVariant> => ({ identity: identityOf('flow'), review: reviewByFlow, assess: assessByFlow }),
  tokens: async (): Promise<EmbeddedVariant> => {
    const [code, skill] = await Promise.all([
      import('./code-tokens.weights.json', { with: { type: 'json' } }),
      import('./skill-tokens.weights.json', { with: { type: 'json' } }),
    ]);
    const reviewer = new TokenReviewer(code.default);
    return { identity: identityOf('tokens'), review: (context) => reviewer.review(context), assess: tokenAssessor(skill.default) };
  },
  profile: async (): Promise<EmbeddedVariant> => {
    const [code, skill] = await Promise.all([
      import('./code-profile.weights.json', { with: { type: 'json' } }),
      import('./skill-profile.weights.json', { with: { type: 'json' } }),
    ]);
    const reviewer = new ProfileReviewer(code.default);
    const assess = profileAssessor(skill.default);
    return { identity: identityOf('profile'), review: (context) => reviewer.review(context), assess };
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
