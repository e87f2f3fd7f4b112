import assert from 'node:assert/strict';
import { MessageChannel } from 'node:worker_threads';
import { endpointFaults, LocalEndpointMemory } from '../../../src/models/openai/memory.ts';
import { remoteMemory, serveMemory } from '../../../src/models/openai/remote-memory.ts';

describe('the memory of endpoints', () => {
  it('is the same for everybody who reaches it through a port', async () => {
    const memory = new LocalEndpointMemory(() => 0);
    const channels = [new MessageChannel(), new MessageChannel()];
    const [one, two] = channels.map(({ port1, port2 }) => {
      serveMemory(memory, port1);
      return remoteMemory(port2);
    });
    const hold = setInterval(() => undefined, 1000); // the ports hold no process
    try {
      const answer = { text: 'yes', reported: 'ab' };
      one!.remember('q', answer);
      assert.equal(await one!.admit('gpt4'), null);
      assert.deepEqual([await two!.recall('gpt4', 'q'), await two!.recall('gpt4', 'other')], [answer, null]);
      one!.spend('gpt4', { promptTokens: 3, completionTokens: 2, costMicros: 1 });
      for (let i = 0; i < 3; i++) one!.settle('gpt4', { ok: false, fault: 'it hangs' });
      assert.equal(await one!.admit('llama'), null);
      assert.match((await two!.admit('gpt4'))!, /after 3 failures in a row: it hangs/);
      const [gpt4] = memory.snapshot();
      assert.deepEqual(gpt4, {
        model: 'gpt4',
        failuresInRow: 3,
        fault: 'it hangs',
        retryAtMs: 5000,
        answers: 0,
        failures: 3,
        cacheHits: 1,
        promptTokens: 3,
        completionTokens: 2,
        costMicros: 1,
      });
      assert.equal(endpointFaults(memory.snapshot()).length, 1, 'llama is well');
    } finally {
      clearInterval(hold);
      for (const { port1 } of channels) port1.close();
    }
  });
});
