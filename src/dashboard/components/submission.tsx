import type { SkillAssessmentTask } from '../../protocol/task.ts';
import { visible, visibleLines } from '../logic/visible.ts';

/** An answer as it was submitted, with what it is measured by. */
export function Submission({ task: { submission, criteria } }: { task: SkillAssessmentTask }) {
  return (
    <>
      <p>
        {visible(criteria.skill)}, level {criteria.level}, shown by:
      </p>
      <ul>
        {criteria.requirements.map((requirement, at) => (
          <li key={`requirement ${at}`}>{visible(requirement)}</li>
        ))}
      </ul>
      <table class="code prose">
        <thead class="unseen">
          <tr>
            <th scope="col">Line</th>
            <th scope="col">Text</th>
          </tr>
        </thead>
        <tbody>
          {visibleLines(submission.content).map((text, at) => (
            <tr key={`line ${at}`} class="context">
              <th scope="row">{at + 1}</th>
              <td class="text">{text}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {submission.evidence.length > 0 && (
        <>
          <h3 class="after">Evidence</h3>
          <ul>
            {submission.evidence.map((item, at) => (
              <li key={`evidence ${at}`}>{visible(item)}</li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}
