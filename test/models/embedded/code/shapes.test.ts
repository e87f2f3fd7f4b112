// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the strings are code under review
import assert from 'node:assert/strict';
import { lexHunk } from '../../../../src/models/diff/lexer.ts';
import { callsOf, shapeOf } from '../../../../src/models/embedded/code/shapes.ts';

function shape(text: string): string {
  const [line] = lexHunk({ lines: [{ kind: 'added', line: 1, text }] }, 'js');
  return shapeOf(line!).join(' ');
}

const SHAPES: Record<string, string> = {
  "db.query('select a from b where c = ' + req.body.id)": 'v .query ( SQL + SRC )',
  'if (size > MAX_SIZE) return null;': 'if ( v > K ) return null ;',
  'res.send(`<b>${req.query.name}</b>`)': 'v .send ( HTML{ INTERPOLATED )',
  "open('/etc/x', 0) // a comment": 'open ( PATH , 0 )',
};

describe('the shape of a line', () => {
  for (const [text, expected] of Object.entries(SHAPES)) {
    it(`of ${text}`, () => assert.equal(shape(text), expected));
  }

  it('does not tell one name from another', () => {
    assert.equal(shape('total = price * count;'), shape('a = b * c;'));
  });

  it('tells what calls are given', () => {
    const [line] = lexHunk({ lines: [{ kind: 'added', line: 1, text: "run('a %s', name)" }] }, 'js');
    assert.deepEqual(callsOf(shapeOf(line!)), ['call run (FORMAT%,v)', 'passes run FORMAT%v']);
  });

  it('ends on quotes that never close and on calls that never end', () => {
    for (const text of ["f('", 'f(((((((((((((((((((', '"\'`'.repeat(600)]) assert.ok(shape(text).length > 0);
  });
});
