import type { ModelIdentity } from '../../protocol/judgement.ts';
import { MAX_TOKENS_DEFAULT, type ModelSettings, TEMPERATURE_DEFAULT, TOP_P_DEFAULT } from '../settings.ts';
import type { Endpoint } from './endpoint.ts';
import type { EndpointMemory } from './memory.ts';

/** A model as it is asked: what it is called here, how, where, and what is known of it. */
export interface EndpointModel {
  readonly identity: ModelIdentity;
  readonly settings: ModelSettings;
  readonly endpoint: Endpoint;
  readonly memory: EndpointMemory;
}

/** The model's name at its endpoint and how it is sampled. Neither address nor key: digests of it are published. */
export function mannerOf({ identity, settings }: EndpointModel): string {
  const {
    model = identity.id,
    temperature = TEMPERATURE_DEFAULT,
    topP = TOP_P_DEFAULT,
    maxTokens = MAX_TOKENS_DEFAULT,
  } = settings;
  return JSON.stringify([model, temperature, topP, maxTokens]).toWellFormed();
}
