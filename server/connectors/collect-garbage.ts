import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

const everyBytes = 16 * 2 ** 20;

/**
 * The chunks that a socket reads count as external memory, of which V8 lets 64 MiB pile up before it
 * looks. Called with what was read, this collects the young ones after each 16 MiB, in a millisecond.
 */
export function createCollector(): (bytes: number) => void {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as (options: { type: "minor" }) => void;
  setFlagsFromString("--no-expose-gc");
  let read = 0;
  return (bytes) => {
    read += bytes;
    if (read < everyBytes) return;
    read = 0;
    collect({ type: "minor" });
  };
}
