import type { McpOptions } from '../adapters/mcp/server.ts';
import type { ValidationService } from '../adapters/mcp/service.ts';
import type { VerifyingClient } from './client.ts';
import { optionalPackage } from './optional-package.ts';
import { verifyResult } from './verify.ts';

/**
 * Serves the Model Context Protocol over the given streams until its client goes away.
 * @throws ValidationError MISSING_PACKAGE
 */
export async function serveMcpOver(client: VerifyingClient, options: McpOptions): Promise<void> {
  const { serveMcp } = await optionalPackage(
    'pheme mcp',
    '@modelcontextprotocol/server',
    () => import('../adapters/mcp/server.ts'),
  );
  await serveMcp(serviceOf(client), options);
}

function serviceOf(client: VerifyingClient): ValidationService {
  return {
    submit: (task, signal) => client.submit(task, signal),
    result: async (taskId, signal) => (await client.result(taskId, signal))?.result ?? null,
    wait: async (task, timeoutMs, signal) => (await client.wait(task, timeoutMs, signal)).result,
    verify: (result, task) => verifyResult(result, client.genesis, task === undefined ? {} : { task }),
    recommend: (params, signal) => client.rpc.call('pheme_recommendTasks', params, { signal }),
  };
}
