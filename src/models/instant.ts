import { ValidationError } from '../protocol/errors.ts';
import type { NetworkKind } from '../protocol/genesis.ts';
import type { Judgement, ModelIdentity } from '../protocol/judgement.ts';
import { BaseModel } from './base-model.ts';

/** Approves everything without a look, so that a measurement shows what the network itself costs. */
export class InstantModel extends BaseModel {
  readonly identity: ModelIdentity = { id: 'instant', family: 'instant' };

  async predict(): Promise<Judgement> {
    return {
      vote: 'approve',
      confidence: 0.9,
      complete: true,
      summary: 'Approved without a look: this model is for measurements only.',
      findings: [],
      coverage: { filesTotal: 0, filesJudged: 0, linesTotal: 0, linesJudged: 0, omitted: [] },
      model: this.identity,
    };
  }
}

/**
 * What approves without a look must not vote where a verdict means something.
 * @throws ValidationError INVALID_CONFIG
 */
export function assertInstantAllowed(providers: Iterable<{ provider: string }>, kind: NetworkKind): void {
  if (kind === 'devnet' || ![...providers].some(({ provider }) => provider === 'instant')) return;
  const message = `models: provider instant approves everything and is for devnets only, and this network is a ${kind}: configure another model`;
  throw new ValidationError(message, 'INVALID_CONFIG', { path: 'models' });
}
