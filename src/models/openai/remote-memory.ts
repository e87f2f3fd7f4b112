import type { MessagePort } from 'node:worker_threads';
import type { EndpointMemory } from './memory.ts';

/** A call that the other thread makes; without an id it wants no answer. */
type Call = { [Name in keyof EndpointMemory]: { name: Name; args: Parameters<EndpointMemory[Name]>; id?: number } }[
  | 'admit'
  | 'settle'
  | 'recall'
  | 'remember'
  | 'spend'];

interface Answer {
  id: number;
  value: unknown;
}

/** Lets the thread at the other end of `port` use this thread's memory. */
export function serveMemory(memory: EndpointMemory, port: MessagePort): void {
  port.on('message', async ({ name, args, id }: Call) => {
    const value: unknown = await (memory[name] as (...given: typeof args) => unknown)(...args);
    if (id !== undefined) port.postMessage({ id, value } satisfies Answer);
  });
  port.unref();
}

/** The memory of the thread at the other end of `port`. Messages keep their order; a closed port answers nothing more. */
export function remoteMemory(port: MessagePort): EndpointMemory {
  const waiting = new Map<number, (value: unknown) => void>();
  let lastId = 0;
  port.on('message', ({ id, value }: Answer) => {
    waiting.get(id)?.(value);
    waiting.delete(id);
  });
  port.unref();
  const tell = (call: Call) => port.postMessage(call);
  const ask = <Value>(call: Call): Promise<Value> => {
    const id = ++lastId;
    const { promise, resolve } = Promise.withResolvers<Value>();
    waiting.set(id, resolve as (value: unknown) => void);
    tell({ ...call, id });
    return promise;
  };
  return {
    admit: (...args) => ask({ name: 'admit', args }),
    settle: (...args) => tell({ name: 'settle', args }),
    recall: (...args) => ask({ name: 'recall', args }),
    remember: (...args) => tell({ name: 'remember', args }),
    spend: (...args) => tell({ name: 'spend', args }),
  };
}
