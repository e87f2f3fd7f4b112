import assert from 'node:assert/strict';
import { gamingSigns } from '../../../../src/models/embedded/skill/gaming.ts';
import { prepare } from '../../../../src/models/embedded/skill/prepared.ts';

const PROMPT = 'A write-ahead log lets the store recover every change that it confirmed before the crash';
const signsOf = (text: string) => gamingSigns(text, prepare(text), [prepare(PROMPT)]);

describe('signs of gaming', () => {
  it('are absent from an honest answer', () => {
    const { copied, repeated, scrambled, asking, list } = signsOf(
      'Before the store says yes it appends the change to a log on disk. After a crash it replays that log, so nothing is lost.',
    );
    assert.deepEqual([repeated, scrambled, asking, list], [0, 0, 0, 0]);
    assert.ok(copied < 0.2);
  });

  it('show a copy, also in capitals', () => {
    assert.equal(signsOf(PROMPT.toUpperCase()).copied, 1);
  });

  it('show shuffled words of the prompt', () => {
    assert.ok(
      signsOf('crash the before confirmed it that change every recover store the lets log write-ahead A').scrambled >
        0.5,
    );
  });

  it('show a list of keywords', () => {
    assert.ok(signsOf('write-ahead log, store, recover, change, confirmed, crash').list > 0.7);
  });

  it('show repetition', () => {
    assert.ok(signsOf('the log recovers the store '.repeat(8)).repeated > 0.5);
  });

  it('show a question handed back, not a statement', () => {
    assert.equal(signsOf('Explain how a store recovers its changes. Why is a log needed?').asking, 1);
    assert.equal(signsOf('This is how a store recovers its changes.').asking, 0);
  });
});
