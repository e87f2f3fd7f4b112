import { useEffect, useMemo, useState } from 'preact/hooks';
import type { ConsensusResult } from '../../protocol/consensus-result.ts';
import type { TaskView } from '../../rpc/api.ts';
import { useQuery } from '../api/use-query.ts';
import type { CoreView } from '../logic/core.ts';
import { counted, percent, utc } from '../logic/format.ts';
import { Certificate } from './certificate.tsx';
import { DiffViewer } from './diff-viewer.tsx';
import { FindingCard } from './finding.tsx';
import { Judgements } from './judgements.tsx';
import { Card, Empty } from './notice.tsx';
import { OutcomeBadge } from './outcome.tsx';
import { Story } from './story.tsx';
import { Submission } from './submission.tsx';
import { VerifyPanel } from './verify-panel.tsx';

/** Everything of a decided task. */
export function ResultView({ result, task: view }: { result: ConsensusResult; task: TaskView | null }) {
  const genesis = useQuery('pheme_genesis', {});
  const core = useCore(result, genesis.data);
  const findings = useMemo(() => result.findings ?? [], [result]);
  const task = view?.task ?? null;
  return (
    <>
      <Verdict result={result} core={core} />
      <VerifyPanel result={result} task={view} genesis={genesis.data} />
      <Card title={findings.length === 0 ? 'Input: nothing was found' : counted(findings.length, 'finding')} wide>
        {task === null && <Empty>This node does not hold the input any more.</Empty>}
        {task?.type === 'CODE_REVIEW' && <DiffViewer diff={task.pullRequest.diff} findings={findings} />}
        {task?.type === 'SKILL_ASSESSMENT' && <Submission task={task} />}
        {task?.type !== 'CODE_REVIEW' &&
          findings.map((finding, at) => <FindingCard key={`finding ${at}`} finding={finding} placed={false} />)}
      </Card>
      <Judgements result={result} />
      <Story taskId={result.taskId} />
      <Certificate result={result} />
    </>
  );
}

function Verdict({ result, core }: { result: ConsensusResult; core: CoreView | undefined }) {
  const { outcome, reason, confidence, score, decidedAt, modelFamilies } = result;
  const isVerdict = outcome === 'APPROVED' || outcome === 'REJECTED';
  return (
    <section class={`verdict ${outcome.toLowerCase()}`} aria-label="Verdict">
      <p class="figure">
        <OutcomeBadge outcome={outcome} reason={reason} />
      </p>
      <dl class="facts">
        {isVerdict && (
          <div>
            <dt>Confidence</dt>
            <dd>{percent(confidence)}</dd>
          </div>
        )}
        {score !== undefined && (
          <div>
            <dt>Score</dt>
            <dd>{percent(score)}</dd>
          </div>
        )}
        {modelFamilies !== undefined && (
          <div>
            <dt>Model families</dt>
            <dd>{modelFamilies}</dd>
          </div>
        )}
        <div>
          <dt>Decided</dt>
          <dd>
            <time dateTime={decidedAt}>{utc(decidedAt)} UTC</time>
          </dd>
        </div>
      </dl>
      {core && <TallyBar core={core} />}
    </section>
  );
}

function TallyBar({ core: { tallies, threshold, totalWeight } }: { core: CoreView }) {
  const { approveWeight, rejectWeight, abstainWeight } = tallies;
  const parts = [
    { tone: 'approved', weight: approveWeight, word: 'approve' },
    { tone: 'rejected', weight: rejectWeight, word: 'reject' },
    { tone: 'expired', weight: abstainWeight, word: 'abstain' },
  ];
  let from = 0;
  return (
    <div class="tally">
      <svg class="bar" viewBox={`0 0 ${totalWeight} 6`} preserveAspectRatio="none" aria-hidden="true">
        {parts.map(({ tone, weight }) => {
          const x = from;
          from += weight;
          return <rect key={tone} class={`fill-${tone}`} x={x} y="0" width={weight} height="6" />;
        })}
        <line class="threshold" x1={threshold} x2={threshold} y1="0" y2="6" />
      </svg>
      <p>
        {parts.map(({ weight, word }) => `${weight} ${word}`).join(', ')}; a verdict needs {threshold} of {totalWeight}.
      </p>
    </div>
  );
}

/** Reads the agreed bytes; the modules for it come when they are needed. */
function useCore(result: ConsensusResult, genesis: unknown): CoreView | undefined {
  const [core, setCore] = useState<CoreView>();
  useEffect(() => {
    if (genesis === undefined) return;
    import('../logic/core.ts').then(
      ({ coreView }) => setCore(coreView(result, genesis)),
      () => setCore(undefined), // the check of the result says what is wrong with it
    );
  }, [result, genesis]);
  return core;
}
