import assert from 'node:assert/strict';
import { GarbagePace } from '../../src/cli/garbage-pace.ts';
import { GROWTH_AT_REST } from '../../src/cli/small-memory.ts';

describe('the pace of garbage collections', () => {
  const said: (number | 'collect')[] = [];
  let pace: GarbagePace;

  beforeEach(() => {
    said.length = 0;
    pace = new GarbagePace({ setGrowth: (percent) => said.push(percent), collect: () => said.push('collect') });
  });

  function seconds(count: number, decisions: number): void {
    for (let second = 0; second < count; second++) {
      for (let decided = 0; decided < decisions; decided++) pace.noteDecision();
      pace.tick();
    }
  }

  it('is left alone by a node at rest', () => {
    seconds(60, 2);
    assert.deepEqual(said, []);
  });

  it('slackens once under load', () => {
    seconds(30, 20);
    assert.equal(said.length, 1);
    assert.ok((said[0] as number) > GROWTH_AT_REST);
  });

  it('stays so over a lull', () => {
    seconds(5, 100);
    seconds(9, 0);
    seconds(1, 100);
    seconds(9, 19);
    assert.equal(said.length, 1);
  });

  it('tightens after the load, and gives the memory back', () => {
    seconds(5, 100);
    seconds(60, 0);
    assert.deepEqual(said.slice(1), [GROWTH_AT_REST, 'collect']);
    seconds(1, 100);
    assert.equal(said.length, 4, 'and begins anew');
  });
});
