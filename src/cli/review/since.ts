import type { VerifyingClient } from '../../node/client.ts';
import { shownFiles } from '../../node/diff-sections.ts';
import { verifyResult } from '../../node/verify.ts';
import { type AgreedFinding, agreementOf } from '../../protocol/agreement.ts';
import type { ConsensusResult } from '../../protocol/consensus-result.ts';
import { ValidationError } from '../../protocol/errors.ts';
import { findingIds } from '../../protocol/finding-id.ts';
import { readJson } from '../input.ts';
import type { Io } from '../io.ts';

/** A result with the reports of every validator. */
const RESULT_BYTES_MAX = 64 * 1024 * 1024;

/** What became of an earlier review's findings; `unseen` are those that this diff does not show any more. */
export interface Comparison {
  /** Ids of findings that the earlier review had too. */
  kept: ReadonlySet<string>;
  fixed: AgreedFinding[];
  unseen: AgreedFinding[];
}

/**
 * The findings of an earlier review, by a file with its result or by its task's id; verified like any other.
 * @throws ValidationError NOT_AUTHENTIC, NO_RESULT, MALFORMED, INPUT_MISSING
 */
export async function earlierFindings(io: Io, client: VerifyingClient, since: string): Promise<AgreedFinding[]> {
  const result = /^[0-9a-f]{64}$/.test(since)
    ? (await client.result(since, io.signal))?.result
    : await readResult(io, client, since);
  if (result === undefined)
    throw new ValidationError('no earlier result: this node has not decided the task of --since', 'NO_RESULT');
  return agreementOf(result.judgements ?? []).findings;
}

async function readResult(io: Io, { genesis }: VerifyingClient, path: string): Promise<ConsensusResult> {
  const result = await readJson(io, path, 'earlier result', RESULT_BYTES_MAX);
  if (verifyResult(result, genesis, {}).authentic) return result as ConsensusResult;
  throw new ValidationError(`the earlier result ${path} is not authentic: pheme verify shows why`, 'NOT_AUTHENTIC');
}

/** Fixed is only what the diff shows as removed, and not as standing; the rest of what is gone was not seen. */
export function compare(
  earlier: readonly AgreedFinding[],
  findings: readonly AgreedFinding[],
  diff: string,
): Comparison {
  const ids = findingIds(earlier);
  const now = new Set(findingIds(findings));
  const gone = earlier.filter((_, at) => !now.has(ids[at]!));
  const shown = shownFiles(diff);
  const isFixed = ({ file, quote }: AgreedFinding) => {
    const text = quote.replace(/\s+/g, '');
    const lines = shown.get(file);
    return lines?.removed.has(text) === true && !lines.standing.has(text);
  };
  return {
    kept: new Set(ids.filter((id) => now.has(id))),
    fixed: gone.filter(isFixed),
    unseen: gone.filter((finding) => !isFixed(finding)),
  };
}
