import { z } from 'zod';
import { loadApiToken, loadTokens } from '../config/home.ts';
import type { Config } from '../config/load.ts';
import { createCommittee } from '../protocol/committee.ts';
import type { ConsensusResult } from '../protocol/consensus-result.ts';
import { ValidationError } from '../protocol/errors.ts';
import type { Genesis } from '../protocol/genesis.ts';
import type { Digest } from '../protocol/hash.ts';
import { EPOCHS_MAX } from '../protocol/limits.ts';
import { encodeTask, epochOfTask, type Task, taskIdOf } from '../protocol/task.ts';
import { createRpcClient, type RpcClient } from '../rpc/client.ts';
import { WAIT_MS_MAX } from '../rpc/limits.ts';
import { type Expectations, type Verification, verifyResult } from './verify.ts';

/** A result and what was checked about it. */
export interface VerifiedResult {
  result: ConsensusResult;
  verification: Verification;
}

/**
 * A client that takes a node's word for nothing: it computes task ids itself and verifies every result against a
 * pinned genesis before it returns it.
 */
export interface VerifyingClient {
  readonly rpc: RpcClient;
  readonly genesis: Genesis;
  /** True if the id is that of this very task, in whatever epoch. */
  isTask(taskId: Digest, task: Task): boolean;
  /** @throws ValidationError NOT_AUTHENTIC if the node answers with another id, and whatever the node refuses with */
  submit(task: Task, signal?: AbortSignal): Promise<Digest>;
  /** Null while the node has none. @throws ValidationError NOT_AUTHENTIC with `details.checks` */
  result(subject: Task | Digest, signal?: AbortSignal): Promise<VerifiedResult | null>;
  /** @throws ValidationError TIMEOUT or UNAVAILABLE at the timeout, NOT_AUTHENTIC with `details.checks` */
  wait(subject: Task | Digest, timeoutMs: number, signal?: AbortSignal): Promise<VerifiedResult>;
}

/** One wait at the node; shorter than what connections without traffic are cut after. */
const WAIT_SLICE_MS = Math.min(30_000, WAIT_MS_MAX);
/** For the answer to come back after the node's own timeout. */
const WAIT_MARGIN_MS = 10_000;

const submitAnswer = z.strictObject({ taskId: z.string() });

export function createVerifyingClient(rpc: RpcClient, genesis: Genesis): VerifyingClient {
  const { networkId } = createCommittee(genesis);
  const isTask = (taskId: Digest, task: Task) =>
    epochOfTask(networkId, taskId, encodeTask(task), EPOCHS_MAX) !== undefined;
  let epoch: number | undefined;
  /** The node's word; another than the network's finds no result, and makes no false one. */
  const epochNow = async (signal?: AbortSignal) => {
    epoch ??= z
      .int()
      .min(0)
      .max(EPOCHS_MAX)
      .catch(0)
      .parse((await rpc.call('pheme_status', {}, { signal }))?.epoch);
    return epoch;
  };
  const expectationsOf = async (subject: Task | Digest, signal?: AbortSignal) => {
    if (typeof subject === 'string') return { taskId: subject };
    return { taskId: taskIdOf(networkId, await epochNow(signal), encodeTask(subject)), task: subject };
  };
  const verified = (result: unknown, expectations: Expectations) => authentic(result, genesis, expectations);

  return {
    rpc,
    genesis,
    isTask,

    async submit(task, signal) {
      const answer: unknown = await rpc.call('pheme_submitTask', { task }, { signal });
      const { taskId } = submitAnswer.catch({ taskId: '' }).parse(answer);
      epoch = epochOfTask(networkId, taskId, encodeTask(task), EPOCHS_MAX);
      if (epoch !== undefined) return taskId;
      const own = taskIdOf(networkId, 0, encodeTask(task));
      throw new ValidationError(
        `the node answered with another id than ${own}, nor that of a later epoch: it is of another network, or it lies`,
        'NOT_AUTHENTIC',
      );
    },

    async result(subject, signal) {
      const expectations = await expectationsOf(subject, signal);
      const result = await rpc.call('pheme_getResult', { taskId: expectations.taskId }, { signal });
      return result === null ? null : verified(result, expectations);
    },

    async wait(subject, timeoutMs, signal) {
      const expectations = await expectationsOf(subject, signal);
      const deadlineMs = performance.now() + timeoutMs;
      for (;;) {
        const leftMs = Math.max(0, Math.ceil(deadlineMs - performance.now()));
        const result = await waitOnce(rpc, expectations.taskId, leftMs, signal);
        if (result !== undefined) return verified(result, expectations);
      }
    },
  };
}

/** Undefined if a slice of the wait is over and there is time for another. */
async function waitOnce(
  rpc: RpcClient,
  taskId: Digest,
  leftMs: number,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const timeoutMs = Math.min(WAIT_SLICE_MS, leftMs);
  const startedMs = performance.now();
  try {
    const answer: unknown = await rpc.call(
      'pheme_waitForResult',
      { taskId, timeoutMs },
      { signal, timeoutMs: timeoutMs + WAIT_MARGIN_MS },
    );
    return answer ?? null;
  } catch (error) {
    const over = error instanceof ValidationError && (error.code === 'TIMEOUT' || error.code === 'UNAVAILABLE');
    // A node that says at once that the time is over is not asked again, or it could make this spin.
    if (over && timeoutMs < leftMs && performance.now() - startedMs >= timeoutMs / 2) return undefined;
    throw error;
  }
}

/** @throws ValidationError NOT_AUTHENTIC */
function authentic(result: unknown, genesis: Genesis, expectations: Expectations): VerifiedResult {
  const verification = verifyResult(result, genesis, expectations);
  if (verification.authentic) return { result: result as ConsensusResult, verification }; // its form is the first check
  const failed = verification.checks.filter(({ ok }) => !ok);
  const lines = failed.map(({ name, detail }) => `${name}: ${detail}`);
  throw new ValidationError(`the node's result is not authentic: ${lines.join('; ')}`, 'NOT_AUTHENTIC', {
    checks: verification.checks,
  });
}

/**
 * The RPC that a configuration points to: `--rpc` or VALIDATOR_ENDPOINT, else the home's own node.
 * The token: `--token-file`, else PHEME_RPC_TOKEN, else the home's if it is there.
 * @throws ValidationError INVALID_URL, and what reading the token file gives
 */
export async function connectRpc(config: Config, tokenFile?: string): Promise<RpcClient> {
  return createRpcClient({
    url: config.validatorEndpoint ?? ownRpcUrl(config),
    token: await tokenOf(config, tokenFile),
  });
}

/** Where the node of a home answers, as its configuration says. */
export function ownRpcUrl({ rpc: { host, port } }: Config): string {
  if (host === '0.0.0.0' || host === '::') return `http://127.0.0.1:${port}`;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

async function tokenOf(config: Config, tokenFile: string | undefined): Promise<string | undefined> {
  if (tokenFile !== undefined) return (await loadTokens(tokenFile))[0];
  if (config.rpcToken !== undefined) return config.rpcToken;
  try {
    return await loadApiToken(config.home, config.rpc.tokenFile);
  } catch (error) {
    if (error instanceof ValidationError && error.code === 'NO_TOKEN') return undefined; // reads on loopback need none
    throw error;
  }
}
