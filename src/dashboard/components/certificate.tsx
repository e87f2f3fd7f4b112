import type { ConsensusResult } from '../../protocol/consensus-result.ts';
import { counted } from '../logic/format.ts';
import { Card, CopyButton, TableBox } from './notice.tsx';

/** Who signed, and the whole result to keep: `pheme verify` reads it without any node. */
export function Certificate({ result }: { result: ConsensusResult }) {
  const { certificate, validators, signatures } = result;
  return (
    <Card title="Certificate" wide>
      <p>
        {counted(validators.length, 'validator')} signed in round {certificate.round}.
      </p>
      <TableBox label="Signatures">
        <table>
          <thead>
            <tr>
              <th scope="col">Validator</th>
              <th scope="col">Key</th>
              <th scope="col">Signature</th>
            </tr>
          </thead>
          <tbody>
            {certificate.precommits.map(({ validatorIndex }, at) => (
              <tr key={validatorIndex}>
                <th scope="row">{validatorIndex}</th>
                <td>
                  <code class="long">{validators[at]}</code>
                </td>
                <td>
                  <code class="long">{signatures[at]}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableBox>
      <div class="buttons">
        <CopyButton text={JSON.stringify(result, null, 2)} label="Copy the result as JSON" />
      </div>
      <p class="hint">
        <code>pheme verify result.json --network genesis.json</code> checks it without any node.
      </p>
    </Card>
  );
}
