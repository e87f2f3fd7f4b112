import assert from 'node:assert/strict';
import { loadAnalysers } from '../../../../../src/models/embedded/code/analysers/analysers.ts';
import { addedTo, sourcesOf } from './sources.ts';

const analysers = await loadAnalysers();
/** Made up here, and put together so that no scanner takes this file for a leak. */
const TOKEN = ['shpat', '0f3a9c41d27be86550f3a9c41d27be86'].join('_');

describe('secretlint', () => {
  it('finds a credential by its format and masks it', () => {
    const [finding] = analysers.evidence(sourcesOf({ 'shop.rb': ['a = 1', `+KEY = "${TOKEN}"`] }));
    assert.deepEqual(
      [finding?.rule, finding?.line, finding?.severity, finding?.quote],
      ['secret/shopify', 11, 'error', 'KEY = "shpa****************"'],
    );
    assert.ok(!JSON.stringify(finding).includes(TOKEN.slice(6)));
  });

  it('finds it on the right line of many', () => {
    const lines = [...Array(500).fill('const filler = "some ordinary line of code";'), `key(${TOKEN})`, 'done();'];
    assert.deepEqual(
      analysers.evidence(addedTo('shop.js', lines)).map(({ line, quote }) => [line, quote]),
      [[510, 'key(shpa****************)']],
    );
  });

  it('is not switched off by comments', () => {
    const evidence = analysers.evidence(addedTo('shop.js', ['// secretlint-disable', `key("${TOKEN}")`]));
    assert.equal(evidence.length, 1);
  });

  it('says nothing about lines that were there', () => {
    assert.deepEqual(analysers.evidence(sourcesOf({ 'shop.rb': [`KEY = "${TOKEN}"`, '+b = 2'] })), []);
  });

  it('leaves to the rules of the house what they find', () => {
    const known = ['ghp', 'Zq3vT8yLw0nB5xKc7mRd2sHf9gJp4uAe1iOb'].join('_');
    assert.deepEqual(analysers.evidence(addedTo('shop.js', [`key("${known}")`])), []);
  });

  it('warns only in tests', () => {
    const [finding] = analysers.evidence(addedTo('test/shop.test.js', [`key("${TOKEN}")`]));
    assert.equal(finding?.severity, 'warning');
  });
});
