import assert from 'node:assert/strict';
import type { WeightsName } from '../../../src/models/embedded/weights.ts';
import { clockFinding } from '../../../src/node/doctor/clock-checks.ts';
import {
  descriptorFinding,
  fsyncFinding,
  memoryFindingOf,
  spaceFinding,
} from '../../../src/node/doctor/machine-checks.ts';
import { damagedWeights, digestOf } from '../../../src/node/doctor/weights.ts';
import { WEIGHTS_DIGESTS } from '../../../src/node/doctor/weights-digests.ts';

describe('node/doctor: the machine', () => {
  const CASES: [string, { state: string; remedy?: string }, string, RegExp?][] = [
    ['a full disk', spaceFinding('/d', 100), 'failure', /free at least 256 MiB/],
    ['a disk that fills', spaceFinding('/d', 1000), 'warning', /2048 MiB/],
    ['a roomy disk', spaceFinding('/d', 5000), 'ok'],
    ['a slow disk', fsyncFinding('/d', [...Array<number>(97).fill(20), 250, 250, 250]), 'warning', /local SSD/],
    ['a quick disk', fsyncFinding('/d', Array<number>(100).fill(5)), 'ok'],
    ['few open files', descriptorFinding(256, 528), 'failure', /ulimit -n 1056/],
    ['enough open files', descriptorFinding(1024, 528), 'ok'],
    ['no memory', memoryFindingOf(256, 5), 'failure', /at least 360 MiB/],
    ['little memory', memoryFindingOf(512, 5), 'warning', /worker\.concurrency to 2/],
    ['enough memory', memoryFindingOf(2048, 5), 'ok'],
    ['a right clock', clockFinding([-400, 300, 700]), 'ok'],
    ['one wrong clock among the peers', clockFinding([-400, 300, 900_000]), 'ok'],
    ['a clock that drifts', clockFinding([9_000, 10_000, 11_000]), 'warning', /NTP/],
    ['a wrong clock', clockFinding([-3_600_000, -3_600_500]), 'failure', /NTP/],
    ['peers that cannot be asked', clockFinding([]), 'warning', /timedatectl/],
  ];
  for (const [name, finding, state, remedy] of CASES) {
    it(`tells ${name}`, () => {
      assert.equal(finding.state, state);
      if (remedy === undefined) assert.equal(finding.remedy, undefined);
      else assert.match(finding.remedy!, remedy);
    });
  }
});

describe('node/doctor/weights', () => {
  it('knows the weights of this version; after a training its digests are to be replaced by these', async () => {
    const names = Object.keys(WEIGHTS_DIGESTS) as WeightsName[];
    const digests = await Promise.all(names.map(async (name) => [name, await digestOf(name)]));
    assert.deepEqual(WEIGHTS_DIGESTS, Object.fromEntries(digests));
  });

  it('names the weights that were changed', async () => {
    const changed = { ...WEIGHTS_DIGESTS, 'code-flow': '0'.repeat(64) };
    assert.deepEqual(await damagedWeights(changed), ['code-flow']);
    assert.deepEqual(await damagedWeights(), []);
  });
});
