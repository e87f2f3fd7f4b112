import type { ConsensusResult } from '../../protocol/consensus-result.ts';
import { counted, percent, shortId } from '../logic/format.ts';
import { visible } from '../logic/visible.ts';
import { Card, Empty, TableBox } from './notice.tsx';
import { VoteBadge } from './outcome.tsx';

type View = NonNullable<ConsensusResult['judgements']>[number];

/** What every validator judged, and with which model. */
export function Judgements({ result: { judgements = [] } }: { result: ConsensusResult }) {
  return (
    <Card title="Judgements" wide>
      {judgements.length === 0 ? (
        <Empty>No judgement is listed in this result.</Empty>
      ) : (
        <TableBox label="Judgements">
          <table>
            <thead>
              <tr>
                <th scope="col">Validator</th>
                <th scope="col">Vote</th>
                <th scope="col" class="number">
                  Confidence
                </th>
                <th scope="col">Model</th>
              </tr>
            </thead>
            {judgements.map((judgement) => (
              <JudgementRows key={judgement.validator} judgement={judgement} />
            ))}
          </table>
        </TableBox>
      )}
    </Card>
  );
}

function JudgementRows({ judgement }: { judgement: View }) {
  const { validator, vote, abstainReason, confidence, score, complete, model, report } = judgement;
  return (
    <tbody class="pair">
      <tr>
        <th scope="row">
          <code title={validator}>{shortId(validator)}</code>
        </th>
        <td>
          <VoteBadge vote={vote} />
          {abstainReason !== undefined && <span class="hint">{abstainReason.replaceAll('_', ' ')}</span>}
          {!complete && <span class="hint">a part of the input only</span>}
        </td>
        <td class="number">
          {percent(confidence)}
          {score !== undefined && <span class="hint">score {percent(score)}</span>}
        </td>
        <td>
          {visible(model.id)}
          <span class="hint">{visible(model.family)}</span>
        </td>
      </tr>
      <tr>
        <td colSpan={4} class="detail">
          {report === undefined ? (
            <span class="hint">this node does not hold its report</span>
          ) : (
            <Report report={report} />
          )}
        </td>
      </tr>
    </tbody>
  );
}

function Report({ report }: { report: NonNullable<View['report']> }) {
  const { summary, findings, coverage, feedback = [] } = report;
  return (
    <>
      {visible(summary)}
      <span class="hint">
        {counted(findings.length, 'finding')}, {coverage.linesJudged} of {counted(coverage.linesTotal, 'line')} judged
      </span>
      {feedback.length > 0 && (
        <ul class="feedback">
          {feedback.map(({ requirement, score, comment }, at) => (
            <li key={`requirement ${at}`}>
              <strong>{percent(score)}</strong> {visible(requirement)}: {visible(comment)}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
