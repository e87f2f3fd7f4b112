import { ProtocolError } from '../../src/protocol/errors.ts';
import { Calls } from '../../src/rpc/calls.ts';
import { ERRORS } from '../../src/rpc/errors.ts';
import { METHODS, type MethodName } from '../../src/rpc/methods.ts';
import { RateLimiter } from '../../src/rpc/rate.ts';
import { parseStrictJson } from '../../src/rpc/strict-json.ts';
import { NotingLogger, taskOf } from '../../test/engine/fixture.ts';
import { makeResult } from '../../test/node/result-fixture.ts';
import { FakeNode } from '../../test/rpc/fake-node.ts';
import type { SeededRandom } from '../../test/sim/random.ts';
import { mutateBytes, mutateJson } from './mutation.ts';

const CODES: ReadonlySet<number> = new Set(Object.values(ERRORS).map(({ rpc }) => rpc));
const TASK_ID = 'a'.repeat(64);

/** Parameters that every method understands some of. */
const PARAMS = {
  task: taskOf(1),
  taskId: TASK_ID,
  timeoutMs: 0,
  cursor: 1,
  limit: 3,
  order: 'newest',
  outcome: 'APPROVED',
  since: '2026-01-01T00:00:00Z',
  until: '2027-01-01T00:00:00Z',
  type: 'CODE_REVIEW',
  repository: 'example/repository',
  subject: 'somebody',
  dissentBy: 1,
  model: 'rules',
  result: makeResult().result,
  tasks: [{ id: 'a', skill: 'SQL', level: 2, requirements: ['reads a plan'] }],
};

/** Nothing is ever decided here, and nobody waits for it. */
class HastyNode extends FakeNode {
  override waitForResult(taskId: string, _timeoutMs: number, signal: AbortSignal) {
    return super.waitForResult(taskId, 0, signal);
  }
}

/** The RPC's dispatcher over a node that keeps what it is given. */
export class RpcTarget {
  readonly #logger = new NotingLogger();
  readonly #calls = new Calls({
    api: new HastyNode(),
    logger: this.#logger,
    rate: new RateLimiter(Number.MAX_SAFE_INTEGER),
    waitsMax: 8,
  });

  /** One damaged call of a method; returns what is wrong with the answer, if anything. */
  async attack(method: MethodName, random: SeededRandom): Promise<string | undefined> {
    const text = damagedCall(method, random);
    let request: unknown;
    try {
      request = parseStrictJson(text);
    } catch (error) {
      return error instanceof ProtocolError ? undefined : `parsing: ${(error as Error).stack}`;
    }
    const caller = { access: 'write', address: '127.0.0.1', signal: new AbortController().signal } as const;
    const answer = await this.#calls.answer(request, caller);
    const told = this.#logger.lines.find(({ level }) => level === 'error');
    if (told !== undefined) return `${told.message}: ${String(told.fields['error'])}`;
    return answer === undefined ? undefined : faultOf(JSON.parse(answer.text));
  }
}

function damagedCall(method: MethodName, random: SeededRandom): string {
  const shape = METHODS[method].params.shape;
  const params = Object.fromEntries(Object.entries(PARAMS).filter(([name]) => name in shape));
  const call = { jsonrpc: '2.0', id: 1, method, params };
  const changed = random.chance(0.7)
    ? { ...call, params: mutateJson(params, random) }
    : mutateJson(random.chance(0.2) ? [call, call] : call, random);
  const text = JSON.stringify(changed) ?? 'undefined';
  if (random.chance(0.8)) return text;
  return Buffer.from(mutateBytes(Buffer.from(text), Buffer.from(text), random)).toString('utf8');
}

function faultOf(answer: unknown): string | undefined {
  const answers = (Array.isArray(answer) ? answer : [answer]) as { error?: { code: number; message: string } }[];
  const undocumented = answers.find(
    ({ error }) => error !== undefined && (!CODES.has(error.code) || error.code === ERRORS.INTERNAL.rpc),
  );
  return undocumented && `undocumented error ${JSON.stringify(undocumented.error)}`;
}
