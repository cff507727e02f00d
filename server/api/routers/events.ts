import { EventEmitter, on } from "node:events";
import { MaestroError } from "../../../shared/errors.ts";
import type { ChangeEvent } from "../../../shared/event.ts";
import { procedure } from "../trpc.ts";

/**
 * Every change of the installation, as it is told. A hint and never a record: what happens while
 * a client is away is not sent later, and a client fetches again whenever it connects. The adapter
 * pings every ten seconds; its abort (the connection closed) ends the subscription without a trace.
 * When the server stops, the stream ends with an error that makes clients connect again.
 */
export const events = procedure("read").subscription(async function* ({ ctx, signal }) {
  const ending = signal ? AbortSignal.any([signal, ctx.closing]) : ctx.closing;
  const emitter = new EventEmitter();
  const unsubscribe = ctx.deps.changes.subscribe((event) => emitter.emit("change", event));
  try {
    for await (const [event] of on(emitter, "change", { signal: ending })) {
      yield event as ChangeEvent;
    }
  } catch (error) {
    if (ctx.closing.aborted) throw new MaestroError("transient", "the server is stopping");
    if (!signal?.aborted) throw error;
  } finally {
    unsubscribe();
  }
});
