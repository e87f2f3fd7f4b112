import assert from 'node:assert/strict';
import { assertSameRules, observerPolicy } from '../../src/config/rules.ts';
import type { Genesis, NetworkKind } from '../../src/protocol/genesis.ts';
import { genesisOf } from '../node/result-fixture.ts';

const genesis = genesisOf(4);
const ofKind = (kind: NetworkKind): Genesis => ({ ...genesis, rules: { ...genesis.rules, kind } });

describe('config/rules', () => {
  it("accepts the network's rules, however their numbers are written, and none at all", () => {
    assertSameRules({}, genesis);
    assertSameRules({ validation: {} }, genesis);
    for (const threshold of [0.7, '0.7', '0.700000']) {
      assertSameRules(
        {
          validation: { consensusThreshold: threshold, minConfidence: 0.8, requiredValidators: 2, minModelFamilies: 1 },
        },
        genesis,
      );
    }
  });

  it('refuses others and shows every difference', () => {
    const validation = { consensusThreshold: 0.6, minConfidence: 'high', requiredValidators: 3 };
    assert.throws(() => assertSameRules({ validation }, genesis), {
      code: 'CONFIG_MISMATCH',
      details: {
        faults: [
          {
            path: 'validation.minConfidence',
            message:
              "is high in this node's configuration, and 0.8 in the network's genesis: correct it or remove the line",
          },
          {
            path: 'validation.requiredValidators',
            message: "is 3 in this node's configuration, and 2 in the network's genesis: correct it or remove the line",
          },
          {
            path: 'validation.consensusThreshold',
            message:
              "is 0.6 in this node's configuration, and 0.7 in the network's genesis: correct it or remove the line",
          },
        ],
      },
    });
  });

  const observers = (allow?: 'any' | string[]) => ({
    network: { listen: [], peers: [], observers: { max: 5, ...(allow === undefined ? {} : { allow }) } },
  });

  it('admits anybody as an observer on a devnet only', () => {
    assert.deepEqual(observerPolicy(observers(), ofKind('devnet')), { max: 5, allow: 'any' });
    assert.deepEqual(observerPolicy(observers('any'), ofKind('devnet')), { max: 5, allow: 'any' });
    for (const kind of ['testnet', 'mainnet'] as const) {
      assert.deepEqual(observerPolicy(observers(), ofKind(kind)), { max: 5, allow: [] });
      assert.deepEqual(observerPolicy(observers(['k']), ofKind(kind)), { max: 5, allow: ['k'] });
      assert.throws(() => observerPolicy(observers('any'), ofKind(kind)), {
        code: 'INVALID_CONFIG',
        message: new RegExp(`this network is a ${kind}`),
      });
    }
  });
});
