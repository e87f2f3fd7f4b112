import assert from 'node:assert/strict';
import { isDisordered } from '../../../src/models/custom/disorder.ts';
import { generator, shuffled } from '../../../src/models/random.ts';
import { GOOD_ANSWER } from '../tasks.ts';
import { DOUGH_ROWS } from './dough-answers.ts';

const answers = DOUGH_ROWS.flatMap(({ task }) => (task.type === 'SKILL_ASSESSMENT' ? task.submission.content : []));

describe('isDisordered', () => {
  it('lets sentences pass, also those of people in a hurry', () => {
    assert.equal(isDisordered(GOOD_ANSWER), false);
    const stopped = answers.filter(isDisordered);
    assert.ok(stopped.length <= answers.length * 0.1, stopped.join('\n'));
    for (const text of ['gas', 'sugar and gas', '', '???']) assert.equal(isDisordered(text), false, text);
  });

  it('stops lists of words, and most answers whose words are out of order', () => {
    for (const text of ['gas bubbles yeast', 'yeast, sugar, gas, bubbles, gluten'])
      assert.equal(isDisordered(text), true);
    const random = generator(11);
    const mixed = answers.map((text) => shuffled(text.split(' '), random).join(' '));
    const stopped = mixed.filter(isDisordered).length;
    assert.ok(stopped >= mixed.length * 0.5, `${stopped} of ${mixed.length}`);
  });
});
