import type { ConsensusResult } from '../../protocol/consensus-result.ts';
import { ValidationError } from '../../protocol/errors.ts';
import type { SkillAssessmentTask, Task } from '../../protocol/task.ts';

export const CREDENTIALS_CONTEXT = 'https://www.w3.org/ns/credentials/v2';
export const BADGE_CONTEXT = 'https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json';

/** An Open Badges 3.0 credential without its proof: a Verifiable Credential 2.0 about one achievement. */
export type BadgeCredential = Readonly<Record<string, unknown>>;

/**
 * The badge of an approved skill assessment: who (the task's subject), what (the skill, its level and requirements), and
 * on whose word (the result that validators of the network signed). A pure function of its inputs.
 * @throws ValidationError NO_BADGE for anything but an approved assessment with a subject
 */
export function badgeOf(result: ConsensusResult, task: Task, issuer: string): BadgeCredential {
  const assessed = assessmentOf(result, task);
  const { skill, level, requirements } = assessed.criteria;
  return {
    '@context': [CREDENTIALS_CONTEXT, BADGE_CONTEXT],
    id: `urn:pheme:badge:${result.taskId}`,
    type: ['VerifiableCredential', 'OpenBadgeCredential'],
    issuer: { id: issuer, type: ['Profile'], name: `A validator of network ${result.networkId.slice(0, 16)}` },
    validFrom: result.decidedAt,
    name: skill,
    credentialSubject: {
      id: subjectId(assessed.subject!),
      type: ['AchievementSubject'],
      achievement: {
        id: `urn:pheme:task:${result.taskId}`,
        type: ['Achievement'],
        name: `${skill}, level ${level}`,
        description: `Assessed against ${requirements.length} requirement${requirements.length === 1 ? '' : 's'} by a network of validators.`,
        criteria: { narrative: requirements.join('\n') },
      },
    },
    evidence: [
      {
        id: `urn:pheme:result:${result.taskId}`,
        type: ['Evidence'],
        name: 'ConsensusResult',
        narrative: `${result.outcome} with confidence ${result.confidence} by ${result.validators.length} signatures; check it with: pheme verify RESULT --network GENESIS, network ${result.networkId}`,
      },
    ],
  };
}

function assessmentOf({ outcome }: ConsensusResult, task: Task): SkillAssessmentTask {
  if (task.type !== 'SKILL_ASSESSMENT') throw noBadge('the task is a code review: badges are for skill assessments');
  if (task.subject === undefined) throw noBadge('the task names no subject: submit assessments with one');
  if (outcome !== 'APPROVED') throw noBadge(`the outcome is ${outcome}: only an approved assessment earns one`);
  return task;
}

function noBadge(reason: string): ValidationError {
  return new ValidationError(`no badge: ${reason}`, 'NO_BADGE');
}

/** An absolute URI stays itself; any other name becomes one. */
function subjectId(subject: string): string {
  return /^(?:https?|did|urn|mailto):\S+$/.test(subject) ? subject : `urn:pheme:subject:${encodeURIComponent(subject)}`;
}
