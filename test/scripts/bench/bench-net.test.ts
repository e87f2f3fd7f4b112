import assert from 'node:assert/strict';
import { Decisions } from '../../../scripts/bench/decisions.ts';
import { closedLoad } from '../../../scripts/bench/load.ts';
import { BenchNet } from '../../../scripts/bench/net.ts';
import { isAlive } from '../../../scripts/processes.ts';

describe('the harness of the bench', function () {
  this.timeout(90_000);

  it('loads real nodes, counts only what every node holds, and leaves no process', async () => {
    const net = await BenchNet.start(2);
    const pids = net.validators.map(({ index }) => net.pidOf(index));
    const decisions = await Decisions.follow(net, 2);
    try {
      const loaded = await closedLoad({ net, decisions, nodes: 2, seconds: 2, inFlight: 4 });
      assert.ok(loaded.tasks > 0 && loaded.tasks <= decisions.allAtMs.size);
      assert.ok(loaded.p50Ms > 0 && loaded.p50Ms <= loaded.p99Ms);
      for (const taskId of [...decisions.allAtMs.keys()].slice(0, 3)) {
        const results = net.validators.map(({ index }) =>
          net.call<{ core: string }>(index, 'pheme_getResult', { taskId }),
        );
        const [first, second] = await Promise.all(results);
        assert.equal(first!.core, second!.core);
      }
    } finally {
      await decisions.stop();
      await net.stop();
    }
    assert.deepEqual(pids.filter(isAlive), []);
  });
});
