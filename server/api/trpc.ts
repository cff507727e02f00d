import { initTRPC } from "@trpc/server";
import { MaestroError } from "../../shared/errors.ts";
import { assertMayWriteTable } from "../services/access/assert-may-write-table.ts";
import { authorize, type Policy } from "../services/access/authorize.ts";
import type { Principal } from "../services/access/principal.ts";
import type { Deps } from "../services/deps.ts";
import type { AnsweredAddresses } from "../support/public-url.ts";
import { describeError, knownError, toTrpcError } from "./error-formatter.ts";

/** What the server's owner tells it about itself. */
export interface ServerFacts {
  version: string;
}

export interface ApiContext {
  deps: Deps;
  facts: ServerFacts;
  principal: Principal;
  /** The same credentials, looked at anew: a stream outlives what its caller may do. */
  principalNow: () => Promise<Principal>;
  /** A PostgreSQL that the sample project's source may be made in; null where there is none. */
  demoSourceUrl: string | null;
  /** What of this server's own address would be answered. */
  answered: AnsweredAddresses;
  /** One-time links sign the local admin in. */
  localAdminSignsIn: boolean;
  /** Names this request in the log and in the answer to an internal error. */
  requestId: string;
  /** Aborted when the server stops: streams then end, and their clients come back. */
  closing: AbortSignal;
}

export interface Meta {
  policy: Policy;
}

const t = initTRPC
  .context<ApiContext>()
  .meta<Meta>()
  .create({
    isServer: true,
    isDev: false,
    sse: {
      ping: { enabled: true, intervalMs: 10_000 },
      client: { reconnectAfterInactivityMs: 30_000 },
    },
    errorFormatter({ shape, error, ctx }) {
      const { message, data } = describeError(error, ctx?.requestId ?? "no request");
      return { ...shape, message, data };
    },
  });

export const { router, createCallerFactory } = t;

/** Gives every error that may be seen its HTTP status. */
const translateErrors = t.middleware(async ({ next }) => {
  const result = await next();
  const known = result.ok ? null : knownError(result.error.cause);
  if (known) throw toTrpcError(known);
  return result;
});

/**
 * Holds the caller against the procedure's policy before its input is read. A procedure that
 * declares none is refused to everyone: the default is deny.
 */
const enforcePolicy = t.middleware(async ({ ctx, meta, next, getRawInput, path }) => {
  const policy = meta?.policy;
  if (policy === undefined) {
    throw new MaestroError("forbidden", `${path} declares no policy and is refused to everyone`);
  }
  if (policy === "public") return next();
  const principal = authorize(policy, ctx.principal);
  if (policy === "writeTable") {
    await assertMayWriteTable(ctx.deps, principal, await getRawInput());
  }
  return next({ ctx: { principal } });
});

/** What all procedures are made from. It declares no policy, and so is refused to everyone. */
export const undeclaredProcedure = t.procedure.use(translateErrors).use(enforcePolicy);

/** A procedure with a policy; its context's principal is signed in. */
export function procedure(policy: Exclude<Policy, "public">) {
  return undeclaredProcedure.meta({ policy }).use(({ ctx, next }) => {
    const { principal } = ctx;
    if (principal.kind === "anonymous") {
      throw new MaestroError("unauthenticated", "this needs a signed-in user");
    }
    return next({ ctx: { principal } });
  });
}
