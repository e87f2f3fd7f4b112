/**
 * A test of paths by `*` (within a folder), `**` (over folders) and `?`. A pattern without a slash fits a name in any
 * folder, one that ends in a slash all that is below it.
 */
export function globMatcher(patterns: readonly string[]): (path: string) => boolean {
  const expressions = patterns.map(expressionOf);
  return (path) => expressions.some((expression) => expression.test(path));
}

function expressionOf(pattern: string): RegExp {
  const rooted = pattern.replace(/^\.?\//, '');
  const below = rooted.endsWith('/') ? `${rooted}**` : rooted;
  const anywhere = pattern.includes('/') ? below : `**/${below}`;
  const source = anywhere.replace(/(?:\*\*\/)+|\*+|\?|[^*?]+/g, (part) => {
    if (part.startsWith('**/')) return '(?:.*/)?';
    if (part === '?') return '[^/]';
    if (part.startsWith('*')) return part.length > 1 ? '.*' : '[^/]*';
    return part.replace(/[\\^$.|+()[\]{}]/g, '\\$&');
  });
  return new RegExp(`^${source}$`, 's');
}
