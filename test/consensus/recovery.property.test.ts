import assert from 'node:assert/strict';
import fc from 'fast-check';
import { recover } from '../../src/consensus/recovery.ts';
import type { Input } from '../../src/consensus/state.ts';
import { step } from '../../src/consensus/step.ts';
import { toHex } from '../../src/protocol/bytes.ts';
import type { Vote } from '../../src/protocol/judgement.ts';
import { leafSlot } from '../../src/protocol/leaf.ts';
import { SeededRandom } from '../sim/random.ts';
import { Cluster } from './cluster.ts';
import { openingOf, Speaker, TASK_ID } from './fixture.ts';

const anySchedule = fc.record({
  seed: fc.integer(),
  weights: fc.constantFrom([1, 1, 1, 1], [1, 1, 1, 1], [3, 2, 1, 1], [1, 1, 1, 1, 1, 1, 1], [1, 1]),
  crash: fc.constantFrom(0, 0.02, 0.1),
  loss: fc.constantFrom(0, 0.2, 0.5),
  votes: fc.constantFrom<Vote[]>(
    ['approve'],
    ['reject'],
    ['approve', 'reject'],
    ['approve', 'approve', 'approve', 'reject'],
  ),
});

describe('R28: crashes at any point of any schedule', () => {
  it('make nobody contradict itself, split nobody, and stop nothing for good', () => {
    let crashes = 0;
    fc.assert(
      fc.property(anySchedule, ({ seed, ...options }) => {
        const cluster = new Cluster({ ...options, random: new SeededRandom(seed) });
        cluster.run(300, 400);
        crashes += cluster.crashes;
        assert.deepEqual(cluster.faults, []);
        assert.ok(new Set(cluster.cores()).size <= 1, 'one core');
        assert.ok(cluster.decided(), 'all decided');
      }),
      { numRuns: 300 },
    );
    assert.ok(crashes > 100, `only ${crashes} crashes`);
  });

  it('draw no second answer once a COMMIT may have left', () => {
    fc.assert(
      fc.property(anySchedule, ({ seed, ...options }) => {
        const cluster = new Cluster({ ...options, crash: 0.1, random: new SeededRandom(seed) });
        cluster.run(200, 0);
        for (const member of cluster.members) {
          const judged = member.journal.filter(({ kind }) => kind === 'judged');
          assert.ok(judged.length <= 1);
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe('R28: after every prefix of a journal', () => {
  it('the restarted instance repeats what it said, and says nothing else for those slots, whatever it hears', () => {
    let prefixes = 0;
    fc.assert(
      fc.property(anySchedule, fc.integer(), ({ seed, ...options }, echoSeed) => {
        const cluster = new Cluster({ ...options, crash: 0, random: new SeededRandom(seed) });
        cluster.run(250, 60);
        const random = new SeededRandom(echoSeed);
        const member = random.pick(cluster.members);
        const echoes = echoOf(cluster, member.index);
        for (let count = 0; count <= member.journal.length; count++) {
          prefixes += 1;
          checkPrefix(cluster, member.index, count, echoes, random);
        }
      }),
      { numRuns: 60 },
    );
    assert.ok(prefixes > 100, `only ${prefixes} prefixes`);
  });
});

/** All that the others ever said or proved, as inputs, and every timer. */
function echoOf(cluster: Cluster, except: number): Input[] {
  const speaker = new Speaker(cluster.committee);
  const inputs: Input[] = [];
  for (const { index, instance } of cluster.members) {
    if (index !== except) {
      for (const own of instance.own.values()) {
        inputs.push({ kind: 'leaf', leaf: speaker.say(index, own.leaf, own.attachment) });
      }
    }
    for (const bundle of [instance.roundCert, instance.valid?.polka]) {
      if (bundle?.votes.every(({ signer }) => signer !== except)) inputs.push({ kind: 'bundle', bundle } as Input);
    }
    for (const round of instance.rounds.keys()) {
      for (const name of ['propose', 'prevote', 'precommit'] as const)
        inputs.push({ kind: 'timer', timer: { name, round } });
    }
  }
  for (const name of ['observe', 'grace', 'revealGrace', 'final'] as const)
    inputs.push({ kind: 'timer', timer: { name } });
  return inputs;
}

function checkPrefix(
  cluster: Cluster,
  index: number,
  count: number,
  echoes: readonly Input[],
  random: SeededRandom,
): void {
  const { journal, said } = cluster.members[index]!;
  const instance = recover(cluster.committee, TASK_ID, index, journal.slice(0, count));
  const speaker = new Speaker(cluster.committee);
  const fixed = new Map([...instance.own].map(([slot, own]) => [slot, toHex(own.bytes)]));
  for (const [slot, bytes] of fixed) {
    if (said.has(slot)) assert.equal(bytes, said.get(slot), `${slot} restored`);
  }
  const committed = fixed.has('COMMIT/0');
  const inputs = echoes.filter(() => random.chance(0.8)).map((input) => ({ input, key: random.fraction() }));
  inputs.sort((a, b) => a.key - b.key);
  const other = openingOf(index, { vote: 'reject' }, 99);
  const queue: Input[] = [{ kind: 'start' }, { kind: 'judged', opening: other }, ...inputs.map(({ input }) => input)];
  for (let input = queue.shift(); input !== undefined; input = queue.shift()) {
    for (const effect of step(instance, input)) {
      if (effect.kind !== 'state') continue;
      const slot = leafSlot(effect.own.leaf);
      assert.ok(!fixed.has(slot), `${slot} is stated a second time`);
      if (slot === 'REVEAL/0' && committed && said.has(slot)) {
        assert.equal(toHex(effect.own.bytes), said.get(slot), 'the reveal is that of the journal');
      }
      fixed.set(slot, toHex(effect.own.bytes));
      queue.push({ kind: 'leaf', leaf: speaker.say(index, effect.own.leaf, effect.own.attachment) });
    }
  }
}
