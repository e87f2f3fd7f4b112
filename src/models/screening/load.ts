import { InjectionDetector } from './detector.ts';

/** The detector with the weights that ship with the package, read when it is needed. */
export async function loadDetector(): Promise<InjectionDetector> {
  const { default: weights } = await import('./injection.weights.json', { with: { type: 'json' } });
  return new InjectionDetector(weights);
}
