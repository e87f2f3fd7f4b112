import assert from 'node:assert/strict';
import { evaluate, mean, RANKINGS } from '../../scripts/eval-recommend.ts';

describe('the offline evaluation of recommendations', () => {
  const ndcg = (name: string) => mean(evaluate(RANKINGS[name]!, 1).map((score) => score.ndcg));

  it('puts the ranking clearly before every simple one, on the authored set', () => {
    const own = ndcg('recommend');
    for (const name of Object.keys(RANKINGS).filter((other) => other !== 'recommend')) {
      assert.ok(own > ndcg(name) + 0.05, `${name}: ${ndcg(name)} against ${own}`);
    }
  });
});
