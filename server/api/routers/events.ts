import { MaestroError } from "../../../shared/errors.ts";
import type { ChangeEvent } from "../../../shared/event.ts";
import { authorize } from "../../services/access/authorize.ts";
import type { Principal, SignedIn } from "../../services/access/principal.ts";
import { createEventQueue } from "../event-queue.ts";
import { procedure } from "../trpc.ts";

const policy = "read";
/** What is told of users and tokens may be lost: this covers it. */
const recheckMs = 15_000;

/**
 * Every change of the installation, as it is told. A hint and never a record: what happens while
 * a client is away is not sent later, and a client fetches again whenever it connects. The adapter
 * pings every ten seconds; its abort (the connection closed) ends the subscription without a trace.
 * When the server stops, the stream ends with an error that makes clients connect again. It ends with
 * a refusal when its caller may not have it any more: a user who is disabled, a token that is revoked
 * or past its end, a session that has ended.
 */
export const events = procedure(policy).subscription(async function* ({ ctx, signal }) {
  const access = watchAccess(ctx.principal, ctx.principalNow);
  const ending = AbortSignal.any([ctx.closing, access.refused, ...(signal ? [signal] : [])]);
  const queue = createEventQueue();
  const unsubscribe = ctx.deps.changes.subscribe((event) => {
    queue.push(event);
    access.hear(event);
  });
  try {
    yield* queue.take(ending);
  } finally {
    unsubscribe();
    access.stop();
  }
  if (access.refused.aborted) throw access.refused.reason;
  if (ctx.closing.aborted) throw new MaestroError("transient", "the server is stopping");
});

/** `refused` aborts, with why, when the caller may not have the stream any more. */
function watchAccess(caller: SignedIn, principalNow: () => Promise<Principal>) {
  const refused = new AbortController();
  const look = async () => {
    // A database that is away refuses nobody: it is asked again.
    const principal = await principalNow().catch(() => null);
    if (principal === null) return;
    try {
      authorize(policy, principal);
    } catch (error) {
      refused.abort(error);
    }
  };
  const timer = setInterval(() => void look(), recheckMs).unref();
  return {
    refused: refused.signal,
    hear({ noun, id }: ChangeEvent) {
      const isTheirs = noun === "user" && (id === null || id === caller.user.id);
      const isTheirToken = noun === "token" && caller.kind === "token" && id === caller.tokenId;
      if (isTheirs || isTheirToken) void look();
    },
    stop: () => clearInterval(timer),
  };
}
