import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

const everyBytes = 16 * 2 ** 20;

let collect: ((options: { type: "minor" }) => void) | undefined;
let moved = 0;

/**
 * The chunks that streams read count as external memory, of which V8 lets 64 MiB pile up before it
 * looks. Called with the bytes of each chunk, by all who move many in this process, this collects the
 * young ones after each 16 MiB together, in a few milliseconds.
 */
export function collectGarbage(bytes: number): void {
  moved += bytes;
  if (moved < everyBytes) return;
  moved = 0;
  collect ??= exposeCollection();
  collect({ type: "minor" });
}

/** Hands chunks on, and collects behind them. */
export async function* collected(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    collectGarbage(chunk.length);
    yield chunk;
  }
}

function exposeCollection() {
  setFlagsFromString("--expose-gc");
  const exposed = runInNewContext("gc") as (options: { type: "minor" }) => void;
  setFlagsFromString("--no-expose-gc");
  return exposed;
}
