import type { EvidenceView, PeerView, ValidatorView } from '../../rpc/api.ts';
import { useNow } from '../api/use-now.ts';
import { useQuery } from '../api/use-query.ts';
import { Card, Empty, Failure, TableBox } from '../components/notice.tsx';
import { Flag } from '../components/outcome.tsx';
import { ago, duration, percent, shortId } from '../logic/format.ts';
import { hashOf } from '../logic/route.ts';
import { visible } from '../logic/visible.ts';

const AT_PEERS = { everyMs: 5_000, at: ({ type }: { type: string }) => type.startsWith('peer.') };

export function Validators() {
  const now = useNow(5_000);
  const validators = useQuery('pheme_validators', {}, AT_PEERS);
  const peers = useQuery('pheme_peers', {}, AT_PEERS);
  const evidence = useQuery('pheme_getEvidence', { limit: 20 }, { everyMs: 30_000 });
  return (
    <>
      <h1>Validators and peers</h1>
      <Failure error={validators.error ?? peers.error} />
      <Card title="Validators" wide>
        {validators.data && <ValidatorTable validators={validators.data} peers={peers.data ?? []} now={now} />}
      </Card>
      <Card title="Peers" wide>
        {peers.data && <PeerTable peers={peers.data} now={now} />}
      </Card>
      <Card title="Evidence of double signing" wide>
        {evidence.data && <Evidence evidence={evidence.data} />}
      </Card>
    </>
  );
}

function ValidatorTable({
  validators,
  peers,
  now,
}: {
  validators: readonly ValidatorView[];
  peers: readonly PeerView[];
  now: number;
}) {
  const latencyMs = (key: string) => peers.find(({ publicKey }) => publicKey === key)?.latencyMs;
  return (
    <TableBox label="Validators">
      <table>
        <thead>
          <tr>
            <th scope="col">Validator</th>
            <th scope="col" class="number">
              Weight
            </th>
            <th scope="col">Connected</th>
            <th scope="col" class="number">
              Latency
            </th>
          </tr>
        </thead>
        {validators.map((validator) => (
          <tbody key={validator.publicKey} class="pair">
            <tr>
              <th scope="row">
                {validator.index} <code title={validator.publicKey}>{shortId(validator.publicKey)}</code>
                {validator.self && <span class="hint">this node</span>}
              </th>
              <td class="number">{validator.weight}</td>
              <td>
                <Connection validator={validator} now={now} />
              </td>
              <td class="number">{latencyText(latencyMs(validator.publicKey))}</td>
            </tr>
            <tr>
              <td colSpan={4} class="detail">
                <Participation validator={validator} />
              </td>
            </tr>
          </tbody>
        ))}
      </table>
    </TableBox>
  );
}

function latencyText(ms: number | null | undefined): string {
  return ms === null || ms === undefined ? '–' : `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
}

function Connection({ validator, now }: { validator: ValidatorView; now: number }) {
  const { connected, connectedSince, absence } = validator;
  return (
    <>
      <Flag good={connected} yes="connected" no="not connected" />
      {connectedSince && <span class="hint">for {ago(connectedSince, now).replace(' ago', '')}</span>}
      {absence !== undefined && <span class="hint">{visible(absence)}</span>}
    </>
  );
}

function Participation({ validator: { participation } }: { validator: ValidatorView }) {
  if (participation.tasks === 0) return <span class="hint">no task yet</span>;
  const { tasks, revealed, agreed, dissented, abstained, late, unrevealed, missing, commitMsP50, commitMsP99 } =
    participation;
  const faults = { dissented, abstained, late, unrevealed, missing, equivocations: participation.equivocations };
  const told = Object.entries(faults).filter(([, count]) => count > 0);
  return (
    <>
      {percent(revealed / tasks)} of {tasks} tasks, agreed in {agreed}
      {told.length > 0 && <span class="hint">{told.map(([word, count]) => `${count} ${word}`).join(', ')}</span>}
      {commitMsP50 !== null && (
        <span class="hint">
          commits after {duration(commitMsP50)}
          {commitMsP99 === null ? '' : `, at most ${duration(commitMsP99)} in 99 of 100`}
        </span>
      )}
    </>
  );
}

function PeerTable({ peers, now }: { peers: readonly PeerView[]; now: number }) {
  if (peers.length === 0) return <Empty>No peer is connected.</Empty>;
  return (
    <TableBox label="Peers">
      <table>
        <thead>
          <tr>
            <th scope="col">Peer</th>
            <th scope="col">Runs</th>
            <th scope="col" class="number">
              Latency
            </th>
            <th scope="col">Connected</th>
          </tr>
        </thead>
        {peers.map(({ publicKey, validatorIndex, address, agent, latencyMs, connectedAt }) => (
          <tbody key={publicKey} class="pair">
            <tr>
              <th scope="row">
                {validatorIndex === null ? 'observer' : `validator ${validatorIndex}`}
                <span class="hint">
                  <code title={publicKey}>{shortId(publicKey)}</code>
                </span>
              </th>
              <td>{agent === null ? '–' : visible(agent)}</td>
              <td class="number">{latencyText(latencyMs)}</td>
              <td>{ago(connectedAt, now)}</td>
            </tr>
            <tr>
              <td colSpan={4} class="detail">
                <code>{visible(address)}</code>
              </td>
            </tr>
          </tbody>
        ))}
      </table>
    </TableBox>
  );
}

function Evidence({ evidence }: { evidence: readonly EvidenceView[] }) {
  if (evidence.length === 0) return <Empty>None: no validator signed two different things.</Empty>;
  return (
    <ul class="reasons">
      {evidence.map(({ taskId, validatorIndex, slot }) => (
        <li key={`${taskId} ${validatorIndex} ${slot}`}>
          Validator {validatorIndex} signed two different statements for {visible(slot)} of{' '}
          <a href={hashOf({ page: 'task', taskId })}>{shortId(taskId)}</a>
        </li>
      ))}
    </ul>
  );
}
