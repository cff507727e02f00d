export interface TextLine {
  text: string;
  /** From 1. */
  line: number;
  /** The byte at which it begins. */
  at: number;
}

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);
const maxLineBytes = 100 * 2 ** 20;

/** The lines of a UTF-8 file, without their ends. */
export async function* textLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<TextLine> {
  let pieces: Buffer[] = [];
  let pending = 0;
  let line = 1;
  let at = 0;
  const take = (last: Buffer, endBytes: number): TextLine => {
    const bytes = Buffer.concat([...pieces, last]);
    const isMarked = at === 0 && bytes.subarray(0, 3).equals(byteOrderMark);
    const text = bytes.subarray(isMarked ? 3 : 0).toString("utf8");
    const found = { text: text.endsWith("\r") ? text.slice(0, -1) : text, line, at };
    line += 1;
    at += bytes.length + endBytes;
    pieces = [];
    pending = 0;
    return found;
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      yield take(chunk.subarray(from, end), 1);
      from = end + 1;
    }
    pieces.push(chunk.subarray(from));
    pending += chunk.length - from;
    if (pending > maxLineBytes) throw new RangeError("Row larger than the maximum allowed size");
  }
  if (pending > 0) yield take(Buffer.alloc(0), 0);
}
