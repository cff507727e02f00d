import { MaestroError } from "../../../shared/errors.ts";
import { createEventQueue } from "../event-queue.ts";
import { procedure } from "../trpc.ts";

/**
 * Every change of the installation, as it is told. A hint and never a record: what happens while
 * a client is away is not sent later, and a client fetches again whenever it connects. The adapter
 * pings every ten seconds; its abort (the connection closed) ends the subscription without a trace.
 * When the server stops, the stream ends with an error that makes clients connect again.
 */
export const events = procedure("read").subscription(async function* ({ ctx, signal }) {
  const ending = signal ? AbortSignal.any([signal, ctx.closing]) : ctx.closing;
  const queue = createEventQueue();
  const unsubscribe = ctx.deps.changes.subscribe(queue.push);
  try {
    yield* queue.take(ending);
  } finally {
    unsubscribe();
  }
  if (ctx.closing.aborted) throw new MaestroError("transient", "the server is stopping");
});
