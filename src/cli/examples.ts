/** The examples under a command's help: pairs of a command line and what it is for. */
export function examples(...pairs: readonly (readonly [line: string, purpose: string])[]): string {
  const width = Math.max(...pairs.map(([line]) => line.length));
  return ['', 'Examples:', ...pairs.map(([line, purpose]) => `  ${line.padEnd(width)}  ${purpose}`)].join('\n');
}
