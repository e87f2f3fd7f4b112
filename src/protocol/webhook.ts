/** What a webhook can be told of: types of CloudEvents. */
export const WEBHOOK_EVENTS = [
  /** The network approved or rejected. */
  'pheme.task.decided.v1',
  /** The network agreed that there is no verdict. */
  'pheme.task.inconclusive.v1',
  /** The network agreed that too few judged in time. */
  'pheme.task.expired.v1',
] as const;

export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number];

/** A public key (32 bytes) as receivers take it: the form of the Standard Webhooks specification, `whpk_...`. */
export function webhookKeyText(publicKey: Uint8Array): string {
  return `whpk_${Buffer.from(publicKey).toString('base64')}`;
}
