import type { AbstainReason } from '../../protocol/judgement.ts';

/** A model's way of not answering, as it becomes an abstention. The message holds no text of model or endpoint. */
export class NoAnswer extends Error {
  readonly reason: AbstainReason;
  constructor(reason: AbstainReason, message: string) {
    super(message);
    this.reason = reason;
  }
}
