/** One line of a stream; `text` is missing where it was longer than allowed. */
export interface NumberedLine {
  /** From 1. */
  number: number;
  text?: string;
}

const NEWLINE = 0x0a;

/** Lines of a stream, without those that are blank; memory is bounded by one line. */
export async function* linesOf(source: NodeJS.ReadableStream, lineBytesMax: number): AsyncGenerator<NumberedLine> {
  let parts: Buffer[] = [];
  let bytes = 0;
  let number = 0;
  const finish = (): NumberedLine | undefined => {
    number += 1;
    const text = bytes > lineBytesMax ? undefined : Buffer.concat(parts).toString('utf8').trim();
    [parts, bytes] = [[], 0];
    if (text === '') return undefined;
    return text === undefined ? { number } : { number, text };
  };
  for await (const part of source as AsyncIterable<Buffer | string>) {
    const chunk = Buffer.from(part as string);
    for (let start = 0; start < chunk.length; ) {
      const newline = chunk.indexOf(NEWLINE, start);
      const end = newline < 0 ? chunk.length : newline;
      bytes += end - start;
      if (bytes <= lineBytesMax) parts.push(chunk.subarray(start, end));
      start = end + 1;
      const line = newline < 0 ? undefined : finish();
      if (line !== undefined) yield line;
    }
  }
  const last = bytes > 0 ? finish() : undefined;
  if (last !== undefined) yield last;
}

/** Maps with up to `width` items under way, giving the answers in the order of the items. */
export async function* inOrder<T, R>(
  items: AsyncIterable<T>,
  width: number,
  map: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const underWay: Promise<R>[] = [];
  for await (const item of items) {
    const answer = map(item);
    answer.catch(() => undefined); // thrown where it is awaited below
    underWay.push(answer);
    if (underWay.length >= width) yield await underWay.shift()!;
  }
  for (const answer of underWay) yield await answer;
}
