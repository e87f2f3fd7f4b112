const FILES = {
  'code-rules': () => import('./code-rules.weights.json', { with: { type: 'json' } }),
  'code-flow': () => import('./code-flow.weights.json', { with: { type: 'json' } }),
  'code-tokens': () => import('./code-tokens.weights.json', { with: { type: 'json' } }),
  'code-profile': () => import('./code-profile.weights.json', { with: { type: 'json' } }),
  'skill-gaming': () => import('./skill-gaming.weights.json', { with: { type: 'json' } }),
  'skill-rules': () => import('./skill-rules.weights.json', { with: { type: 'json' } }),
  'skill-flow': () => import('./skill-flow.weights.json', { with: { type: 'json' } }),
  'skill-tokens': () => import('./skill-tokens.weights.json', { with: { type: 'json' } }),
  'skill-profile': () => import('./skill-profile.weights.json', { with: { type: 'json' } }),
} as const;

/** The weight files of the package, by name: `NAME.weights.json`. */
export type WeightsName = keyof typeof FILES;
type Weights = { [Name in WeightsName]: Awaited<ReturnType<(typeof FILES)[Name]>>['default'] };

/** Where a judge's weights come from; an evaluation gives those that it trained without the rows it judges. */
export type LoadWeights = <Name extends WeightsName>(name: Name) => Promise<Weights[Name]>;

/** The weights that ship with the package, read when they are needed. */
export const shippedWeights: LoadWeights = async (name) => (await FILES[name]()).default as Weights[typeof name];
