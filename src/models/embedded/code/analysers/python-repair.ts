/** Where a parser stopped, and why, in its words; rows count from 0. */
export interface SyntaxFault {
  row: number;
  message: string;
}

/**
 * Changes the rows at which a parser failed so that the next try gets further: blocks without a body get one, blocks
 * without a head too, and what no parser takes gives way to a row that does nothing. The number of rows stays.
 */
export function repair(rows: string[], faults: readonly SyntaxFault[], firstRow: number): void {
  const structural = faults.findIndex(({ message }) => STRUCTURE.test(message));
  if (structural === 0) repairStructure(rows, faults[0]!, firstRow);
  else for (const { row } of structural < 0 ? faults : faults.slice(0, structural)) replace(rows, row, firstRow);
}

const STRUCTURE = /indented block|`except` or `finally`|Unexpected indentation|unindent does not match/;

function repairStructure(rows: string[], { row, message }: SyntaxFault, firstRow: number): void {
  const above = lastRow(rows, row - 1, firstRow, (text) => text !== '');
  if (message.includes('indented block')) {
    const head = lastRow(rows, row - 1, firstRow, (text) => text.endsWith(':'));
    if (head >= 0) rows[head] += ' pass';
  } else if (message.includes('`except`')) {
    const head = lastRow(rows, row, firstRow, (text) => text === 'try:');
    if (head >= 0) rows[head] = `${indentOf(rows[head]!)}if 1:`;
  } else if (message.startsWith('Unexpected')) {
    // A blank row can be the missing head; else the row above gives way to one.
    const place = rows[row - 1]?.trim() === '' && row > firstRow ? row - 1 : above;
    if (place >= 0) rows[place] = `${indentOf(rows[above] ?? '')}if 1:`;
    else replace(rows, row, firstRow);
  } else align(rows, row, firstRow);
}

/** Moves a row to the nearest level above it that lies further out. */
function align(rows: string[], row: number, firstRow: number): void {
  const columns = indentOf(rows[row] ?? '').length;
  const above = lastRow(rows, row - 1, firstRow, (text, indent) => text !== '' && indent.length < columns);
  rows[row] = indentOf(rows[above] ?? '') + (rows[row] ?? '').trim();
}

/** Replaces a row, or the last one above it that has not been: some faults are told at the next row. */
function replace(rows: string[], row: number, firstRow: number): void {
  const from = Math.min(row, rows.length - 1);
  const place = lastRow(
    rows,
    from,
    firstRow,
    (text, indent) => text !== '' && placeholderFor(indent + text) !== indent + text,
  );
  if (place >= 0) rows[place] = placeholderFor(rows[place]!);
}

function lastRow(
  rows: readonly string[],
  from: number,
  firstRow: number,
  fits: (text: string, indent: string) => boolean,
): number {
  for (let row = from; row >= firstRow; row--) {
    const indent = indentOf(rows[row]!);
    if (fits(rows[row]!.slice(indent.length).trimEnd(), indent)) return row;
  }
  return -1;
}

const indentOf = (row: string): string => /^ */.exec(row)![0];

/** A row that does nothing; a block's head stays one. */
function placeholderFor(row: string): string {
  const indent = indentOf(row);
  const text = row.slice(indent.length).trimEnd();
  const [head] = /^(?:else|except|finally|try)\b/.exec(text) ?? [];
  if (head !== undefined) return `${indent}${head}:`;
  if (text.startsWith('elif')) return `${indent}elif 1:`;
  return indent + (text.endsWith(':') ? 'if 1:' : 'pass');
}
