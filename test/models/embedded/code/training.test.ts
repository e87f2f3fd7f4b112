import assert from 'node:assert/strict';
import { judgesOf, prepareCode, trainPrepared } from '../../../../scripts/training/code.ts';
import type { CodeRow } from '../../../../scripts/training/data.ts';
import { addition } from '../../tasks.ts';

const NAMES = ['user', 'order', 'account', 'invoice', 'ticket', 'product', 'session', 'message', 'report', 'team'];

/** Pairs of a query that is built and one that is bound, each name in a repository of its own. */
function rows(names: readonly string[]): CodeRow[] {
  return names.flatMap((name) =>
    [1, 2, 3, 4].flatMap((n) => {
      const bad = `cursor.execute("SELECT a${n} FROM ${name} WHERE id = '%s'" % ${name}_id)`;
      const good = `cursor.execute("SELECT a${n} FROM ${name} WHERE id = %s", (${name}_id,))`;
      const row = (line: string, isBad: boolean): CodeRow => ({
        id: `${name}${n}${isBad}`,
        source: 'test',
        diff: addition('app/a.py', [line], [`def find_${name}(${name}_id):`]),
        bad: isBad,
        group: name,
        slice: 'py change',
        pair: `${name}${n}`,
        weight: 1,
      });
      return [row(bad, true), row(good, false)];
    }),
  );
}

describe('training of code reviewers', () => {
  it('tells unseen pairs apart by every judge, the same way every time', async function () {
    this.timeout(60_000);
    const known = await prepareCode(rows(NAMES));
    const trained = trainPrepared(known);
    const judge = judgesOf(trained);
    for (const prepared of await prepareCode(rows(['parcel', 'visit']))) {
      for (const [name, logOdds] of Object.entries(judge(prepared)))
        assert.equal(logOdds! > 0, prepared.row.bad, `${name} ${logOdds}`);
    }
    assert.deepEqual(trainPrepared(known), trained);
  });
});
