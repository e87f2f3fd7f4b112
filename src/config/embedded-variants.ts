/** The embedded models: they need no key and no network, and each errs in its own way. */
export const EMBEDDED_VARIANTS = ['rules', 'flow', 'tokens', 'profile'] as const;
export type EmbeddedVariant = (typeof EMBEDDED_VARIANTS)[number];

/** Signed results name a variant with this prefix, so configuration takes it too. */
const PREFIX = /^embedded:/;

/** `flow` of `flow` or `embedded:flow`; undefined for what is no embedded model. */
export function variantOf(name: string): EmbeddedVariant | undefined {
  const plain = name.replace(PREFIX, '');
  return EMBEDDED_VARIANTS.find((variant) => variant === plain);
}
