/** Families of the Prometheus text format: what a query may name, with whether a sample of it was given. */
export function familiesOf(text: string): Map<string, boolean> {
  const families = new Map<string, boolean>();
  const samples = new Set(text.split('\n').flatMap((line) => /^([a-z_]\w*)[{ ]/.exec(line)?.[1] ?? []));
  for (const [, name, type] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    const names = type === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => name! + end) : [name!];
    for (const each of names) families.set(each, samples.has(each));
  }
  return families;
}

/** Names of metrics in a query: words before a selector, a range or an end, that are no function, label or keyword. */
export function metricsIn(query: string): string[] {
  const bare = query
    .replaceAll(/"[^"]*"/g, '""')
    .replaceAll(/\{[^}]*\}/g, ' ')
    .replaceAll(/\[[^\]]*\]/g, ' ')
    .replaceAll(/\b(?:by|without|on|ignoring|group_left)\s*\([^)]*\)/g, ' ');
  return [...bare.matchAll(/[a-zA-Z_:][\w:]*(?!\w*\s*\()/g)]
    .map(([name]) => name)
    .filter((name) => !isWord(name, bare));
}

function isWord(name: string, query: string): boolean {
  return (
    ['or', 'and', 'unless', 'bool'].includes(name) || new RegExp(`\\b${name}\\s*\\(`).test(query) || /^e\d/.test(name)
  );
}
