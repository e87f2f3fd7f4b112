/**
 * Parses JSON of a model: nothing around it, no duplicate keys.
 * @throws SyntaxError
 */
export function parseStrictJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (hasDuplicateKeys(text)) throw new SyntaxError('the answer holds a key twice');
  return value;
}

/** Scans valid JSON for a key that stands twice in one object. */
function hasDuplicateKeys(text: string): boolean {
  const open: (Set<string> | null)[] = [];
  for (const match of text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/g)) {
    const [token, colon] = match;
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(null);
    else if (token === '}' || token === ']') open.pop();
    else if (colon !== undefined) {
      const keys = open.at(-1);
      const key = JSON.parse(token.slice(0, token.length - colon.length)) as string;
      if (keys?.has(key)) return true;
      keys?.add(key);
    }
  }
  return false;
}
