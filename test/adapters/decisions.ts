import { EventEmitter } from 'node:events';
import type { AdapterHost, DecidedTask } from '../../src/adapters/adapter.ts';
import type { StoredEvidence } from '../../src/engine/ports.ts';
import { systemClock } from '../../src/node/system.ts';
import type { ConsensusResult } from '../../src/protocol/consensus-result.ts';
import { deriveSigner, type KeyPurpose } from '../../src/protocol/derived-key.ts';
import type { Vote } from '../../src/protocol/judgement.ts';
import { parseTask, type Task } from '../../src/protocol/task.ts';
import { createMemoryStore } from '../../src/store/memory-store.ts';
import { makeResult } from '../node/result-fixture.ts';

const { genesis, committee } = makeResult();

export const SKILL_TASK = parseTask({
  type: 'SKILL_ASSESSMENT',
  submission: { content: 'my work', evidence: [] },
  criteria: { skill: 'sql', level: 3, requirements: ['joins'] },
  subject: 'worker-7',
});

/** The part of a node that adapters use: really signed results, and notes that outlive an adapter. */
export class Decisions {
  readonly results: ConsensusResult[] = [];
  readonly tasks = new Map<string, Task>();
  evidence: StoredEvidence[] = [];
  readonly logged: unknown[] = [];
  readonly #news = new EventEmitter();
  readonly host: AdapterHost;

  /** @param node the node's public key */
  constructor(node = committee.validators[0]!.publicKey) {
    const log = (...parts: unknown[]) => void this.logged.push(parts);
    const find = (taskId: string) => this.results.find((result) => result.taskId === taskId) ?? null;
    this.host = {
      genesis,
      networkId: committee.networkId,
      configDigest: committee.configDigest,
      publicKey: node,
      submit: () => Promise.reject(new Error('nobody submits')),
      waitForResult: async (taskId) => find(taskId)!,
      getResult: async (taskId) => find(taskId),
      getTask: async (taskId) => this.tasks.get(taskId) ?? null,
      decidedAfter: async (sequence, limit) => this.#order().slice(sequence, sequence + limit),
      lastDecided: async () => this.results.length,
      evidence: async (limit) => this.evidence.slice(0, limit),
      derivedSigner: (purpose: KeyPurpose) => deriveSigner(new Uint8Array(32).fill(1), purpose),
      onDecided: (listener) => {
        this.#news.on('decided', listener);
        return () => this.#news.off('decided', listener);
      },
      onPhase: () => () => {},
      notes: createMemoryStore().notes,
      clock: systemClock,
      logger: { debug: log, info: log, warn: log, error: log },
    };
  }

  decide(task: Task, votes?: Vote[]): ConsensusResult {
    const { result } = makeResult({ task, ...(votes === undefined ? {} : { votes }) });
    this.tasks.set(result.taskId, task);
    this.results.push(result);
    this.#news.emit('decided', result.taskId);
    return result;
  }

  #order(): DecidedTask[] {
    return this.results.map(({ taskId }, index) => ({ sequence: index + 1, taskId }));
  }
}

/** Waits for what another process or socket does; the test's own time limit ends it. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}
