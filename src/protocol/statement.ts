import { toHex } from './bytes.ts';
import type { Digest } from './hash.ts';
import { canonicalJson, type JsonValue } from './jcs.ts';
import { sha256 } from './sha256.ts';
import type { Task } from './task.ts';
import { type Core, encodeCore, valueIdOf } from './value.ts';

/**
 * R34: what a validator attests of a decided task, as an in-toto Statement v1 in RFC 8785 form. A pure function of the
 * agreed core and the task, so every validator builds and signs the same bytes, and nobody signs a requester's.
 * An approval is a Simple Verification Result v0.2, which lists passing properties only; anything else is a Test Result
 * v0.1 that failed, since what could not be judged must not look green.
 */
export function statementBytes(core: Core, task: Task): Uint8Array {
  return Buffer.from(canonicalJson(statementOf(core, task)));
}

const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
const SIMPLE_VERIFICATION_RESULT = 'https://in-toto.io/attestation/svr/v0.2';
const TEST_RESULT = 'https://in-toto.io/attestation/test-result/v0.1';

function statementOf(core: Core, task: Task): JsonValue {
  const rules = { digest: { sha256: core.configDigest }, uri: `urn:pheme:rules:${core.configDigest}` };
  const verdict =
    core.outcome === 'APPROVED'
      ? { predicateType: SIMPLE_VERIFICATION_RESULT, predicate: approval(core, task, rules) }
      : {
          predicateType: TEST_RESULT,
          predicate: { configuration: [rules], failedTests: asked(task), result: 'FAILED' },
        };
  return { _type: STATEMENT_TYPE, subject: subjects(core, task), ...verdict };
}

function approval(core: Core, task: Task, rules: JsonValue): JsonValue {
  return {
    properties: asked(task).map((name) => `PHEME_${name.toUpperCase()}`),
    timeCreated: new Date(core.decidedAtSeconds * 1000).toISOString(),
    verifier: { id: `urn:pheme:network:${core.networkId}`, policies: [rules] },
  };
}

/** What was asked, e.g. `review_security`. */
function asked(task: Task): string[] {
  if (task.type === 'SKILL_ASSESSMENT') return ['skill_assessment'];
  const { security, style, performance } = task.requirements;
  const names = Object.entries({ security, style, performance }).filter(([, wanted]) => wanted);
  return names.map(([name]) => `review_${name}`);
}

/** The task first, with the verdict; then what anybody can hash: the diff or the submission, and the reviewed commit. */
function subjects(core: Core, task: Task): JsonValue[] {
  const { taskId, outcome, reason, confidencePpm, scorePpm } = core;
  const about: JsonValue = {
    name: 'task',
    uri: `urn:pheme:task:${taskId}`,
    digest: { sha256: taskId },
    annotations: {
      outcome,
      confidencePpm,
      ...(reason === null ? {} : { reason }),
      ...(scorePpm === null ? {} : { scorePpm }),
      type: task.type,
      valueId: valueIdOf(encodeCore(core)),
    },
  };
  const commit = task.headSha === undefined ? [] : [{ name: 'head', digest: { gitCommit: task.headSha } }];
  return [about, input(task), ...commit];
}

function input(task: Task): JsonValue {
  return task.type === 'CODE_REVIEW'
    ? { name: 'diff', mediaType: 'text/x-diff', digest: { sha256: digestOfText(task.pullRequest.diff) } }
    : { name: 'submission', mediaType: 'text/plain', digest: { sha256: digestOfText(task.submission.content) } };
}

function digestOfText(text: string): Digest {
  return toHex(sha256(Buffer.from(text)));
}
