import { join } from 'node:path';

/** What stands where in a node's home. */
export interface HomePaths {
  config: string;
  dotEnv: string;
  genesis: string;
  key: string;
  apiToken: string;
  /** The data directory that a seed given by VALIDATOR_KEY signs for; key.json names its own. */
  keyBinding: string;
  data: string;
  /** Custom models, one file each. */
  models: string;
  /** Changes of validators and rules since the genesis, one file each. */
  epochs: string;
}

export function homePaths(home: string): HomePaths {
  return {
    config: join(home, 'validator.yml'),
    dotEnv: join(home, '.env'),
    genesis: join(home, 'genesis.json'),
    key: join(home, 'key.json'),
    apiToken: join(home, 'api-token'),
    keyBinding: join(home, 'key-binding.json'),
    data: join(home, 'data'),
    models: join(home, 'models'),
    epochs: join(home, 'epochs'),
  };
}
