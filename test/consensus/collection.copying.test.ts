import assert from 'node:assert/strict';
import fc from 'fast-check';
import { collected } from '../../src/consensus/collection.ts';
import type { Authentic, SignedLeaf } from '../../src/protocol/signed-leaf.ts';
import type { Opening } from '../../src/protocol/validation-result.ts';
import type { Commitment } from '../../src/protocol/value.ts';
import { approve, fakeCommittee, openingOf, Speaker, Validator } from './fixture.ts';

/**
 * The plain commit-reveal attack: F validators wait for the first honest reveal, copy its result under their own keys
 * and salts, commit late, and list each other in different CLOSEs for different ears. Honest nodes hear everything
 * in an order that the attacker draws.
 */
describe('R5, R6, promise 4: a copied judgement', () => {
  for (const count of [4, 7]) {
    it(`never counts, whatever the order (n = ${count}, F copiers)`, () => {
      let attacks = 0;
      const property = fc.property(fc.infiniteStream(fc.nat()), (stream) => {
        const attack = new Attack(count, () => stream.next().value as number);
        attack.run();
        attacks += attack.copied ? 1 : 0;
        for (const node of attack.honest.values()) {
          const counted = collected(node.instance).reveals.map(({ index }) => index);
          assert.deepEqual(
            counted.filter((index) => attack.copiers.includes(index)),
            [],
          );
          for (const { value } of node.instance.values.values()) {
            assert.ok(value.core.reveals.every(({ index }) => !attack.copiers.includes(index)));
          }
        }
      });
      fc.assert(property, { numRuns: 60 });
      assert.ok(attacks > 50, 'the copiers must have had their chance');
    });
  }

  it('would count if it were committed in time: the check sees it', () => {
    const committee = fakeCommittee();
    const speaker = new Speaker(committee);
    const node = new Validator({ committee, self: null });
    const openings = [0, 1, 2, 3].map((index) => [index, approve(index)] as const);
    node.hear(...speaker.collection(openings, [0, 1, 2]));
    assert.ok(collected(node.instance).reveals.some(({ index }) => index === 3));
  });
});

class Attack {
  readonly copiers: number[];
  readonly honest = new Map<number, Validator>();
  copied = false;
  readonly #speaker: Speaker;
  readonly #draw: () => number;
  /** What is on its way to each honest node. */
  readonly #queues = new Map<number, Authentic<SignedLeaf>[]>();

  constructor(count: number, draw: () => number) {
    const committee = fakeCommittee({ weights: Array(count).fill(1) });
    this.#draw = draw;
    this.#speaker = new Speaker(committee);
    this.copiers = Array.from({ length: committee.faulty }, (_, i) => count - 1 - i);
    for (let self = 0; self < count - committee.faulty; self++) {
      this.honest.set(self, new Validator({ committee, self }));
      this.#queues.set(self, []);
    }
  }

  run(): void {
    for (const [self, node] of this.honest) {
      node.start();
      node.judge(openingOf(self, { confidencePpm: 900_000 + self }));
      this.#publish(self, 0);
    }
    const spoken = new Map([...this.honest].map(([self, node]) => [self, node.said.length]));
    for (let steps = 0; steps < 2_000; steps++) {
      const waiting = [...this.#queues].filter(([, queue]) => queue.length > 0);
      if (waiting.length === 0 && !this.#hurry()) return;
      const [self, queue] = waiting[this.#draw() % Math.max(1, waiting.length)] ?? [];
      if (self === undefined || queue === undefined) continue;
      const node = this.honest.get(self)!;
      node.hear(...queue.splice(this.#draw() % queue.length, 1));
      this.#publish(self, spoken.get(self)!);
      spoken.set(self, node.said.length);
      this.#copyIfRevealed(node);
    }
  }

  /** Nothing is under way: the time to observe is over everywhere, once. */
  #hurry(): boolean {
    const open = [...this.honest].filter(([, node]) => !node.instance.fired.has('observe'));
    for (const [self, node] of open) {
      const before = node.said.length;
      node.fire('observe');
      this.#publish(self, before);
    }
    return open.length > 0;
  }

  #publish(from: number, since: number): void {
    const node = this.honest.get(from)!;
    for (const { leaf, attachment } of node.said.slice(since)) {
      const said = this.#speaker.say(from, leaf, attachment);
      for (const [self, queue] of this.#queues) if (self !== from) queue.push(said);
    }
  }

  #copyIfRevealed({ said }: Validator): void {
    const revealed = said.find(({ leaf }) => leaf.type === 'REVEAL')?.leaf;
    if (this.copied || revealed?.type !== 'REVEAL') return;
    this.copied = true;
    const copies = this.copiers.map((index): [number, Opening] => [
      index,
      { ...openingOf(index), result: revealed.opening.result },
    ]);
    const lists: Commitment[] = copies.map(([index, opening]) => this.#speaker.commitment(index, opening));
    const honestLists = [...this.honest].flatMap(([index, node]) => {
      return node.instance.opening === null ? [] : [this.#speaker.commitment(index, node.instance.opening)];
    });
    for (const [index, opening] of copies) {
      for (const queue of this.#queues.values()) {
        const full = [...honestLists, ...lists].sort((a, b) => a.index - b.index);
        const part = [...lists].sort((a, b) => a.index - b.index);
        const closes = [this.#speaker.close(index, full), this.#speaker.close(index, part)];
        if (this.#draw() % 2 === 0) closes.reverse(); // each ear hears another list first
        queue.push(this.#speaker.commit(index, opening), ...closes, this.#speaker.reveal(index, opening));
      }
    }
  }
}
