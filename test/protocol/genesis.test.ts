import assert from 'node:assert/strict';
import { toHex } from '../../src/protocol/bytes.ts';
import { createCommittee } from '../../src/protocol/committee.ts';
import { ValidationError } from '../../src/protocol/errors.ts';
import { DEFAULT_TIMERS, genesisToJson, genesisWarnings, parseGenesis } from '../../src/protocol/genesis.ts';
import { TOTAL_WEIGHT_MAX } from '../../src/protocol/limits.ts';
import { smallOrderEncodings } from '../vectors/edwards25519.ts';
import { digestOf, genesisOf } from './samples.ts';

type Json = Record<string, unknown>;

const sound = () => structuredClone(genesisToJson(genesisOf())) as Json;

/** A sound genesis file with one place changed; `undefined` removes it. */
function changed(path: string, value: unknown): Json {
  const json = sound();
  const steps = path.split('.');
  let place = json as Record<string, unknown>;
  for (const step of steps.slice(0, -1)) place = place[step] as Record<string, unknown>;
  if (value === undefined) delete place[steps.at(-1)!];
  else place[steps.at(-1)!] = value;
  return json;
}

function faultPaths(input: unknown): string[] {
  try {
    parseGenesis(input);
  } catch (error) {
    assert.ok(error instanceof ValidationError);
    assert.equal(error.code, 'INVALID_GENESIS');
    return (error.details['faults'] as { path: string }[]).map(({ path }) => path);
  }
  return [];
}

describe('a genesis file', () => {
  it('reads back as it was written', () => {
    assert.deepEqual(parseGenesis(sound()), genesisOf());
    assert.deepEqual(parseGenesis(JSON.parse(JSON.stringify(sound()))), genesisOf());
  });

  it('takes shares as numbers and as text, with the same meaning', () => {
    const asNumber = createCommittee(parseGenesis(changed('validation.consensusThreshold', 0.7)));
    const asText = createCommittee(parseGenesis(changed('validation.consensusThreshold', '0.70')));
    assert.equal(asNumber.networkId, asText.networkId);
  });

  const [firstKey] = genesisOf().validators.map(({ publicKey }) => publicKey);
  const smallOrder = smallOrderEncodings().map(toHex);
  const refused: [string, unknown][] = [
    ['format', 'pheme-genesis/2'],
    ['format', undefined],
    ['name', ''],
    ['name', 'x'.repeat(65)],
    ['kind', 'production'],
    ['createdAt', -1],
    ['createdAt', 1.5],
    ['validators', []],
    ['validators.0.weight', 0],
    ['validators.0.weight', -1],
    ['validators.0.weight', 1.5],
    ['validators.0.weight', TOTAL_WEIGHT_MAX + 1],
    ['validators.0.publicKey', 'x'],
    ['validators.0.publicKey', firstKey!.toUpperCase()],
    ['validators.1.publicKey', firstKey],
    ...smallOrder.map((key): [string, unknown] => ['validators.0.publicKey', key]),
    ['validators.0.publicKey', `02${'00'.repeat(31)}`],
    ['validation.minConfidence', '1.1'],
    ['validation.minConfidence', -0.1],
    ['validation.minConfidence', 'high'],
    ['validation.consensusThreshold', '0.5'],
    ['validation.consensusThreshold', '0.499999'],
    ['validation.consensusThreshold', '1.000001'],
    ['validation.consensusThreshold', 0.1 + 0.6000000001],
    ['validation.requiredValidators', 0],
    ['validation.requiredValidators', 5],
    ['validation.minModelFamilies', 0],
    ['validation.minModelFamilies', 5],
    ['timers.graceMs', 0],
    ['timers.graceMs', 86_400_001],
    ['timers.observeMs', DEFAULT_TIMERS.revealGraceMs],
    ['timers.roundCapMs', 1],
    ['timers.finalMs', undefined],
  ];
  for (const [path, value] of refused) {
    it(`is refused with ${path} ${JSON.stringify(value) ?? 'missing'}`, () => {
      assert.deepEqual(faultPaths(changed(path, value)), [path]);
    });
  }

  it('is refused with unknown fields, at any level', () => {
    assert.deepEqual(faultPaths({ ...sound(), extra: 1 }), ['']);
    assert.deepEqual(faultPaths(changed('validation.extra', 1)), ['validation']);
    assert.deepEqual(faultPaths(changed('validators.0.name', 'x')), ['validators.0']);
    for (const none of [null, 1, 'x', []]) assert.ok(faultPaths(none).length > 0);
  });

  it('is refused with a total weight past 2^31 - 1', () => {
    const json = changed('validators.0.weight', TOTAL_WEIGHT_MAX);
    assert.deepEqual(faultPaths(json), ['validators']);
  });

  it('is refused with more than 256 validators', () => {
    const many = Array.from({ length: 257 }, (_, index) => ({ publicKey: digestOf(index & 0xff), weight: 1 }));
    assert.deepEqual(faultPaths(changed('validators', many)), ['validators']);
  });

  it('names all its faults at once', () => {
    const json = changed('validation.consensusThreshold', '0.4');
    (json['validation'] as Json)['requiredValidators'] = 9;
    assert.deepEqual(faultPaths(json), ['validation.consensusThreshold', 'validation.requiredValidators']);
  });
});

describe('what an operator is warned of', () => {
  const warn = (weights: number[], consensusThresholdPpm = 700_000) =>
    genesisWarnings(genesisOf({ weights, rules: { consensusThresholdPpm } }));

  it('is nothing for four validators and a threshold above two thirds', () => {
    assert.deepEqual(warn([1, 1, 1, 1]), []);
    assert.deepEqual(warn([1, 1, 1, 1], 666_667), []);
  });

  it('is a threshold of at most two thirds', () => {
    assert.match(warn([1, 1, 1, 1], 666_666)[0]!, /consensusThreshold 0\.666666 is not above 2\/3/);
  });

  it('R31: is a committee too small to lose one', () => {
    assert.match(warn([1])[0]!, /notarised, not agreed/);
    assert.match(warn([1, 1, 1])[0]!, /with one of them down nothing can be decided/);
  });
});
