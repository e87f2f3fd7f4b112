import assert from 'node:assert/strict';
import { join } from 'node:path';
import fc from 'fast-check';
import { loadApiToken } from '../../src/config/home.ts';
import { loadConfig } from '../../src/config/load.ts';
import { initHome } from '../../src/config/testnet.ts';
import { connectRpc, createVerifyingClient } from '../../src/node/client.ts';
import type { Check } from '../../src/node/verify.ts';
import type { ConsensusResult } from '../../src/protocol/consensus-result.ts';
import { ValidationError } from '../../src/protocol/errors.ts';
import { parseTask } from '../../src/protocol/task.ts';
import type { RpcClient } from '../../src/rpc/client.ts';
import { createRpcClient } from '../../src/rpc/client.ts';
import { useTempDirectory, writeFileMode } from '../config/temp-home.ts';
import { useServer, WRITE_TOKEN } from '../rpc/fake-node.ts';
import { genesisOf, makeResult, TASK } from './result-fixture.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** What the verifying client needs nothing of. */
const UNASKED = {
  batch: () => Promise.reject(new Error('a batch was asked')),
  events: () => {
    throw new Error('events were asked for');
  },
};

describe('node/client', () => {
  const serve = useServer();
  const { result, genesis } = makeResult();

  /** A client of a node that answers whatever it is told to. */
  function clientOf(answers: Record<string, unknown>) {
    const rpc: RpcClient = {
      ...UNASKED,
      url: 'http://lying/',
      call: async (name) => structuredClone(answers[name]) as never,
    };
    return createVerifyingClient(rpc, genesis);
  }

  /** A real server over real sockets, whose node holds the given result. */
  async function servedClient(held: ConsensusResult) {
    const served = await serve();
    served.node.results.set(result.taskId, held);
    const rpc = createRpcClient({ url: served.server.url, token: WRITE_TOKEN });
    return { ...served, client: createVerifyingClient(rpc, genesis) };
  }

  it('verifies what it returns, for a task and for an id', async () => {
    const { client } = await servedClient(result);
    assert.ok(client.isTask(result.taskId, TASK));
    for (const subject of [TASK, result.taskId]) {
      const got = await client.result(subject);
      assert.deepEqual(got?.result, result);
      assert.ok(got?.verification.authentic);
      assert.deepEqual((await client.wait(subject, 1_000)).result, result);
    }
    const unknown = parseTask({ ...TASK, subject: 'another' });
    assert.equal(await client.result(unknown), null);
    await assert.rejects(client.wait(unknown, 10), { code: 'TIMEOUT' });
  });

  it('refuses a node that gives the task another id', async () => {
    for (const answer of [{ taskId: '0'.repeat(64) }, { taskId: result.taskId, note: 'x' }, null, 'x', {}]) {
      await assert.rejects(clientOf({ pheme_submitTask: answer }).submit(TASK), { code: 'NOT_AUTHENTIC' });
    }
    assert.equal(await clientOf({ pheme_submitTask: { taskId: result.taskId } }).submit(TASK), result.taskId);
  });

  it('refuses the result of another task, though a quorum signed it', async () => {
    const other = makeResult({ task: parseTask({ ...TASK, subject: 'another' }) });
    for (const subject of [TASK, result.taskId]) {
      await assert.rejects(clientOf({ pheme_getResult: other.result }).result(subject), (error: ValidationError) => {
        const failed = (error.details['checks'] as Check[]).filter(({ ok }) => !ok).map(({ name }) => name);
        return error.code === 'NOT_AUTHENTIC' && failed.includes('taskId');
      });
    }
  });

  it('refuses the result of another network, though its quorum signed it', async () => {
    const other = makeResult({ genesis: genesisOf(4, 'other') });
    await assert.rejects(clientOf({ pheme_getResult: other.result }).result(TASK), {
      code: 'NOT_AUTHENTIC',
      message: /network: the network id is .* the core says/,
    });
  });

  it('refuses a node that says there is a result and gives none', async () => {
    for (const answer of [null, undefined, {}, 'APPROVED', [result]]) {
      await assert.rejects(clientOf({ pheme_waitForResult: answer }).wait(TASK, 10), { code: 'NOT_AUTHENTIC' });
    }
  });

  it('waits in slices, as long as it was told to', async () => {
    const asked: number[] = [];
    const rpc: RpcClient = {
      ...UNASKED,
      url: 'http://slow/',
      call: async (name, params) => {
        if (name === 'pheme_status') return { epoch: 0 } as never;
        asked.push((params as { timeoutMs: number }).timeoutMs);
        throw new ValidationError('2 of 3 needed validators are connected', 'UNAVAILABLE');
      },
    };
    // It says at once that the time is over: it is believed, and not asked again and again.
    await assert.rejects(createVerifyingClient(rpc, genesis).wait(TASK, 600_000), { code: 'UNAVAILABLE' });
    await assert.rejects(createVerifyingClient(rpc, genesis).wait(TASK, 20), { code: 'UNAVAILABLE' });
    assert.deepEqual(asked, [30_000, 20]);
  });

  it('refuses a node that alters any field, over the wire', async () => {
    const { node, client } = await servedClient(result);
    const paths = leafPaths(result as unknown as Json, []);
    let refused = 0;
    for (const path of paths) {
      // What follows from the judgements may be left out: results of before it was told are as good.
      const mayBeMissing = path.join() === 'modelFamilies';
      for (const change of mayBeMissing ? [altered] : [altered, removed]) {
        const forged = structuredClone(result) as unknown as Json;
        change(forged, path);
        node.results.set(result.taskId, forged as unknown as ConsensusResult);
        await assert.rejects(client.result(TASK), { code: 'NOT_AUTHENTIC' }, `${change.name} ${path.join('.')}`);
        refused++;
      }
    }
    assert.ok(refused > 200, `${refused} alterations were tried`);
  }).timeout(20_000);

  it('refuses any two alterations at once', async () => {
    const paths = fc.constantFrom(...leafPaths(result as unknown as Json, []));
    await fc.assert(
      fc.asyncProperty(paths, paths, async (first, second) => {
        fc.pre(first.join() !== second.join());
        const forged = structuredClone(result) as unknown as Json;
        altered(forged, first);
        altered(forged, second);
        await assert.rejects(clientOf({ pheme_getResult: forged }).result(TASK), ValidationError);
      }),
    );
  });

  describe('connection', () => {
    const directory = useTempDirectory();
    const urlOf = async (environment: Record<string, string>, rpcUrl?: string) => {
      const { config } = await loadConfig({ home: directory(), environment, flags: { rpcUrl } });
      return (await connectRpc(config)).url;
    };

    it("asks --rpc, then VALIDATOR_ENDPOINT, then the home's own node", async () => {
      assert.equal(await urlOf({ VALIDATOR_ENDPOINT: 'http://a:1' }, 'http://b:2'), 'http://b:2/');
      assert.equal(await urlOf({ VALIDATOR_ENDPOINT: 'http://a:1' }), 'http://a:1/');
      assert.equal(await urlOf({ PHEME_RPC_PORT: '81' }), 'http://127.0.0.1:81/');
      assert.equal(await urlOf({ PHEME_RPC_HOST: '0.0.0.0' }), 'http://127.0.0.1:7436/');
      assert.equal(await urlOf({ PHEME_RPC_HOST: '::1' }), 'http://[::1]:7436/');
    });

    it("sends --token-file's token, then PHEME_RPC_TOKEN, then the home's, and none where there is none", async () => {
      const home = join(directory(), 'home');
      await initHome({ home });
      const own = await loadApiToken(home);
      const file = join(directory(), 'token');
      await writeFileMode(file, WRITE_TOKEN, 0o600);
      const allows = async (token: string, environment: Record<string, string>, tokenFile?: string, from = home) => {
        const { server } = await serve({ tokens: { write: [token], read: [] } });
        const { config } = await loadConfig({ home: from, environment, flags: { rpcUrl: server.url } });
        const submitting = (await connectRpc(config, tokenFile)).call('pheme_submitTask', { task: TASK });
        return submitting.then(
          () => 'ok',
          (error: ValidationError) => error.code,
        );
      };
      const environment = { PHEME_RPC_TOKEN: 'e'.repeat(64) };
      assert.equal(await allows(WRITE_TOKEN, environment, file), 'ok');
      assert.equal(await allows('e'.repeat(64), environment), 'ok');
      assert.equal(await allows(own, {}), 'ok');
      assert.equal(await allows(own, {}, undefined, directory()), 'UNAUTHORIZED');
      await assert.rejects(allows(own, {}, join(directory(), 'none')), { code: 'NO_TOKEN' });
    });
  });
});

function leafPaths(value: Json, path: string[]): string[][] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) => leafPaths(inner as Json, [...path, key]));
}

function parentOf(root: Json, path: string[]): Record<string, Json> {
  return path.slice(0, -1).reduce<Json>((inner, key) => (inner as Record<string, Json>)[key]!, root) as Record<
    string,
    Json
  >;
}

/** A small change that keeps the type. */
function altered(root: Json, path: string[]): void {
  const parent = parentOf(root, path);
  const last = path.at(-1)!;
  const before = parent[last];
  if (typeof before === 'boolean') parent[last] = !before;
  else if (typeof before === 'number') parent[last] = before === 1 ? 0 : before + 1;
  else parent[last] = flipped(String(before));
}

/** Another text of the same length, with its last character changed; hex stays hex. */
function flipped(text: string): string {
  return text.slice(0, -1) + (text.endsWith('0') ? '1' : '0');
}

function removed(root: Json, path: string[]): void {
  const parent = parentOf(root, path);
  if (Array.isArray(parent)) parent.splice(Number(path.at(-1)), 1);
  else delete parent[path.at(-1)!];
}
