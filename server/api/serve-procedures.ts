import { type FastifyTRPCPluginOptions, fastifyTRPCPlugin } from "@trpc/server/adapters/fastify";
import type { FastifyInstance } from "fastify";
import { maxBatchedCalls } from "../../shared/batch.ts";
import { MaestroError } from "../../shared/errors.ts";
import type { Deps } from "../services/deps.ts";
import type { AnsweredAddresses } from "../support/public-url.ts";
import { describeError, knownError, toTrpcError } from "./error-formatter.ts";
import { expiryHeader } from "./http/expiry-header.ts";
import { principalOf } from "./http/session-request.ts";
import { type AppRouter, appRouter } from "./router.ts";
import type { ServerFacts } from "./trpc.ts";

/** Every procedure of the router, at `/trpc`. */
export async function serveProcedures(
  server: FastifyInstance,
  deps: Deps,
  options: {
    facts: ServerFacts;
    secureCookies: boolean;
    demoSourceUrl?: string | null;
    localAdminSignsIn: boolean;
    answered: AnsweredAddresses;
    maxBodyBytes: number;
    /** Aborted when the server stops. */
    closing: AbortSignal;
  },
): Promise<void> {
  const {
    facts,
    secureCookies,
    demoSourceUrl = null,
    localAdminSignsIn,
    answered,
    closing,
  } = options;
  await server.register(fastifyTRPCPlugin, {
    prefix: "/trpc",
    trpcOptions: {
      router: appRouter,
      maxBodySize: options.maxBodyBytes,
      // A dry run's input is a whole definition: too long for a URL, it comes as POST.
      allowMethodOverride: true,
      createContext: async ({ req, info }) => {
        refuseLargeBatch(info.calls.length);
        return {
          deps,
          facts,
          demoSourceUrl,
          localAdminSignsIn,
          answered,
          principal: await principalOf(deps, req, secureCookies).catch(refuseContext),
          principalNow: () => principalOf(deps, req, secureCookies),
          requestId: req.id,
          closing,
        };
      },
      responseMeta: ({ ctx }) => ({ headers: ctx ? expiryHeader(ctx.principal, deps.now()) : {} }),
      onError({ error, path, ctx }) {
        const { internal } = describeError(error, "");
        if (!internal) return;
        deps.log.error(
          { err: error.cause ?? error, path, requestId: ctx?.requestId },
          "api failed",
        );
      },
    } satisfies FastifyTRPCPluginOptions<AppRouter>["trpcOptions"],
  });
}

function refuseLargeBatch(calls: number): void {
  if (calls <= maxBatchedCalls) return;
  const message = `a request may carry ${maxBatchedCalls} calls, and this one carries ${calls}: send them in several`;
  throw toTrpcError(new MaestroError("invalidInput", message));
}

/** Before a procedure runs nothing else translates what is thrown. */
function refuseContext(error: unknown): never {
  const known = knownError(error);
  throw known ? toTrpcError(known) : error;
}
