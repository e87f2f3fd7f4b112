import assert from 'node:assert/strict';
import { cost } from '../../../scripts/scale/cost.ts';
import { powerLawOf } from '../../../scripts/scale/fit.ts';
import { floorMs } from '../../../scripts/scale/floor.ts';
import { Links } from '../../../scripts/scale/links.ts';
import { oneWayMs } from '../../../scripts/scale/regions.ts';
import { ScaleWorld, WRITE_MS } from '../../../scripts/scale/world.ts';
import { AWAY_MS } from '../../../src/engine/limits.ts';
import { SeededRandom } from '../../sim/random.ts';

const PERFECT = { jitter: 0, resent: 0 };

describe('npm run scale', () => {
  it('counts what one task costs one node, and how that grows', async function () {
    this.timeout(60_000);
    const validators = [4, 16];
    const tables = await cost({ validators, pairs: 64, load: 4, warm: false, seed: 1 });
    const [rest, load, fits] = Object.values(tables) as [(typeof tables)[string], (typeof tables)[string], object];
    for (const n of validators) {
      const row = rest[`n = ${n}`] as Record<string, number>;
      // Six statements, of which some share a frame, and the announcement of one node; all reach everybody.
      assert.ok(row['frames out']! >= 5 && row['frames out']! <= 7, `${row['frames out']} frames`);
      assert.equal(row['frames in'], row['frames out']! * (n - 1));
      assert.equal(row['signed'], row['frames out']);
      assert.equal(row['verified'], row['frames in'], 'each frame carries one signature');
      // Each node pulls the others' reports; now and then one asks all others what they have decided.
      assert.ok(row['requests']! >= n - 1 && row['requests']! < 2 * n, `${row['requests']} requests`);
      assert.ok(row['CPU ms']! > 0 && row['hashes']! > row['verified']!);
      const atOnce = load[`n = ${n}`] as Record<string, number>;
      assert.ok(atOnce['signed']! < row['signed']!, 'batches share a signature');
    }
    const frames = (fits as Record<string, { exponent: number }>)['frames in, at rest']!;
    assert.ok(Math.abs(frames.exponent - 1) < 0.25, `frames to a node grow as n^${frames.exponent}`);
  });

  it('decides over the delays of the world near the floor, and replays a seed', async () => {
    const medians = oneWayMs(4, 'world');
    const run = async () => {
      const links = { jitter: 0.1, resent: 0.01 };
      const world = await ScaleWorld.start({ oneWayMs: medians, kind: 'testnet', links, seed: 7 });
      for (let at = 0; at < 4; at++) world.submit(at);
      const decided = await world.settle();
      world.stop();
      return { decided, committee: world.committee };
    };
    const { decided, committee } = await run();
    const { quorum, threshold } = committee;
    const floor = floorMs({ oneWayMs: medians, writeMs: WRITE_MS, quorum, threshold });
    assert.equal(decided.length, 4);
    for (const { judgedMs, round } of decided)
      assert.ok(round > 0 || judgedMs > 0.7 * floor, `${judgedMs} ms, floor ${floor}`);
    assert.deepEqual((await run()).decided, decided);
  });

  it('R23: decides without the validators that are down, once it sees that they are, and not after all the grace', async () => {
    const links = PERFECT;
    const world = await ScaleWorld.start({
      oneWayMs: oneWayMs(4, 'atlantic'),
      kind: 'testnet',
      links,
      down: 1,
      seed: 3,
    });
    world.submit(0);
    const [decided] = await world.settle();
    world.stop();
    const { graceMs } = world.committee.rules.timers;
    assert.ok(decided!.judgedMs > AWAY_MS && decided!.judgedMs < graceMs / 2, `${decided!.judgedMs} ms`);
  });
});

describe('the floor of a task', () => {
  it('is six hops and six writes where all places are alike', () => {
    const oneWayMs = [0, 1, 2, 3].map((from) => [0, 1, 2, 3].map((to) => (from === to ? 0 : 10)));
    // From the last judgement: commit, close, proposal, prevote, precommit and result are written, the reveal is not.
    assert.equal(floorMs({ oneWayMs, writeMs: 2, quorum: 3, threshold: 3 }), 72);
  });

  it('waits for the farthest once, and for a quorum after that', () => {
    // Three neighbours, and a fourth 100 ms away from each: its commitment is waited for, its votes are not.
    const oneWayMs = [0, 1, 2, 3].map((from) =>
      [0, 1, 2, 3].map((to) => (from === to ? 0 : from === 3 || to === 3 ? 100 : 1)),
    );
    const judgedMs = floorMs({ oneWayMs, writeMs: 0, quorum: 3, threshold: 3 });
    const everyStepMs = 6 * 100;
    assert.ok(judgedMs > 200 && judgedMs < 0.6 * everyStepMs, `${judgedMs} ms`);
  });
});

describe('a power law', () => {
  it('is found again in its own points', () => {
    const points = [2, 4, 8, 50].map((x) => ({ x, y: 3 * x ** 1.5 }));
    const law = powerLawOf(points)!;
    assert.deepEqual(
      [law.exponent, law.factor, law.r2].map((value) => value.toFixed(9)),
      ['1.500000000', '3.000000000', '1.000000000'],
    );
  });

  it('is none of one size, and of nothing', () => {
    assert.equal(powerLawOf([{ x: 4, y: 1 }]), undefined);
    assert.equal(powerLawOf([{ x: 4, y: 0 }, { x: 5, y: 1 }]), undefined); // biome-ignore format: one line
  });
});

describe('a link', () => {
  it('scatters around its median, and sends again what was lost', () => {
    const random = new SeededRandom(5);
    const drawn = (resent: number) => {
      const links = new Links([[0, 80], [80, 0]], { jitter: 0.1, resent }, random); // biome-ignore format: a matrix
      return Array.from({ length: 2_000 }, (_, n) => links.delayMs(0, 1, 10_000 * n)).sort((a, b) => a - b);
    };
    const clean = drawn(0);
    assert.ok(Math.abs(clean[1_000]! - 80) < 2, `median ${clean[1_000]}`);
    assert.ok(clean.at(-1)! < 80 * 1.6, `longest ${clean.at(-1)}`);
    const late = drawn(0.1).filter((delayMs) => delayMs > 2 * 80 + 200).length;
    assert.ok(Math.abs(late - 200) < 60, `${late} of 2,000 were sent again`);
  });

  it('keeps the order of its messages', () => {
    const links = new Links([[0, 80], [80, 0]], { jitter: 0.5, resent: 0.2 }, new SeededRandom(6)); // biome-ignore format: a matrix
    const arrivals = Array.from({ length: 500 }, (_, n) => n + links.delayMs(0, 1, n));
    assert.ok(arrivals.every((atMs, n) => n === 0 || atMs >= arrivals[n - 1]!));
  });
});

describe('the table of delays', () => {
  it('is symmetric, and has a place for everybody', () => {
    const medians = oneWayMs(12, 'world');
    for (const [from, row] of medians.entries())
      for (const [to, hopMs] of row.entries()) {
        assert.equal(hopMs, medians[to]![from]);
        assert.ok(from === to ? hopMs === 0 : hopMs >= 1 && hopMs < 200, `${from} to ${to}: ${hopMs}`);
      }
    assert.equal(oneWayMs(4, 'atlantic')[0]![1], 37, 'East US to North Europe: half of 74 ms');
  });
});
