import { EventEmitter, on } from "node:events";
import type { ChangeEvent } from "../../../shared/event.ts";
import { procedure } from "../trpc.ts";

/**
 * Every change of the installation, as it is told. A hint and never a record: what happens while
 * a client is away is not sent later, and a client fetches again whenever it connects. The
 * adapter pings every ten seconds, and its abort (the connection closed) ends the subscription.
 */
export const events = procedure("read").subscription(async function* ({ ctx, signal }) {
  const emitter = new EventEmitter();
  const unsubscribe = ctx.deps.changes.subscribe((event) => emitter.emit("change", event));
  try {
    for await (const [event] of on(emitter, "change", signal ? { signal } : {})) {
      yield event as ChangeEvent;
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
  } finally {
    unsubscribe();
  }
});
