import { useMemo } from 'preact/hooks';
import { type DiffFileView, type DiffRow, diffView, type PlacedFinding } from '../logic/diff-view.ts';
import { counted } from '../logic/format.ts';
import { visible, visibleCode } from '../logic/visible.ts';
import { FindingCard } from './finding.tsx';
import { TableBox } from './notice.tsx';

/** A diff with the findings under the lines that they are about. */
export function DiffViewer({ diff, findings }: { diff: string; findings: readonly PlacedFinding[] }) {
  const { files, elsewhere, leftOut } = useMemo(() => diffView(diff, findings), [diff, findings]);
  return (
    <div class="diff">
      {files.map((file) => (
        <FileView key={file.path} file={file} />
      ))}
      {leftOut > 0 && (
        <p class="hint">{counted(leftOut, 'more line')} not shown here; the command line has them all.</p>
      )}
      {elsewhere.length > 0 && (
        <section aria-label="Findings beside the diff">
          <h3>Findings whose line is not in the diff shown</h3>
          {elsewhere.map((finding, at) => (
            <FindingCard key={`${finding.file}:${finding.line}:${at}`} finding={finding} placed={false} />
          ))}
        </section>
      )}
    </div>
  );
}

const MARKS = { added: '+', removed: '−', context: ' ' } as const;
const KIND_WORDS = { added: 'added', removed: 'removed', context: '' } as const;

function FileView({ file }: { file: DiffFileView<PlacedFinding> }) {
  const name = visible(file.path);
  return (
    <section class="file" aria-label={`Changes of ${name}`}>
      <h3>
        <code>{name}</code>
        <span class="hint">
          {file.status}, <span class="plus">+{file.added}</span> <span class="minus">−{file.removed}</span>
        </span>
      </h3>
      {file.binary && <p class="hint">A binary file: its content is not in the diff.</p>}
      <TableBox label={`Lines of ${name}`}>
        <table class="code">
          <thead class="unseen">
            <tr>
              <th scope="col">Line</th>
              <th scope="col">Change</th>
              <th scope="col">Text</th>
            </tr>
          </thead>
          {file.hunks.map((rows, at) => (
            <tbody key={`hunk ${at}`}>
              {rows.map((row) => (
                <Row key={`${row.kind} ${row.line}`} row={row} />
              ))}
            </tbody>
          ))}
        </table>
      </TableBox>
    </section>
  );
}

function Row({ row }: { row: DiffRow<PlacedFinding> }) {
  return (
    <>
      <tr class={row.findings.length > 0 ? `${row.kind} found` : row.kind}>
        <th scope="row">{row.line}</th>
        <td class="sign">
          <span aria-hidden="true">{MARKS[row.kind]}</span>
          <span class="unseen">{KIND_WORDS[row.kind]}</span>
        </td>
        <td class="text">{visibleCode(row.text)}</td>
      </tr>
      {row.findings.map((finding, at) => (
        <tr key={`finding ${at}`} class="finding-row">
          <td colSpan={3}>
            <FindingCard finding={finding} placed />
          </td>
        </tr>
      ))}
    </>
  );
}
