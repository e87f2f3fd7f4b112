import type { Digest } from '../protocol/hash.ts';
import { decodeTask } from '../protocol/task.ts';
import { optionalPackage } from './optional-package.ts';
import type { ValidatorNode } from './validator-node.ts';

/**
 * The badge of a task, signed by the node's key for badges; null if it is undecided here or its body is gone.
 * @throws ValidationError NO_BADGE, MISSING_PACKAGE
 */
export async function issueBadge(node: ValidatorNode, taskId: Digest): Promise<Record<string, unknown> | null> {
  const [result, stored] = await Promise.all([node.getResult(taskId), node.store.task(taskId)]);
  if (result === null || stored === undefined) return null;
  const { badgeOf } = await import('../adapters/badge/credential.ts');
  const { didOf, prove } = await optionalPackage('a badge', 'jsonld', () => import('../adapters/badge/proof.ts'));
  const signer = node.derivedSigner('badge');
  return prove(badgeOf(result, decodeTask(stored.taskBytes), didOf(signer)), signer, result.decidedAt);
}
